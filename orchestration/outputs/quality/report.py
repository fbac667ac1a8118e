"""The quality report: what every check found, for people. What its page shows, whoever it is for.

Two gather it: `quality_of_refresh` for stewards, after every refresh, with partners' names and links to the
desk; `quality_of_release` for readers, inside the release, with partners' codes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Literal

from orchestration.core import REFERENCE_SEEDS
from orchestration.outputs.rows_of_extracts import ExtractRows

STAGES = {
    "extract_gate": "Extract gate: is each extract fit to enter?",
    "warehouse": "Warehouse: is every table true?",
    "release_gate": "Release gate: is the candidate fit to publish?",
}
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
    def became(self) -> str:
        if self.is_waived:
            return "waived"
        if self.is_warning:
            return "warning"
        return {"error": "not judged", "not_run": "did not run"}.get(self.outcome, self.outcome)


@dataclass(frozen=True)
class Check:
    """One check over all its subjects: what a table of all checks shows in a line."""

    name: str
    findings: Sequence[Finding]

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def subjects(self) -> str:
        """What it looked at: by name where they are few."""
        names = list(dict.fromkeys(finding.subject for finding in self.findings))
        return ", ".join(names) if len(names) <= 2 else f"{len(names)} subjects"

    @property
    def became(self) -> list[tuple[str, int]]:
        order = ("failed", "not judged", "did not run", "waived", "warning", "passed")
        counts = [(name, sum(one.became == name for one in self.findings)) for name in order]
        return [(name, count) for name, count in counts if count]

    @property
    def observed(self) -> str:
        numbers = sorted({one.observed for one in self.findings if one.observed is not None})
        if not numbers:
            return "–"
        return " to ".join(f"{number:.4g}" for number in dict.fromkeys((numbers[0], numbers[-1])))


@dataclass(frozen=True)
class OfPartner:
    """Records of one partner that a rule set aside."""

    partner: str
    records: int
    link: str


@dataclass(frozen=True)
class RuleCount:
    """Records that one rule set aside; whose they are stands only in the restricted report."""

    rule: str
    title: str
    steward_action: str
    records: int
    partners: Sequence[OfPartner] = ()


@dataclass(frozen=True)
class Series:
    """One number over the last refreshes or releases, the oldest first; None where there was none."""

    title: str
    points: Sequence[tuple[str, float | None]]
    form: str = "{:,.0f}"

    @property
    def highest(self) -> float:
        return max((value for _, value in self.points if value is not None), default=0.0)

    def shown(self, value: float | None) -> str:
        return "–" if value is None else self.form.format(value)

    @property
    def said(self) -> str:
        """The picture in words."""
        return "; ".join(f"{label}: {self.shown(value)}" for label, value in self.points)


@dataclass(frozen=True)
class QualityReport:
    """`verdict`: two sentences. `notes`: what to know of this page. Only the restricted one has links."""

    title: str
    made: datetime
    outcome: Literal["published", "unchanged", "refused", "crashed", "sealed"]
    headline: str
    verdict: str
    findings: Sequence[Finding]
    rules: Sequence[RuleCount]
    extracts: Sequence[ExtractRows]
    trend: Sequence[Series]
    trend_of: str
    notes: Sequence[str] = field(default_factory=tuple)
    desk: str | None = None
    is_restricted: bool = True

    @property
    def failed(self) -> list[Finding]:
        """What refuses a release before what holds an extract."""
        found = [finding for finding in self.findings if finding.has_failed]
        return sorted(found, key=lambda one: one.severity == "hold")

    @property
    def waived(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_waived]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_warning]

    @property
    def passed_count(self) -> int:
        return sum(finding.outcome == "passed" for finding in self.findings)

    @property
    def stages(self) -> list[tuple[str, list[Check]]]:
        """By stage in the order of the way; in it by the check's name, those with something to say first."""
        found = []
        for stage, title in STAGES.items():
            own = sorted((one for one in self.findings if one.stage == stage), key=lambda one: one.name)
            checks = [Check(name, list(group)) for name, group in groupby(own, key=lambda one: one.name)]
            checks.sort(key=lambda check: check.became[0][0] == "passed")
            found.append((title, checks))
        return found


def counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


@cache
def rule_words() -> dict[str, tuple[str, str]]:
    """Title and steward's action of each quality rule."""
    with (REFERENCE_SEEDS / "quality_rules.csv").open(encoding="utf-8", newline="") as file:
        return {row["rule_code"]: (row["title"], row["steward_action"]) for row in csv.DictReader(file)}


def most_records_first(rules: Iterable[RuleCount]) -> list[RuleCount]:
    return sorted(rules, key=lambda one: (-one.records, one.rule))
