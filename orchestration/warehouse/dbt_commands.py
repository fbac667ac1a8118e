"""Run dbt in this process: parse the project, build nodes. No other module of this room imports dbt.

Messages of dbt may quote a cell (a cast error does), so all its messages and logs are off.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from orchestration.core import NjiaError
from orchestration.warehouse.engines import DUCKDB

WAREHOUSE = "warehouse.duckdb"
QUIET = ("--quiet", "--no-use-colors", "--log-level", "none", "--log-level-file", "none")
# Macros that dbt calls by name in Python, besides materializations.
_CALLED_BY_DBT = ("create_schema", "drop_relation", "list_relations_without_caching", "list_schemas")


class Parsed(NamedTuple):
    """The manifest as JSON, with the queries of tests (`compiled_code`); packed, what a build reads of it."""

    text: str
    packed: bytes


def parse(project: Path, scratch: Path, engine: str = DUCKDB) -> Parsed:
    """Parse the project in `project`; `scratch` takes dbt's files."""
    from dbt.cli.main import dbtRunner
    from dbt.parser.manifest import extended_mashumaro_encoder

    folders = _folders(project, scratch)
    # dbt writes the database file's name into every relation.
    with _environment({"NJIA_WAREHOUSE": str(scratch / WAREHOUSE), "NJIA_ENGINE": engine}):
        parsed = dbtRunner().invoke(["parse", *folders, "--no-partial-parse", *QUIET])
        _stop_unless_parsed(parsed)
        tests = ("--select", "resource_type:test", "--no-populate-cache", "--no-write-json")
        with _silenced():
            compiled = dbtRunner(manifest=parsed.result).invoke(["compile", *folders, *tests, *QUIET])
        _stop_unless_parsed(compiled)
    written = json.loads((scratch / "manifest.json").read_text(encoding="utf-8"))
    for unique_id, node in parsed.result.nodes.items():
        if node.resource_type == "test":
            written["nodes"][unique_id]["compiled_code"] = node.compiled_code
    return Parsed(json.dumps(written), _of_tables(parsed.result).to_msgpack(extended_mashumaro_encoder))


def _of_tables(manifest: Any) -> Any:
    """Drop what builds no table: dbt reads and links all that a manifest holds, at the start of each build.

    Data tests run as queries afterwards (`table_tests`). Of the macros, four of five are for what this
    project does not do, and dbt lists all of them anew for each node.
    """
    for dropped in (manifest.unit_tests, manifest.exposures, manifest.docs, manifest.files):
        dropped.clear()
    for unique_id in [name for name, node in manifest.nodes.items() if node.resource_type == "test"]:
        del manifest.nodes[unique_id]
    needed = _needed_macros(manifest)
    for unique_id in [name for name in manifest.macros if name not in needed]:
        del manifest.macros[unique_id]
    manifest.build_flat_graph()
    return manifest


def _needed_macros(manifest: Any) -> set[str]:
    """Return the ids of the project's own macros, of those that dbt calls, and of all that these call."""
    own, nodes = manifest.metadata.project_name, manifest.nodes.values()
    kinds = {str(node.config.materialized) for node in nodes}
    called = [
        *(manifest.find_macro_by_name(name, own, None) for name in _CALLED_BY_DBT),
        *(
            manifest.find_materialization_macro_by_name(own, kind, manifest.metadata.adapter_type)
            for kind in kinds
        ),
    ]
    waiting = [macro.unique_id for macro in called if macro]
    waiting += [name for name, macro in manifest.macros.items() if macro.package_name == own]
    waiting += [name for node in nodes for name in node.depends_on.macros]
    needed = set[str]()
    while waiting:
        name = waiting.pop()
        if name not in needed and name in manifest.macros:
            needed.add(name)
            waiting += manifest.macros[name].depends_on.macros
    return needed


def unpacked(packed: Path) -> Any:
    """Return dbt's Manifest. Use it for one build: a build marks its nodes as compiled."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    return Manifest.from_msgpack(packed.read_bytes(), decoder=extended_mashumuro_decoder)


def build_nodes(
    manifest: Any,
    project: Path,
    warehouse: Path,
    selection: Sequence[str],
    variables: Mapping[str, Any],
    threads: int,
) -> list[Any]:
    """Build models and seeds in the file `warehouse`, or by the engine it belongs to; return dbt's results.

    `selection`: arguments of dbt's command line; `variables`: those of the engine;
    `threads`: number for DuckDB.
    Raises NjiaError where dbt cannot start.
    """
    from dbt.cli.main import dbtRunner

    work = warehouse.parent
    # Cleared at the start, not the end: after Ctrl-C dbt's threads may still write for a moment.
    target = work / "dbt" / "target"
    shutil.rmtree(target, ignore_errors=True)
    environment = {
        "NJIA_WAREHOUSE": str(warehouse),
        "NJIA_SQL_THREADS": str(threads),
        "NJIA_ENGINE": manifest.metadata.adapter_type,
    }
    with _environment(environment), _silenced():
        result = dbtRunner(manifest=manifest).invoke(
            [
                *("build", *selection),
                *_folders(project, target),
                *("--vars", json.dumps({"work": str(work), **variables})),
                "--no-write-json",
                *(() if manifest.metadata.adapter_type == DUCKDB else ("--no-populate-cache",)),
                *QUIET,
            ]
        )
    if result.result is None:
        raise NjiaError(
            f"dbt could not start ({type(result.exception).__name__}). `make check` parses the project."
        ) from result.exception
    return list(result.result.results)


def _stop_unless_parsed(result: Any) -> None:
    if not result.success:
        raise NjiaError(
            f"The dbt project does not parse ({result.exception}). Run `make check` to see it alone."
        ) from result.exception


def _folders(project: Path, target: Path) -> list[str]:
    options = [
        "--project-dir",
        project,
        "--profiles-dir",
        project,
        "--target-path",
        target,
        "--log-path",
        target,
    ]
    return [str(option) for option in options]


@contextmanager
def _silenced() -> Iterator[None]:
    """Drop dbt's messages: dozens a node, for logs that are never written."""
    from dbt_common.events.event_manager import EventManager
    from dbt_common.events.event_manager_client import ctx_set_event_manager, get_event_manager

    class Silence(EventManager):
        def fire_event(self, *_: Any, **__: Any) -> None:
            pass

    before = get_event_manager()
    ctx_set_event_manager(Silence())
    try:
        yield
    finally:
        ctx_set_event_manager(before)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, which dbt's profile reads, and restore them afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
