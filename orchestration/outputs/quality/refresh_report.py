"""The quality report of a refresh for stewards, after every outcome. Restricted: it names partners."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from expectations.checks import part_of
from orchestration import gates
from orchestration.core import Settings, read_json, refreshes
from orchestration.outputs.quality.report import (
    Finding,
    PartnerCount,
    QualityReport,
    RuleCount,
    Series,
    counted,
    most_records_first,
    rule_texts,
)
from orchestration.outputs.reconciliation import ExtractRows, rows_of_extracts
from orchestration.stewardship import items, review

SHOWN_REFRESHES = 20
EXTRACT_GATE, WAREHOUSE, RELEASE_GATE = "extract_gate", "warehouse", "release_gate"


def quality_of_refresh(
    settings: Settings, end: refreshes.End, verdict: gates.ReleaseVerdict | None
) -> QualityReport:
    """`verdict`: on the candidate of this refresh; None where there was none to judge."""
    has_judged = (settings.work / "gates" / "verdicts.parquet").is_file()
    findings = [*_extract_checks(settings), *_later_checks(settings, end, verdict)] if has_judged else []
    headline, sentences = _verdict(end, findings)
    return QualityReport(
        title="Quality report of a refresh",
        made=datetime.fromisoformat(str(end.ended)),
        outcome=end.outcome,  # type: ignore[arg-type]
        headline=headline,
        verdict=sentences,
        findings=findings,
        rules=most_records_first(_rules(settings)),
        extracts=list(_reconciliation(settings)),
        trend=_trend(refreshes.history(settings)[-SHOWN_REFRESHES:]),
        trend_of="refreshes",
        notes=(*_notes(end, verdict), *_missing_fates(settings)),
        desk=f"{settings.desk_url}/",
    )


def _extract_checks(settings: Settings) -> Iterator[Finding]:
    for one in gates.read_verdicts(settings).verdicts:
        item = items.extract_check(one.partner, one.extract_id, one.check_name)
        yield Finding(
            EXTRACT_GATE, one.check_name, f"{one.partner}/{one.extract_id}", one.severity, one.outcome,
            one.observed, one.expected, one.why, one.steward_action, one.waived_by,
            link=None if one.passed else settings.desk_url + item.path,
        )  # fmt: skip


def _later_checks(
    settings: Settings, end: refreshes.End, verdict: gates.ReleaseVerdict | None
) -> Iterator[Finding]:
    """Return results of the warehouse tests and the release gate: of this candidate, else the latest."""
    if verdict is not None:
        checks: Iterable[Mapping[str, Any]] = [vars(check) for check in verdict.checks]
    elif end.outcome == refreshes.UNCHANGED:
        checks = _last_verdict(settings)
    else:
        checks = gates.check_results(settings).to_pylist()
    for check in checks:
        if check["stage"] != EXTRACT_GATE:
            name = check.get("name") or check["check_name"]
            yield Finding(
                check["stage"], name, check["subject"], check["severity"], check["outcome"],
                check["observed"], check["expected"] or "", check["why"] or "", check["steward_action"] or "",
                check["waived_by"],
                link=settings.desk_url + items.release_check(name, part_of(name, check["subject"])).path
                if check["outcome"] != "passed" else None,
            )  # fmt: skip


def _last_verdict(settings: Settings) -> list[dict[str, Any]]:
    """Return the results for the last candidate: a refresh without changes judges none."""
    try:
        verdict = read_json(settings.review / "last_verdict.json")
    except (OSError, ValueError):
        return []
    return list(verdict.get("checks", []))


def _verdict(end: refreshes.End, findings: list[Finding]) -> tuple[str, str]:
    waived = sum(finding.is_waived for finding in findings)
    warned = sum(finding.is_warning for finding in findings)
    passed = sum(finding.outcome == "passed" for finding in findings)
    stays = f"Release {end.release_id} stays in force." if end.release_id else "There is no release yet."
    held = f"; {counted(len(end.held), 'extract')} kept out" if end.held else ""
    if end.outcome == refreshes.PUBLISHED:
        return "Published", (
            f"Release {end.release_id} was published, because no check refused it. "
            f"{counted(passed, 'check')} passed, {counted(warned, 'warning')}, {waived:,} waived{held}."
        )
    if end.outcome == refreshes.UNCHANGED:
        if end.is_rolled_back:
            return (
                "Rolled back",
                f"A steward returned to an earlier release, and no file is new. {stays}",
            )
        return "Unchanged", f"Nothing has changed since the last release, so nothing was built{held}. {stays}"
    if end.outcome == refreshes.REFUSED:
        named = ", ".join(name.replace("_", " ") for name in end.refused_by)
        count = counted(len(end.refused_by), "check")
        by = f"{count} refused it ({named})" if named else "it has no valid verdict"
        return "Refused", f"The new release was not published, because {by}{held}. {stays}"
    if end.outcome == refreshes.WAITS:
        return "Waits for review", (
            f"The new release passed its checks and is published once it is signed{held}. {stays}"
        )
    return "Failed", f"The refresh ended without a result: {end.reason or 'the reason is unknown.'} {stays}"


def _notes(end: refreshes.End, verdict: gates.ReleaseVerdict | None) -> Iterator[str]:
    if end.outcome == refreshes.UNCHANGED:
        yield "No candidate was judged: the results of warehouse and release gate are of the last one."
    elif verdict is None:
        yield "The release gate did not run: no candidate was ready to be judged."
    if end.outcome == refreshes.CRASHED:
        yield "The results below are of this refresh as far as it came, and of the one before for the rest."


def _missing_fates(settings: Settings) -> Iterator[str]:
    if settings.delete_work and not settings.warehouse.is_file():
        yield (
            "The fate of each row is in the report of the refresh that judged it; its work folder was "
            "deleted."
        )


def _rules(settings: Settings) -> Iterator[RuleCount]:
    counts = review.rows_by_rule(settings)
    for rule in {rule for rule, _ in counts}:
        title, action = rule_texts().get(rule, (rule.replace("_", " "), "Ask the maintainers."))
        partners = [
            PartnerCount(partner, count, settings.desk_url + items.quarantined_rows(partner, rule).path)
            for (of, partner), count in counts.most_common()
            if of == rule
        ]
        yield RuleCount(rule, title, action, sum(one.records for one in partners), partners)


def _reconciliation(settings: Settings) -> Iterator[ExtractRows]:
    for rows in rows_of_extracts(settings):
        item = items.held_extract(rows.partner, rows.extract)
        yield replace(rows, link=settings.desk_url + item.path) if rows.fate == "held" else rows


def _trend(ends: list[Mapping[str, Any]]) -> list[Series]:
    def series(title: str, of: Any, form: str = "{:,.0f}") -> Series:
        return Series(title, [(f"{str(end['ended'])[:16]} {end['outcome']}", of(end)) for end in ends], form)

    return [
        series("Checks that failed", lambda end: end["checks"].get("failed")),
        series("Checks waived", lambda end: end["checks"].get("waived")),
        series("Extracts held", lambda end: end["held"]),
        series("Rows set aside, of those landed", lambda end: quarantined_share(end["rows"]), "{:.1%}"),
        series("Movements", lambda end: end["movements"]),
    ]


def quarantined_share(rows: Mapping[str, Any]) -> float | None:
    """Return quarantined rows over landed rows; None where nothing landed or it was not counted."""
    landed, quarantined = rows.get("landed"), rows.get("quarantined")
    return quarantined / landed if landed and quarantined is not None else None
