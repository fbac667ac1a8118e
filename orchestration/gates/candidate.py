"""The release gate: judge a candidate and write `verdict.json` beside its files.

The verdict lists the hashes of the judged files and every check with outcome and waiver. It refuses where a
check failed, could not be judged or did not run. `release` publishes by this file alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.checks import release_scope
from expectations.release_gate import LINKAGE_GATE, PART_GATE, RELEASE_GATE, TABLE_GATE, WHOLE
from orchestration.core import NjiaError, Settings, durable, read_artifact, read_json, sha256_of, write_json
from orchestration.gates.in_force import IN_FORCE, read_in_force
from orchestration.gates.judging import judge
from orchestration.gates.protection import protection_measures
from orchestration.gates.release_profile import (
    ReleaseProfile,
    like_for_like,
    published_tables,
    release_profile,
)
from orchestration.gates.verdicts import read_verdicts
from orchestration.release import CHECK_RESULTS, EVIDENCE_BASE, MANIFEST, MEMBERS_SCHEMAS, VERDICT, hash_files
from orchestration.stewardship import Decisions
from orchestration.warehouse import Part, manifest_nodes

# Checks before staging: verdicts of the extract gate, and tests of dbt.
EXTRACT_GATE_STAGE, WAREHOUSE_STAGE = "extract_gate", "warehouse"
_OUTCOMES = {"pass": "passed", "success": "passed", "fail": "failed", "warn": "failed", "error": "error"}
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
    in_force, outcome = read_in_force(settings), "not_run"
    if in_force:
        outcome = "passed" if manifest.get("inputs_hash") == in_force.inputs_hash else "failed"
    same_inputs = _own_check(
        "candidate_has_the_inputs_in_force",
        "release_gate",
        outcome,
        "The checks before staging belong to the extracts in force now, not to another candidate.",
    )
    checks = [*_earlier(rows), same_inputs, *_gate(profile, decisions, as_of)]
    reasons = [_reason(check) for check in checks if check.refuses]
    if hash_files(candidate) != files:
        reasons.append("The candidate's files changed while they were judged. Run `njia refresh` again.")
    verdict = ReleaseVerdict(
        candidate=candidate.name,
        verdict="refused" if reasons else "passed",
        checks=tuple(checks),
        files={**files, MANIFEST: sha256_of(candidate / MANIFEST)},
        reasons=tuple(reasons),
        measures={
            str(name): None if value != value else float(value)
            for name, value in profile.measures.iloc[0].items()
        },
    )
    write_json(verdict_path, {**asdict(verdict), "as_of": as_of.isoformat()})
    return verdict


def _gate(profile: ReleaseProfile, decisions: Decisions, as_of: datetime) -> Iterator[CheckOutcome]:
    """Judge the release, each table, and each partner, county and corridor."""
    [of_tables] = TABLE_GATE
    frames = {of_tables.name: profile.tables, **profile.parts}
    parts = pd.concat([frame.assign(check=name) for name, frame in frames.items()], ignore_index=True)
    for frame, gate in ((profile.measures, RELEASE_GATE), (parts, (*TABLE_GATE, *PART_GATE, *LINKAGE_GATE))):
        rows: list[dict[Any, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
        judged: dict[str, list[CheckOutcome]] = {}
        for judgement in judge(frame, gate):
            row, name = rows[judgement.row], judgement.expectation.name
            if row.get("check") in (None, name):
                subject = str(row.get("subject", WHOLE))
                scope = release_scope(name, subject)
                check = judgement.as_check(row, decisions["check_waiver"], scope, as_of)
                outcome = CheckOutcome(name=name, stage="release_gate", subject=subject, **check)
                judged.setdefault(name, []).append(outcome)
        for name, checks in judged.items():
            if name in profile.parts:
                # The parts that did not pass, else the first, which changed most, as the whole release.
                failed = [check for check in checks if check.outcome != "passed"]
                yield from failed or [replace(checks[0], subject=WHOLE)]
            else:
                yield from checks


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


def check_results(settings: Settings) -> pa.Table:
    """Return one row per check before staging; a dbt test without a result is `not_run`."""
    rows = [*_extract_gate(settings), *_dbt(settings)]
    rows.sort(key=lambda row: (row["stage"], row["subject"], row["check_name"]))
    return pa.Table.from_pylist(rows, schema=CHECK_RESULTS)


def _extract_gate(settings: Settings) -> list[dict[str, Any]]:
    codes = {
        (row["partner"], row["extract_id"]): row["partner_code"]
        for path in sorted((settings.typed / "extracts").glob("*.parquet"))
        for row in pq.read_table(path, columns=["extract_id", "partner", "partner_code"]).to_pylist()
    }
    return [
        {
            **{name: value for name, value in vars(verdict).items() if name in CHECK_RESULTS.names},
            "stage": EXTRACT_GATE_STAGE,
            "subject": verdict.extract_id,
            "partner_code": codes.get((verdict.partner, verdict.extract_id)),
            "outcome": "waived" if verdict.waived else verdict.outcome,
        }
        for verdict in read_verdicts(settings).verdicts
    ]


def _dbt(settings: Settings) -> list[dict[str, Any]]:
    """Return rows of all tests of the manifest, and of models that could not be built."""
    nodes: Mapping[str, Mapping[str, Any]] = {}
    with suppress(FileNotFoundError):
        nodes = manifest_nodes(settings.work / "dbt" / "manifest.json")
    in_force = read_artifact(settings.work, IN_FORCE)
    parts = [read_artifact(settings.work, part) for part in Part]
    # Without parts that were built from other extracts than those in force.
    results: dict[str, Mapping[str, Any]] = {
        result["unique_id"]: result
        for part in parts
        if part and in_force and part.facts["in_force"] == in_force.fingerprint
        for result in part.facts["nodes"]
    }
    rows = []
    for unique_id in sorted({*results, *(name for name, node in nodes.items() if _is_test(node))}):
        node, result = nodes.get(unique_id, {}), results.get(unique_id, {})
        is_test = _is_test(result or node)
        status = str(result.get("status", "skipped"))
        if not is_test and status == "success":
            continue
        config = node.get("config") or {}
        meta = config.get("meta") or node.get("meta") or {}
        is_warning = str(config.get("severity", "error")).lower() == "warn" or status == "warn"
        rows.append(
            {
                "stage": WAREHOUSE_STAGE,
                "subject": _table(node, nodes) or str(result.get("name", "")),
                "partner_code": None,
                "check_name": str(result.get("name") or node.get("name")) if is_test else "model_is_built",
                "severity": "warn" if is_warning else "refuse",
                "outcome": _OUTCOMES.get(status, "not_run"),
                "observed": float(result.get("failures") or 0) if result else None,
                "expected": "0 failing rows" if is_test else "built",
                "waived_by": None,
                "why": _one_line(node.get("description")),
                "steward_action": _one_line(meta.get("steward_action"))
                or "Look at the failing rows of this test in the work file; it guards the table's structure.",
            }
        )
    return rows


def _is_test(node: Mapping[str, Any]) -> bool:
    return node.get("resource_type") == "test"


def _table(node: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the table that a test guards, or the model itself."""
    if not _is_test(node):
        return f"{node['schema']}.{node['name']}" if node else None
    parents = [node.get("attached_node"), *(node.get("depends_on") or {}).get("nodes", [])]
    owner = next((nodes[parent] for parent in parents if parent in nodes), None)
    return f"{owner['schema']}.{owner['name']}" if owner else None


def _one_line(text: Any) -> str:
    return " ".join(str(text or "").split())
