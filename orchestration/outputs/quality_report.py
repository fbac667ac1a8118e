"""The quality report of a refresh and of a release: failed checks, records set aside, rows of each file.

Rows read = refused + landed, and each landed row has one fate. Each is one HTML page that loads nothing. That
of a refresh is for stewards, after every outcome; it names partners and links to the desk. That of a release
is made from its `quality` tables, where partners are codes. It is sealed before the release gate judges the
files, so its hash is part of the verdict; the results of the gate are in `manifest.json`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

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
    """Return the counts of each extract, by partner and in the order of arrival; held ones with a link."""
    try:
        rows = read_standing(settings).rows
    except duckdb.Error:  # an interrupted refresh may leave no judged table
        rows = {}
    fates = gates.read_fates(settings)
    for landed in gates.landed_extracts(settings):
        fate = fates[landed.key].fate if landed.key in fates else "not judged"
        counts = {name: landed.content[f"rows_{name}"] for name in ("read", "refused", "landed")}
        link = settings.desk_url + items.held_extract(*landed.key).path if fate == "held" else None
        of_fates: Mapping[str, int] = rows.get(landed.key, {})
        yield ExtractRows(*landed.key, fate.replace("_", " "), **counts, fates=of_fates, link=link)


FAILED = ("failed", "not judged", "did not run")


@dataclass(frozen=True)
class Finding(gates.CheckOutcome):
    """One check of one subject, with a link to where it is decided."""

    link: str | None = None

    @classmethod
    def of(cls, check: Mapping[str, Any], link: str | None = None) -> Finding:
        known = {one.name: check[one.name] for one in fields(cls) if one.name in check}
        return cls(**{"name": check.get("check_name"), "link": link, **known})

    @property
    def result(self) -> str:
        if self.outcome == "failed":
            return "waived" if self.waived_by else "warning" if self.severity == "warn" else "failed"
        return {"error": "not judged", "not_run": "did not run"}.get(self.outcome, self.outcome)


class RuleCount(NamedTuple):
    """Records that one rule set aside; `partners` (name, records, link): in the restricted report alone."""

    rule: str
    title: str
    steward_action: str
    records: int
    partners: Sequence[tuple[str, int, str]] = ()


@dataclass(frozen=True)
class QualityReport:
    """`verdict`: two sentences. `notes`: how to read this page. Only the restricted report has links."""

    title: str
    made: datetime
    outcome: str  # of the refresh; `sealed`: the report of a release
    headline: str
    verdict: str
    findings: Sequence[Finding]
    rules: Sequence[RuleCount]
    extracts: Sequence[ExtractRows]
    notes: Sequence[str] = ()
    desk: str | None = None

    def with_result(self, *results: str) -> list[Finding]:
        """Return the checks with these results: those that refuse the release before those that hold."""
        found = [finding for finding in self.findings if finding.result in results]
        return sorted(found, key=lambda finding: finding.severity == "hold")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def quality_of_refresh(
    settings: Settings, end: refreshes.End, verdict: gates.ReleaseVerdict | None
) -> QualityReport:
    """`verdict`: on the candidate of this refresh; None where there was none to judge."""
    has_judged = (settings.work / "gates" / "verdicts.parquet").is_file()
    findings = list(_checks(settings, end, verdict)) if has_judged else []
    headline, sentences = _verdict(end, Counter(finding.result for finding in findings))
    return QualityReport(
        title="Quality report of a refresh",
        made=datetime.fromisoformat(str(end.ended)),
        outcome=end.outcome,
        headline=headline,
        verdict=sentences,
        findings=findings,
        rules=sorted(_rules(settings), key=lambda one: (-one.records, one.rule)),
        extracts=list(rows_of_extracts(settings)),
        notes=list(_notes(settings, end, verdict)),
        desk=f"{settings.desk_url}/",
    )


EXTRACT_GATE = "extract_gate"


def _checks(
    settings: Settings, end: refreshes.End, verdict: gates.ReleaseVerdict | None
) -> Iterator[Finding]:
    """Return results of the extract gate, then of the later gates: of this candidate, else the latest."""
    if verdict is not None:
        later: Iterable[Mapping[str, Any]] = map(vars, verdict.checks)
    elif end.outcome == refreshes.UNCHANGED:
        later = (last_verdict(settings) or {}).get("checks", [])  # a refresh without changes judges none
    else:
        later = gates.check_results(settings).to_pylist()
    for one in gates.read_verdicts(settings).verdicts:
        check: Mapping[str, Any] = vars(one) | {
            "stage": EXTRACT_GATE,
            "subject": f"{one.partner}/{one.extract_id}",
        }
        item = items.extract_check(one.partner, one.extract_id, one.check_name)
        yield Finding.of(check, None if one.passed else settings.desk_url + item.path)
    for check in later:
        if check["stage"] != EXTRACT_GATE:
            name = check.get("name") or check["check_name"]
            item = items.release_check(name, part_of(name, check["subject"]))
            is_fine = check["outcome"] == "passed"
            yield Finding.of(check, None if is_fine else settings.desk_url + item.path)


def _verdict(end: refreshes.End, results: Counter[str]) -> tuple[str, str]:
    """Return the headline, and the verdict of checks with these results."""
    stays = f"Release {end.release_id} stays in force." if end.release_id else "There is no release yet."
    held = f"; {_counted(len(end.held), 'extract')} kept out" if end.held else ""
    if end.outcome == refreshes.PUBLISHED:
        return "Published", (
            f"Release {end.release_id} was published, because no check refused it. "
            f"{_counted(results['passed'], 'check')} passed, {_counted(results['warning'], 'warning')}, "
            f"{results['waived']:,} waived{held}."
        )
    if end.outcome == refreshes.UNCHANGED:
        if end.is_rolled_back:
            return "Rolled back", f"A steward returned to an earlier release, and no file is new. {stays}"
        return "Unchanged", f"Nothing has changed since the last release, so nothing was built{held}. {stays}"
    if end.outcome == refreshes.REFUSED:
        named = ", ".join(name.replace("_", " ") for name in end.refused_by)
        count = _counted(len(end.refused_by), "check")
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
        yield "The fate of each row is in the report of the refresh that judged it: its work was deleted."


def _rules(settings: Settings) -> Iterator[RuleCount]:
    counts = review.rows_by_rule(settings)
    texts = {row["rule_code"]: (row["title"], row["steward_action"]) for row in seed_rows("quality_rules")}
    for rule in {rule for rule, _ in counts}:
        partners = [
            (partner, count, settings.desk_url + items.quarantined_rows(partner, rule).path)
            for (of, partner), count in counts.most_common()
            if of == rule
        ]
        title, action = texts.get(rule, (rule.replace("_", " "), "Ask the maintainers."))
        yield RuleCount(rule, title, action, sum(count for _, count, _ in partners), partners)


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
        findings = [Finding.of(row) for row in con.execute(_FINDINGS).to_arrow_table().to_pylist()]
        rules = [RuleCount(*row) for row in con.execute(_RULES).fetchall()]
        extracts = [
            ExtractRows(*row, fates=dict(zip(FATES, fates, strict=True)))  # type: ignore[misc]
            for *row, fates in con.execute(_ROWS).fetchall()
        ]
    results = Counter(finding.result for finding in findings)
    rest = [f"{results[name]:,} {name}" for name in (*FAILED, "warning", "waived") if results[name]]
    return QualityReport(
        title=f"Quality of release {manifest['release_id']}",
        made=datetime.fromisoformat(manifest["as_of"]),
        outcome="sealed",
        headline="Checked",
        verdict=(
            f"{_counted(results['passed'], 'check')} passed before this release was made; "
            f"{', '.join(rest) or 'none failed'}. It then had to pass the release gate."
        ),
        findings=findings,
        rules=rules,
        extracts=extracts,
        notes=(SEALED_BEFORE, WHO_SEES_WHAT),
    )


_FINDINGS = """
select stage, check_name,
    case when partner_code is null then subject else partner_code || '/' || subject end as subject,
    severity, outcome, observed, expected, why, steward_action, waived_by
