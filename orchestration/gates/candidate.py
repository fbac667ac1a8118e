"""The release gate: judge a candidate and write `verdict.json` beside its files.

The verdict lists the hashes of the judged files and every check with outcome and waiver. It refuses where a
check failed, could not be judged or did not run. `release` publishes by this file alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from expectations.checks import release_scope
from expectations.release_gate import LINKAGE_GATE, PART_GATE, RELEASE_GATE, TABLE_GATE, WHOLE
from orchestration.core import NjiaError, Settings, durable, read_json, sha256_of, write_json
from orchestration.gates.earlier_checks import (
    EXTRACT_GATE_STAGE,
    WAREHOUSE_STAGE,
    check_results,
    published_tables,
)
from orchestration.gates.in_force import read_in_force
from orchestration.gates.judging import Judgement, judge
from orchestration.gates.protection import protection_measures
from orchestration.gates.release_profile import ReleaseProfile, like_for_like, release_profile
from orchestration.release import (
    EVIDENCE_BASE,
    MANIFEST,
    MEMBERS_SCHEMAS,
    VERDICT,
    hash_files,
)
from orchestration.stewardship import Decisions

_STAGES_BEFORE = (EXTRACT_GATE_STAGE, WAREHOUSE_STAGE)
_FROM_EARLIER = ("stage", "subject", "waived_by", "observed", "expected", "why", "steward_action")


@dataclass(frozen=True)
class CheckOutcome:
    """One check of the candidate, in any stage."""

    name: str
    stage: str
    subject: str
    severity: str
    outcome: str
    waived_by: str | None = None
    observed: float | None = None
    expected: str = ""
    why: str = ""
    steward_action: str = ""
    finding: str = ""  # what was found, and whose records: only for stewards
    said: str = ""  # the same for translation

    @property
    def refuses(self) -> bool:
        """Whether it refuses the release: a failure of severity refuse, or a check without an answer."""
        if self.outcome in ("error", "not_run"):
            return True
        return self.outcome == "failed" and self.severity == "refuse" and self.waived_by is None


@dataclass(frozen=True)
class ReleaseVerdict:
    """The content of `verdict.json`."""

    candidate: str
    verdict: Literal["passed", "refused"]
    checks: tuple[CheckOutcome, ...]
    files: Mapping[str, str]
    reasons: tuple[str, ...]
    measures: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return self.verdict == "passed"


def verdict_of_facts(facts: Mapping[str, Any]) -> ReleaseVerdict:
    """Restore a verdict from its JSON data."""
    checks = tuple(CheckOutcome(**check) for check in facts["checks"])
    return ReleaseVerdict(**{**facts, "checks": checks, "reasons": tuple(facts["reasons"])})


def judge_candidate(
    settings: Settings,
    candidate: Path,
    as_of: datetime,
    decisions: Decisions,
    earlier: Sequence[Mapping[str, Any]] | None = None,
) -> ReleaseVerdict:
    """Judge the candidate in this folder and write its `verdict.json`; an earlier verdict is removed first.

    `earlier`: rows of checks before staging, by default those of `check_results`.
    """
    verdict_path = candidate / VERDICT
    durable.remove(verdict_path)
    evidence_base = candidate / EVIDENCE_BASE
    if not (evidence_base.is_file() and (candidate / MANIFEST).is_file()):
        raise NjiaError(f"The candidate {candidate.name} has no {EVIDENCE_BASE}. Run `njia refresh` again.")
    files = hash_files(candidate)
    rows = check_results(settings).to_pylist() if earlier is None else earlier
    release = settings.current.resolve()
    current = release / EVIDENCE_BASE
    manifest: dict[str, Any] = read_json(candidate / MANIFEST)
    profile = release_profile(
        settings,
        evidence_base,
        current if current.is_file() else None,
        published_tables(settings, MEMBERS_SCHEMAS),
        protection_measures(settings, candidate, manifest, as_of.date(), decisions),
        like_for_like(
            settings,
            evidence_base,
            str(manifest.get("release_id")),
            release.name if current.is_file() else None,
        ),
    )
    checks = [*_earlier(rows), _same_inputs(settings, manifest), *_gate(profile, decisions, as_of)]
    reasons = [_reason(check) for check in checks if check.refuses]
    if hash_files(candidate) != files:
        reasons.append("The candidate's files changed while they were judged. Run `njia refresh` again.")
    verdict = ReleaseVerdict(
        candidate=candidate.name,
        verdict="refused" if reasons else "passed",
        checks=tuple(checks),
        files={**files, MANIFEST: sha256_of(candidate / MANIFEST)},
        reasons=tuple(reasons),
        measures=_measures(profile),
    )
    write_json(verdict_path, {**asdict(verdict), "as_of": as_of.isoformat()})
    return verdict


def _gate(profile: ReleaseProfile, decisions: Decisions, as_of: datetime) -> Iterator[CheckOutcome]:
    """Judge the release, each table, and each partner, county and corridor."""
    [of_tables] = TABLE_GATE
    frames = {of_tables.name: profile.tables, **profile.parts}
    parts = pd.concat([frame.assign(check=name) for name, frame in frames.items()], ignore_index=True)
    for frame, gate in ((profile.measures, RELEASE_GATE), (parts, (*TABLE_GATE, *PART_GATE, *LINKAGE_GATE))):
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        judged: dict[str, list[CheckOutcome]] = {}
        for judgement in judge(frame, gate):
            row, name = rows[judgement.row], judgement.expectation.name
            if row.get("check") in (None, name):
                judged.setdefault(name, []).append(_judged(judgement, row, decisions, as_of))
        for name, checks in judged.items():
            yield from checks if name not in profile.parts else _of_parts(checks)


def _of_parts(checks: Sequence[CheckOutcome]) -> Iterable[CheckOutcome]:
    """Return the parts that did not pass, else the first, which changed most, as the whole release."""
    worst = [check for check in checks if check.outcome != "passed"]
    return worst or [replace(checks[0], subject=WHOLE)]


def _judged(
    judgement: Judgement, row: Mapping[Any, Any], decisions: Decisions, as_of: datetime
) -> CheckOutcome:
    name, subject = judgement.expectation.name, str(row.get("subject", WHOLE))
    check = judgement.as_check(row, decisions["check_waiver"], release_scope(name, subject), as_of)
    return CheckOutcome(name=name, stage="release_gate", subject=subject, **check)


def _earlier(rows: Sequence[Mapping[str, Any]]) -> list[CheckOutcome]:
    """Return the checks before staging, and a `not_run` for a stage without results."""
    checks = [
        CheckOutcome(
            name=row["check_name"],
            # A held extract only warns here: its partner's last good one is in force.
            severity="warn" if row["severity"] == "hold" else row["severity"],
            # In a verdict, a waived check is a failed one with a waiver.
            outcome="failed" if row["outcome"] == "waived" else row["outcome"],
            **{name: row[name] for name in _FROM_EARLIER if row.get(name) is not None},
        )
        for row in rows
    ]
    for stage in _STAGES_BEFORE:
        if not any(check.stage == stage for check in checks):
            checks.append(
                _own_check(f"{stage}_ran", stage, "not_run", "No check of this stage has a result.")
            )
    return checks


def _same_inputs(settings: Settings, manifest: Mapping[str, Any]) -> CheckOutcome:
    """Compare the inputs' hash in the candidate's manifest with the one in force."""
    in_force, outcome = read_in_force(settings), "not_run"
    if in_force:
        outcome = "passed" if manifest.get("inputs_hash") == in_force.inputs_hash else "failed"
    return _own_check(
        "candidate_has_the_inputs_in_force",
        "release_gate",
        outcome,
        "The checks before staging belong to the extracts in force now, not to another candidate.",
    )


def _own_check(name: str, stage: str, outcome: str, why: str) -> CheckOutcome:
    return CheckOutcome(
        name=name,
        stage=stage,
        subject=WHOLE,
        severity="refuse",
        outcome=outcome,
        why=why,
        steward_action="Run `njia refresh` again: it runs every step in its order.",
    )


def _reason(check: CheckOutcome) -> str:
    outcome = {"failed": "failed", "error": "could not be judged", "not_run": "did not run"}[check.outcome]
    is_plain = check.observed is None or check.finding
    numbers = "" if is_plain else f": {check.observed:g}, expected {check.expected}"
    finding = f" {check.finding}." if check.finding else ""
    return f"{check.name} of {check.subject} {outcome}{numbers}.{finding} {check.steward_action}".strip()


def _measures(profile: ReleaseProfile) -> dict[str, float | None]:
    row = profile.measures.iloc[0]
    return {str(name): None if value != value else float(value) for name, value in row.items()}
