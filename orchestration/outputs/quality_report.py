"""The quality report of a refresh and of a release: failed checks, records set aside, rows of each file.

Rows read = refused + landed, and each landed row has one fate. Each is one HTML page that loads nothing. That
of a refresh is for stewards, after every outcome; it names partners and links to the desk. That of a release
is made from its `quality` tables, where partners are codes. It is sealed before the release gate judges the
files, so its hash is part of the verdict; the results of the gate are in `manifest.json`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import duckdb

from expectations.checks import part_of
from orchestration import gates
from orchestration.core import NAIROBI, Settings, durable, open_duckdb, refreshes, seed_rows, write_summed
from orchestration.outputs.pages import template
from orchestration.outputs.receipts.rows import read_standing
from orchestration.release import EVIDENCE_BASE, last_verdict
from orchestration.stewardship import items, review

FATES = ("current", "superseded", "quarantined", "withdrawn", "held", "embargoed")


@dataclass(frozen=True)
class ExtractRows:
    """Counts of rows of the partner's file; `fates` is empty before they are judged."""

    partner: str
    extract: str
    fate: str
    read: int
    refused: int
    landed: int
    fates: Mapping[str, int]
    link: str | None = None

    @property
    def adds_up(self) -> bool:
        return self.read == self.refused + self.landed and (
            not self.fates or self.landed == sum(self.fates.values())
        )


def rows_of_extracts(settings: Settings) -> Iterator[ExtractRows]:
    """Return the counts of each extract, by partner and in the order of arrival."""
    try:
        rows = read_standing(settings).rows
    except duckdb.Error:  # an interrupted refresh may leave no judged table
        rows = {}
    fates = gates.read_fates(settings)
    for landed in gates.landed_extracts(settings):
        fate = fates[landed.key].fate if landed.key in fates else "not judged"
        content = landed.content
        yield ExtractRows(
            landed.partner,
            landed.extract_id,
            fate.replace("_", " "),
            content["rows_read"],
            content["rows_refused"],
            content["rows_landed"],
            rows.get(landed.key, {}),
        )


NOT_FINE = ("failed", "error", "not_run")


@dataclass(frozen=True)
class Finding:
    """One check of one subject. `severity`: hold (an extract), refuse (the release) or warn."""

    stage: str
    name: str
    subject: str
    severity: str
    outcome: Literal["passed", "failed", "waived", "error", "not_run"]
    observed: float | None
    expected: str
    why: str
    steward_action: str
    waived_by: str | None = None
    link: str | None = None

    @property
    def is_waived(self) -> bool:
        return self.outcome == "waived" or (self.outcome == "failed" and self.waived_by is not None)

    @property
    def is_warning(self) -> bool:
        return self.outcome == "failed" and self.severity == "warn" and not self.is_waived

    @property
    def has_failed(self) -> bool:
        return self.outcome in NOT_FINE and not self.is_waived and not self.is_warning

    @property
    def result(self) -> str:
        if self.is_waived:
            return "waived"
        if self.is_warning:
            return "warning"
        return {"error": "not judged", "not_run": "did not run"}.get(self.outcome, self.outcome)


@dataclass(frozen=True)
class PartnerCount:
    """Records of one partner that a rule set aside."""

    partner: str
    records: int
    link: str


@dataclass(frozen=True)
class RuleCount:
    """Records that one rule set aside; `partners` is filled in the restricted report alone."""

    rule: str
    title: str
    steward_action: str
    records: int
    partners: Sequence[PartnerCount] = ()


@dataclass(frozen=True)
class QualityReport:
    """`verdict`: two sentences. `notes`: how to read this page. Only the restricted report has links."""

    title: str
    made: datetime
    outcome: Literal["published", "unchanged", "refused", "waits", "crashed", "sealed"]
    headline: str
    verdict: str
    findings: Sequence[Finding]
    rules: Sequence[RuleCount]
    extracts: Sequence[ExtractRows]
    notes: Sequence[str] = field(default_factory=tuple)
    desk: str | None = None
    is_restricted: bool = True

    @property
    def failed(self) -> list[Finding]:
        """Failed checks: those that refuse the release before those that hold an extract."""
        failed = [finding for finding in self.findings if finding.has_failed]
        return sorted(failed, key=lambda finding: finding.severity == "hold")

    @property
    def waived(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_waived]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_warning]

    @property
    def passed_count(self) -> int:
        return sum(finding.outcome == "passed" for finding in self.findings)


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else noun + 's'}"


@cache
def rule_texts() -> dict[str, tuple[str, str]]:
    """Return the title and the steward's action of each quality rule."""
    return {row["rule_code"]: (row["title"], row["steward_action"]) for row in seed_rows("quality_rules")}


