"""Build stale tables of the work file, in two parts: before and after linkage and statistics.

Each table has a fingerprint (`node_fingerprints`), noted in the work file (`work_file`). dbt builds the
tables whose note differs, and is not imported where none does. Then the tests of the part run
(`table_tests`).
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.core import DBT_PROJECT, NjiaError, Settings, durable, fault_said, open_duckdb
from orchestration.warehouse.engines import engine_of
from orchestration.warehouse.manifest import MANIFEST, PACKED, manifest_path, read_manifest
from orchestration.warehouse.node_fingerprints import PYTHON_SOURCES, Project
from orchestration.warehouse.table_tests import TableTest, run_tests
from orchestration.warehouse.work_file import AnswerNote, TableNote, open_work_file

if TYPE_CHECKING:
    import pyarrow as pa

_ON_PYTHON = " ".join(f"source:{name}+" for name in PYTHON_SOURCES)
_BYTES_A_THREAD = 16 * 2**20


class Part(Enum):
    """A part of the project as dbt selects it: before the steps in Python, or their descendants."""

    BEFORE_PYTHON = "exclude"
    AFTER_PYTHON = "select"

    @property
    def dagster_selection(self) -> dict[str, str]:
        """The part as arguments of `@dbt_assets`."""
        return {self.value: _ON_PYTHON}

    def selection(self, project: Project, stale: Collection[str] | None) -> list[str]:
        """Return arguments of dbt's command line: the whole part, or its `stale` tables with descendants."""
        if stale is None:
            return [f"--{self.value}", *_ON_PYTHON.split()]
        first = [name for name in stale if not set(stale) & set(project.parents(name))]
        after = [] if self is Part.AFTER_PYTHON else ["--exclude", *_ON_PYTHON.split()]
        return ["--select", *(f"fqn:{'.'.join(project.tables[name]['fqn'])}+" for name in first), *after]

    def holds(self, project: Project, unique_id: str) -> bool:
        return (unique_id in project.after_python) == (self is Part.AFTER_PYTHON)


@dataclass(frozen=True)
class NodeOutcome:
    """Outcome of one model, seed or test. `status`: success, pass, fail, warn, error, skipped.

    `ran`: false for a current table or result of an earlier build. `rows`: None where no table exists.
    `fingerprint`: of a current table.
    """

    unique_id: str
    resource_type: str
    name: str
    status: str
    failures: int
    seconds: float
    ran: bool = True
    rows: int | None = None
    fingerprint: str = ""

    @property
    def is_test(self) -> bool:
        return self.resource_type == "test"


def build(settings: Settings, part: Part, inputs: Mapping[str, str]) -> list[NodeOutcome]:
    """Build the stale seeds and models of a part and run its stale tests; return outcomes of the whole part.

    `inputs`: fingerprint of each source (`typed.records`); a missing one counts as changed.
    """
    path = manifest_path(settings)
    project = Project(read_manifest(path))
    mine = [name for name in project.order if part.holds(project, name)]
    tables = [name for name in mine if name in project.tables]

    with open_work_file(settings) as work:
        standing = work.standing(project.relations)
        noted = {name: note.fingerprint for name, note in standing.items()}
        wanted = _wanted(project, tables, inputs, noted)
        changed = project.with_descendants(name for name in tables if noted.get(name) != wanted[name])
        stale = [name for name in tables if name in changed]
        work.clear(stale, project.relations, project.sources)
        engine = engine_of(settings, work)
        current = [project.relations[name] for name in noted if name not in stale]
        variables = engine.make_ready(current, [project.relations[name] for name in stale], project.files)
        results: dict[str, Any] = {}
        if stale:
            selection = part.selection(project, stale if len(stale) < len(tables) else None)
            results = _built(settings, variables, path, selection)
            for result in results.values():
                if fault := fault_said(str(result.message), settings.home):
                    raise fault
        made = [name for name in stale if name in results and results[name].status == "success"]
        engine.hand_over([project.relations[name] for name in made])
        work.note_tables({name: wanted[name] for name in made}, project.relations)
        standing = work.standing(project.relations)
        tests = {name: project.tests[name] for name in mine if name in project.tests}
        fingerprints = {name: note.fingerprint for name, note in standing.items()}
        answers = list(run_tests(engine.count, tests, fingerprints, work.tests()))
        work.note_tests(
            {
                answer.unique_id: AnswerNote(answer.fingerprint, answer.status, answer.failures)
                for answer in answers
                if answer.asked and answer.fingerprint
            }
        )
    outcomes = [
        *(
            _of_hook(result)
            for name, result in results.items()
            if name not in project.tables and str(result.status) != "success"
        ),
        *(
            _of_table(project.tables[name], standing.get(name), results.get(name), name in stale)
            for name in tables
        ),
        *(_of_test(project.tests[one.unique_id], one) for one in answers),
    ]
    _keep_manifest(settings, path)
    return outcomes