from quality.check_results order by stage, check_name, check_results.subject
"""
_RULES = """
select rule_code, max(rule_title), max(steward_action), cast(sum(record_count) as bigint)
from quality.quarantine_summary group by rule_code order by sum(record_count) desc, rule_code
"""
_ROWS = """
select rows_of.partner_code, rows_of.extract_id, replace(extracts.fate, '_', ' '), rows_of.rows_read,
    rows_of.rows_refused, rows_of.rows_landed,
    [rows_current, rows_superseded, rows_quarantined, rows_withdrawn, rows_held, rows_embargoed]
from quality.reconciliation as rows_of
left join quality.extracts as extracts using (partner_code, extract_id)
order by rows_of.partner_code, rows_of.extract_id
"""


MOST_EXTRACTS = 500


def write_quality_of_refresh(
    settings: Settings, end: refreshes.End, verdict: gates.ReleaseVerdict | None
) -> None:
    """Write the page of a refresh that has ended."""
    write_summed(settings.review / "quality_report.html", page(quality_of_refresh(settings, end, verdict)))


def write_quality_of_release(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the page of a candidate, before its files are sealed."""
    durable.write_text(folder / "members/report/quality.html", page(quality_of_release(folder, manifest)))


def page(report: QualityReport) -> str:
    made = report.made.astimezone(NAIROBI)
    return template("quality.html.j2").render(
        report=report, fates=FATES, most_extracts=MOST_EXTRACTS, made=made
    )
