"""The tables of the warehouse: two parts built by dbt, with linkage and statistics between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from orchestration import gates, linkage, statistics
from orchestration.core import (
    Artifact,
    NjiaError,
    ReleaseRefused,
    fingerprint_of,
    note_artifact,
)
from orchestration.refresh.extracts import CARRY, IN_FORCE, JUDGE, LOCATE, TAKE_IN, TYPE
from orchestration.refresh.run import Made, Run, Step, artifact_of
from orchestration.warehouse import NodeOutcome, Part, build, project_hash, read_tables

WAREHOUSE, PUBLISHABLE = gates.BUILDS
LINK, MEASURE = "link", "measure"
# For each part: the step that builds it, and the steps whose artifacts it reads.
_PARTS = {
    Part.BEFORE_PYTHON: (WAREHOUSE, (TYPE, LOCATE, JUDGE, IN_FORCE, CARRY)),
    Part.AFTER_PYTHON: (PUBLISHABLE, (WAREHOUSE, LINK, MEASURE)),
}


def build_tables(run: Run, part: Part) -> Artifact:
    """Build the tables of a part. The facts hold the outcome of every node."""
    settings = run.settings
    name, before = _PARTS[part]
    given = [artifact_of(settings, step).fingerprint for step in before]
    nodes = build(settings, part)
    fingerprint = fingerprint_of(given, project_hash(settings.engine))
    in_force = artifact_of(settings, IN_FORCE).fingerprint
    facts = {"in_force": in_force, "nodes": [asdict(node) for node in nodes]}
    return note_artifact(settings.work, name, fingerprint, [], facts)


def nodes_of(tables: Artifact) -> list[NodeOutcome]:
    """Return the nodes of a part with their outcomes."""
    return [NodeOutcome(**node) for node in tables.facts["nodes"]]


def stop_if_broken(nodes: Iterable[NodeOutcome]) -> None:
    """Raise ReleaseRefused for failed tests, NjiaError for tables that could not be built."""
    # Failed tests first, because they may be why a later table could not be built.
    nodes = list(nodes)
    failed = [node for node in nodes if node.status == "fail" and node.is_test]
    if failed:
        listed = "; ".join(f"{node.name} ({node.failures} rows)" for node in failed)
        raise ReleaseRefused(
            f"Refused: {len(failed)} dbt test(s) failed: {listed}. The current release stays. The Dagster "
            "UI says beside each table what its tests guard."
        )
    errors = [node.name for node in nodes if node.status in ("error", "fail")]
    if errors:
        raise NjiaError(
            f"dbt could not build {', '.join(errors)}. The error's text may quote a row, so it is not kept: "
            "run `make check`, then `make test`, to find the fault on synthetic data."
        )


@Step.of(
    LINK,
    (TAKE_IN, WAREHOUSE),
    linkage.CODE,
    lambda run: [run.decisions.link_accepts, run.decisions.link_rejections],
)
def link(run: Run) -> Made:
    """Link records of the same person, and list likely links for stewards."""
    stop_if_broken(nodes_of(artifact_of(run.settings, WAREHOUSE)))  # a step done alone must check it too
    settings, decisions = run.settings, run.decisions
    rulings = linkage.rulings_of(decisions.link_accepts, decisions.link_rejections)
    facts = linkage.link_records(settings, rulings)
    files = [linkage.QUESTIONS, *(f"{table}.parquet" for table in facts["rows"])]
    return [settings.linkage / name for name in files], facts


@Step.of(
    MEASURE,
    (WAREHOUSE,),
    ("orchestration/statistics", "seeds/reference", "scipy==", "pandas=="),
    lambda run: [],
)
def measure(run: Run) -> Made:
    """Measure hotspots, shifts and risk, each with its uncertainty."""
    stop_if_broken(nodes_of(artifact_of(run.settings, WAREHOUSE)))
    settings = run.settings
    rows = statistics.measure(settings, read_tables(settings, statistics.AGGREGATES))
    return [settings.statistics / f"{table}.parquet" for table in rows], {"rows": rows}