def read_tables(settings: Settings, tables: Mapping[str, Sequence[str]]) -> dict[str, pa.Table]:
    """Read columns of tables of the work file, rows in the order of these columns.

    `tables` maps `schema.table` to its columns.
    """
    with open_duckdb(settings.warehouse, settings.spill) as con:
        return {
            table: con.execute(
                f"select {', '.join(columns)} from {table} order by all nulls last"
            ).to_arrow_table()
            for table, columns in tables.items()
        }


def _wanted(
    project: Project, tables: Sequence[str], inputs: Mapping[str, str], noted: Mapping[str, str]
) -> dict[str, str]:
    try:
        return project.fingerprints(tables, inputs, noted)
    except KeyError as missing:
        raise NjiaError(
            f"{missing} is not built, and this part needs it. Run `njia refresh`, which builds both parts."
        ) from None


def _built(
    settings: Settings, variables: Mapping[str, Any], manifest: Path, selection: Sequence[str]
) -> dict[str, Any]:
    """Run dbt; return its results by id, of tables it built or skipped and of its hook."""
    from orchestration.warehouse.dbt_commands import build_nodes, unpacked

    parsed = unpacked(manifest.with_name(PACKED))
    results = build_nodes(parsed, DBT_PROJECT, settings.warehouse, selection, variables, _threads(settings))
    return {result.node.unique_id: result for result in results}


def _threads(settings: Settings) -> int:
    """Return the number of threads for the engine: few for few megabytes, as threads cost more there."""
    size = sum(path.stat().st_size for path in settings.typed.rglob("*.parquet"))
    return min(os.cpu_count() or 1, 1 + size // _BYTES_A_THREAD)


def _of_hook(result: Any) -> NodeOutcome:
    node, seconds = result.node, float(result.execution_time or 0)
    return NodeOutcome(node.unique_id, str(node.resource_type), node.name, str(result.status), 0, seconds)


def _of_table(
    node: Mapping[str, Any], note: TableNote | None, result: Any | None, is_stale: bool
) -> NodeOutcome:
    status = str(result.status) if result else "skipped" if is_stale else "success"
    return NodeOutcome(
        node["unique_id"], node["resource_type"], node["name"], status,
        failures=0, seconds=float(result.execution_time or 0) if result else 0.0,
        ran=is_stale, rows=note.row_count if note else None, fingerprint=note.fingerprint if note else "",
    )  # fmt: skip


def _of_test(node: Mapping[str, Any], answer: TableTest) -> NodeOutcome:
    return NodeOutcome(
        node["unique_id"], "test", node["name"], answer.status, answer.failures, answer.seconds, answer.asked
    )


def _keep_manifest(settings: Settings, manifest: Path) -> None:
    """Copy the manifest beside the work file: it lists the tests that had to run on these tables."""
    content, copy = manifest.read_bytes(), settings.work / "dbt" / MANIFEST
    if not copy.is_file() or copy.read_bytes() != content:
        durable.write_bytes(copy, content)
