"""The content of the quality report: checks that did not pass, records set aside, rows of each extract.

Rows read = refused + landed, and each landed row has one fate. `quality_of_refresh` makes a report for
stewards after every refresh, with names of partners and links to the desk; `quality_of_release` makes one for
the members of a release, with codes of partners.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Literal

import duckdb

from orchestration import gates
from orchestration.core import Settings, seed_rows
from orchestration.outputs.receipts.rows import read_standing

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