def most_records_first(rules: Iterable[RuleCount]) -> list[RuleCount]:
    return sorted(rules, key=lambda one: (-one.records, one.rule))


EXTRACT_GATE = "extract_gate"


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
        extracts=[
            replace(rows, link=settings.desk_url + items.held_extract(rows.partner, rows.extract).path)
            if rows.fate == "held"
            else rows
            for rows in rows_of_extracts(settings)
        ],
        notes=tuple(_notes(settings, end, verdict)),
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
        checks = (last_verdict(settings) or {}).get("checks", [])  # a refresh without changes judges none
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


def _notes(settings: Settings, end: refreshes.End, verdict: gates.ReleaseVerdict | None) -> Iterator[str]:
    if end.outcome == refreshes.UNCHANGED:
        yield "No candidate was judged: the results of warehouse and release gate are of the last one."
    elif verdict is None:
        yield "The release gate did not run: no candidate was ready to be judged."
    if end.outcome == refreshes.CRASHED:
        yield "The results below are of this refresh as far as it came, and of the one before for the rest."
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


SEALED_BEFORE = (
    "This page was sealed before the release gate judged the release. Its SHA-256 is in manifest.json under "
    "files and shows any later change; the results of the gate are there under release_gate. A refused "
    "release is deleted, so this one passed, or passed with a waiver named there."
)
WHO_SEES_WHAT = (
    "Partners appear by their code. Counts are rows of their files, as in the tables of the schema quality, "
    "not persons."
)


def quality_of_release(folder: Path, manifest: Mapping[str, Any]) -> QualityReport:
    """`folder`: the staged release."""
    with open_duckdb(folder / EVIDENCE_BASE) as con:
        findings = [Finding(*row) for row in con.execute(_FINDINGS).fetchall()]
        rules = [RuleCount(*row) for row in con.execute(_RULES).fetchall()]
        extracts = [
            ExtractRows(partner, extract, fate, read, refused, landed, dict(zip(FATES, fates, strict=True)))
            for partner, extract, fate, read, refused, landed, *fates in con.execute(_ROWS).fetchall()
        ]
    outcomes = Counter(finding.result for finding in findings)
    not_passed = [
        name for name in ("failed", "not judged", "did not run", "warning", "waived") if outcomes[name]
    ]
    rest = ", ".join(f"{outcomes[name]:,} {name}" for name in not_passed) or "none failed"
    return QualityReport(
        title=f"Quality of release {manifest['release_id']}",
        made=datetime.fromisoformat(manifest["as_of"]),
        outcome="sealed",
        headline="Checked",
        verdict=(
            f"{counted(outcomes['passed'], 'check')} passed before this release was made; {rest}. "
            "It then had to pass the release gate."
        ),
        findings=findings,
        rules=most_records_first(rules),
        extracts=extracts,
        notes=(SEALED_BEFORE, WHO_SEES_WHAT),
        is_restricted=False,
    )


_FINDINGS = """
select stage, check_name,
    case when partner_code is null then subject else partner_code || '/' || subject end,
    severity, outcome, observed, coalesce(expected, ''), coalesce(why, ''), coalesce(steward_action, ''),
    waived_by
from quality.check_results order by stage, check_name, subject
"""
_RULES = """
select rule_code, max(rule_title), max(steward_action), cast(sum(record_count) as bigint)
from quality.quarantine_summary group by rule_code order by rule_code
"""
_ROWS = """
select rows_of.partner_code, rows_of.extract_id, replace(extracts.fate, '_', ' '), rows_of.rows_read,
    rows_of.rows_refused, rows_of.rows_landed, rows_current, rows_superseded, rows_quarantined,
    rows_withdrawn, rows_held, rows_embargoed
from quality.reconciliation as rows_of
left join quality.extracts as extracts using (partner_code, extract_id)
order by rows_of.partner_code, rows_of.extract_id
"""


IN_REVIEW, IN_RELEASE = "quality_report.html", "members/report/quality.html"
MOST_EXTRACTS = 500


def write_quality_of_refresh(
    settings: Settings, end: refreshes.End, verdict: gates.ReleaseVerdict | None
) -> Path:
    """Write `review/quality_report.html` of a refresh that has ended."""
    path = settings.review / IN_REVIEW
    write_summed(path, page(quality_of_refresh(settings, end, verdict)))
    return path


def write_quality_of_release(folder: Path, manifest: Mapping[str, Any]) -> Path:
    """Write the page of a candidate, before its files are sealed."""
    path = folder / IN_RELEASE
    durable.write_text(path, page(quality_of_release(folder, manifest)))
    return path


def page(report: QualityReport) -> str:
    made = report.made.astimezone(NAIROBI)
    return template("quality.html.j2").render(
        report=report, fates=FATES, most_extracts=MOST_EXTRACTS, made=made
    )
