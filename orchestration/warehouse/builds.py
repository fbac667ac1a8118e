"""Build the work file, in parts with steps in Python between them.

The first part begins an empty file, each later one a copy of it. dbt builds the tables of the part, and then
its data tests run as plain queries, which parsing has compiled: dbt's own handling of hundreds of tests took
half of its time in a refresh. The file takes the place of the last one when all its tables stand, so a killed
or failed build leaves the last one as it was.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.core import NjiaError, Settings, durable, fault_said, open_duckdb, quoted, sql_text, sync
from orchestration.warehouse.engines import DUCKDB, engine_of
from orchestration.warehouse.parsed_project import (
    MANIFEST,
    QUIET,
    STATE,
    environment,
    folders,
    manifest_nodes,
    manifest_path,
    read_manifest,
    source_files,
)

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_TABLES = ("model", "seed")
_BYTES_A_THREAD = 16 * 2**20


class Part(StrEnum):
    """A part of the project, in the order of building; the value names its artifact.

    A table belongs to the last part one of whose sources (`_SOURCES`) it descends from.
    """

    WAREHOUSE = "warehouse"
    COUNTS = "counts"
    PUBLISHABLE = "publishable"


# The sources that steps in Python write before each part.
_SOURCES = {
    Part.WAREHOUSE: (),
    Part.COUNTS: ("linkage",),
    Part.PUBLISHABLE: ("statistics", "fitted"),
}


@dataclass(frozen=True)
class NodeOutcome:
    """Outcome of one model, seed or test. `status`: success, pass, fail, warn, error, skipped.

    `rows`: None where no table exists.
    """

    unique_id: str
    resource_type: str
    name: str
    status: str
    failures: int
    seconds: float
    rows: int | None = None

    @property
    def is_test(self) -> bool:
        return self.resource_type == "test"


def part_of(manifest: Path) -> dict[str, Part]:
    """Return the part of each seed and model by its id, parents first."""
    nodes, sources = read_manifest(manifest)["nodes"].items(), read_manifest(manifest)["sources"].items()
    tables = [(name, node) for name, node in nodes if node["resource_type"] in _TABLES]
    parents = {name: node["depends_on"].get("nodes", []) for name, node in tables}
    of_source = {source: part for part, names in _SOURCES.items() for source in names}
    parts = {name: of_source.get(source["source_name"], Part.WAREHOUSE) for name, source in sources}
    for name in TopologicalSorter(parents).static_order():
        if name in parents:
            parts[name] = _last_part(parents[name], parts)
    return {name: part for name, part in parts.items() if name in parents}


def _last_part(parents: Iterable[str], parts: Mapping[str, Part]) -> Part:
    found = (parts[name] for name in parents if name in parts)
    return max(found, key=list(Part).index, default=Part.WAREHOUSE)


def build(settings: Settings, part: Part) -> list[NodeOutcome]:
    """Build the seeds and models of a part and run its data tests; return the outcome of each.

    Raises NjiaError where dbt cannot start, MachineFault where disk or memory are full.
    """
    path = manifest_path(settings)
    nodes = manifest_nodes(path)
    with _next_file(settings, part) as (file, con):
        engine = engine_of(settings, con)
        variables = engine.make_ready(part is Part.WAREHOUSE, source_files(path))
        results = {str(one.node.unique_id): one for one in build_nodes(settings, path, file, part, variables)}
        for result in results.values():
            if fault := fault_said(str(result.message), settings.home):
                raise fault
        broken = {name for name, result in results.items() if str(result.status) != "success"}
        relations = {
            name: (nodes[name]["schema"], nodes[name]["alias"])
            for name in results
            if name not in broken and name in nodes and nodes[name]["resource_type"] in _TABLES
        }
        engine.hand_over(relations.values())
        counts = (
            f"select {sql_text(name)}, count(*) from {quoted(*relation)}"
            for name, relation in relations.items()
        )
        rows = dict(con.execute(" union all ".join(counts)).fetchall()) if relations else {}
        answers = list(run_tests(engine.count, _tests_of(part, path), broken))
        con.close()
        if not broken:
            sync(file)
            file.replace(settings.warehouse)
    # Beside the work file: it lists the tests that had to run on these tables.
    content, copy = path.read_bytes(), settings.work / "dbt" / MANIFEST
    if not copy.is_file() or copy.read_bytes() != content:
        durable.write_bytes(copy, content)
    return [
        *(
            NodeOutcome(
                name,
                str(one.node.resource_type),
                one.node.name,
                str(one.status),
                0,
                one.execution_time,
                rows.get(name),
            )
            for name, one in results.items()
            if name in broken or name in relations
        ),
        *answers,
    ]


def run_tests(
    count: Callable[[str], int | None], tests: Mapping[str, Mapping[str, Any]], broken: Collection[str]
) -> Iterator[NodeOutcome]:
    """Yield the outcomes of `tests` (nodes of the manifest by id).

    `count`: of the engine; `broken`: ids of tables that could not be built.
    """
    for unique_id, test in tests.items():
        failures, started = 0, time.monotonic()
        if not set(test["depends_on"]["nodes"]).isdisjoint(broken):
            status = "skipped"
        elif (counted := count(f"select count(*) from ({test['compiled_code']}\n) as failing")) is None:
            status = "error"
        else:
            failures, refuses = counted, test["config"]["severity"].lower() != "warn"
            status = "pass" if not failures else "fail" if refuses else "warn"
        yield NodeOutcome(unique_id, "test", test["name"], status, failures, time.monotonic() - started)


def build_nodes(
    settings: Settings, manifest: Path, file: Path, part: Part, variables: Mapping[str, Any]
) -> list[Any]:
    """Build the models and seeds of a part in `file`, or by Spark; return dbt's results.

    `variables`: those of the engine.
    """
    from dbt.cli.main import dbtRunner

    target = [*folders(file.with_name("target")), "--no-write-json", *QUIET]
    state = ("--partial-parse-file-path", str(manifest.with_name(STATE)))
    with environment(NJIA_ENGINE=settings.engine):
        # Without the file's path, because dbt parses the project anew where the profile names another.
        parsed = dbtRunner().invoke(["parse", *target, *state])
        with environment(NJIA_WAREHOUSE=str(file)):
            result = dbtRunner(manifest=parsed.result).invoke(
                [
                    *("build", "--resource-type", "model", "--resource-type", "seed"),
                    *_selection(part),
                    *("--vars", json.dumps({"work": str(settings.work), **variables})),
                    *(() if settings.engine == DUCKDB else ("--no-populate-cache",)),
                    *target,
                ]
            )
    if result.result is None:
        raise NjiaError(
            f"dbt could not start ({type(result.exception).__name__}). `make check` parses the project."
        ) from result.exception
    return list(result.result.results)


def _selection(part: Part) -> list[str]:
    """Return dbt's options that select a part: descendants of its sources, and of no later one's."""
    parts = list(Part)
    later = parts[parts.index(part) + 1 :]
    options = {"--select": _SOURCES[part], "--exclude": [name for after in later for name in _SOURCES[after]]}
    return [
        text
        for option, sources in options.items()
        if sources
        for text in (option, *(f"source:{name}+" for name in sources))
    ]


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


@contextmanager
def _next_file(settings: Settings, part: Part) -> Iterator[tuple[Path, duckdb.DuckDBPyConnection]]:
    """Yield the file that a part is built in, and a connection that holds it open for dbt's many."""
    folder = settings.work / "building"
    shutil.rmtree(folder, ignore_errors=True)  # what a killed build left
    folder.mkdir(parents=True)
    file = folder / settings.warehouse.name  # dbt writes this name into every relation
    try:
        if part is not Part.WAREHOUSE:
            shutil.copyfile(settings.warehouse, file)
        # Few threads for few megabytes, as threads cost more there.
        size = sum(path.stat().st_size for path in settings.typed.rglob("*.parquet"))
        threads = min(os.cpu_count() or 1, 1 + size // _BYTES_A_THREAD)
        with open_duckdb(file, settings.spill, threads, writes=True) as con:
            con.execute("set checkpoint_threshold = '1GB'")  # one checkpoint, on closing
            yield file, con
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tests_of(part: Part, manifest: Path) -> dict[str, Mapping[str, Any]]:
    """Return the data tests by id that can run after this part and could not before it."""
    parts = part_of(manifest)
    return {
        name: node
        for name, node in manifest_nodes(manifest).items()
        if node["resource_type"] == "test"
        and (parents := node["depends_on"]["nodes"])
        and _last_part(parents, parts) is part
    }
