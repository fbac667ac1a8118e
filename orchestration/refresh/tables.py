"""The tables of the warehouse: parts built by dbt, with linkage, statistics and the fit between them."""

from collections.abc import Iterable
from dataclasses import asdict

from orchestration import linkage, statistics
from orchestration.core import Artifact, NjiaError, ReleaseRefused, fingerprint_of, note_artifact
from orchestration.refresh.extracts import CARRY, IN_FORCE, JUDGE, LOCATE, TAKE_IN, TYPE
from orchestration.refresh.run import Made, Run, Step, artifact_of
from orchestration.warehouse import NodeOutcome, Part, build, project_hash, read_tables

LINK, MEASURE, FIT = linkage.LINK, "measure", "fit"
# The artifacts that each part is built from.
_AFTER = {
    Part.WAREHOUSE: (TYPE, LOCATE, JUDGE, IN_FORCE, CARRY),
    Part.COUNTS: (Part.WAREHOUSE, LINK),
    Part.PUBLISHABLE: (Part.COUNTS, MEASURE, FIT),
}


def build_tables(run: Run, part: Part) -> Artifact:
    """Build the tables of a part. The facts hold the outcome of every node."""
    settings = run.settings
    given = [artifact_of(settings, name).fingerprint for name in _AFTER[part]]
    nodes = build(settings, part)
    fingerprint = fingerprint_of(given, project_hash(settings.engine))
    in_force = artifact_of(settings, IN_FORCE).fingerprint
    facts = {"in_force": in_force, "nodes": [asdict(node) for node in nodes]}
    return note_artifact(settings.work, part, fingerprint, [], facts)


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
    (TAKE_IN, Part.WAREHOUSE),
    linkage.CODE,
    lambda run: [run.decisions["link_accept"], run.decisions["link_reject"]],
)
def link(run: Run) -> Made:
    """Link records of the same person, and list likely links for stewards."""
    stop_if_broken(nodes_of(artifact_of(run.settings, Part.WAREHOUSE)))  # a step done alone must check it too
    settings, decisions = run.settings, run.decisions
    rulings = linkage.rulings_of(decisions["link_accept"], decisions["link_reject"])
    facts = linkage.link_records(settings, rulings)
    files = [linkage.QUESTIONS, *(f"{table}.parquet" for table in facts["rows"])]
    return [settings.linkage / name for name in files], facts


@Step.of(
    MEASURE,
    (Part.COUNTS,),
    statistics.CODE,
    lambda run: [],
)
def measure(run: Run) -> Made:
    """Measure hotspots, shifts and risk, each with its uncertainty."""
    stop_if_broken(nodes_of(artifact_of(run.settings, Part.COUNTS)))
    settings = run.settings
    rows = statistics.measure(settings, read_tables(settings, statistics.AGGREGATES))
    return [settings.statistics / f"{table}.parquet" for table in rows], {"rows": rows}


@Step.of(
    FIT,
    (Part.COUNTS,),
    statistics.CODE,
    lambda run: [],
)
def fit(run: Run) -> Made:
    """Fit public counts to the protected ones, so that they add up."""
    stop_if_broken(nodes_of(artifact_of(run.settings, Part.COUNTS)))
    rows = statistics.fit(run.settings, read_tables(run.settings, statistics.CELLS))
    return [run.settings.fitted / f"{table}.parquet" for table in rows], {"rows": rows}
