"""Tables of the dbt project without dbt: DuckDB runs the SQL that dbt has compiled, in this process.

Compiling takes seconds and is done once for a version of the project; building a small world takes one or two.
Contracts of columns and dbt's own way of building are not tested by it: the sample world, the tests of dbt in
`tests/unit/warehouse` and `make check` run dbt itself.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import duckdb
import pytest

from orchestration.core import DBT_PROJECT, open_duckdb, read_json
from orchestration.warehouse import Part, dbt_commands, parts
from orchestration.warehouse.manifest import PACKED, read_manifest
from orchestration.warehouse.node_fingerprints import Project
from orchestration.warehouse.table_tests import TableTest
from tests.worlds import world

# dbt's own, before `instead_of_dbt` replaces them.
_unpacked, _built_by_dbt = dbt_commands.unpacked, dbt_commands.build_nodes


class Compiled(NamedTuple):
    """A project with the query of each model by id, and a database that holds its seeds."""

    project: Project
    queries: Mapping[str, str]
    seeds: Path


@contextmanager
def instead_of_dbt(
    with_data_tests: bool = True, changed: Mapping[str, tuple[str, str]] | None = None
) -> Iterator[None]:
    """Inside, `warehouse.build` runs compiled SQL. Without data tests each of them counts as passed.

    `changed` breaks models: their file, a text of the compiled SQL and what to put in its place.
    """

    def build_nodes(
        manifest: Path, project: Path, warehouse: Path, selection: Sequence[str], *_: Any
    ) -> list[Any]:
        # `warehouse.build` has dropped what is stale: what is missing is built.
        part = Part.BEFORE_PYTHON if "--exclude" in selection else Part.AFTER_PYTHON
        return _build(_with(compiled(manifest, project), changed or {}), part, warehouse)

    def passed(count: Any, tests: Mapping[str, Any], tables: Collection[str], *_: Any) -> Iterator[TableTest]:
        for unique_id, test in tests.items():
            is_built = all(parent in tables for parent in test["depends_on"]["nodes"])
            yield TableTest(unique_id, "pass" if is_built else "skipped", 0, 0.0, None, False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_commands, "unpacked", lambda packed: packed.with_name("manifest.json"))
        patch.setattr(dbt_commands, "build_nodes", build_nodes)
        if not with_data_tests:
            patch.setattr(parts, "run_tests", passed)
        yield


@cache
def compiled(manifest: Path, folder: Path) -> Compiled:
    name = "compiled-project" if folder == DBT_PROJECT else f"compiled-{folder.parent.name}"
    made = world(name, lambda made: _compile(manifest, folder, made))
    return Compiled(
        Project(read_manifest(manifest), folder), read_json(made / "queries.json"), made / "seeds.duckdb"
    )


def _compile(manifest: Path, folder: Path, made: Path) -> None:
    from tests.fixtures.small_dbt_project import run_dbt

    # dbt writes the database file's name into every relation.
    scratch = made / "scratch"
    scratch.mkdir()
    warehouse, parsed = scratch / "warehouse.duckdb", _unpacked(manifest.with_name(PACKED))
    done = run_dbt(
        "compile", folder, warehouse, "--no-populate-cache", "--no-write-json", "--vars", "{work: none}",
        "--target-path", str(scratch), "--log-path", str(scratch), manifest=parsed,
    )  # fmt: skip
    assert done.success, done.exception or [one.message for one in done.result if one.status == "error"]
    models = (node for node in parsed.nodes.values() if str(node.resource_type) == "model")
    queries = {node.unique_id: node.compiled_code for node in models}
    (made / "queries.json").write_text(json.dumps(queries), encoding="utf-8")
    seeds = _unpacked(manifest.with_name(PACKED))
    results = _built_by_dbt(seeds, folder, warehouse, ["--resource-type", "seed"], {}, 1)
    assert results and all(one.status == "success" for one in results), [one.message for one in results]
    warehouse.rename(made / "seeds.duckdb")


def _with(compiled: Compiled, changed: Mapping[str, tuple[str, str]]) -> Compiled:
    queries = dict(compiled.queries)
    for file, (text, instead) in changed.items():
        (name,) = (
            name for name, node in compiled.project.tables.items() if node["original_file_path"] == file
        )
        assert text in queries[name], f"the compiled SQL of {file} does not hold the text to change"
        queries[name] = queries[name].replace(text, instead)
    return compiled._replace(queries=queries)


def _build(compiled: Compiled, part: Part, warehouse: Path) -> list[Any]:
    """Build the tables of a part that the warehouse lacks; what reads a broken one is skipped, as dbt does."""
    project, results, broken = compiled.project, list[Any](), set[str]()
    with open_duckdb(warehouse, warehouse.with_name("spill"), writes=True) as con:
        con.execute(f"attach '{compiled.seeds}' as seeds (read_only)")
        standing = set(
            con.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'warehouse' "
                "union all select schema_name, view_name from duckdb_views() where database_name = 'warehouse'"
            ).fetchall()
        )
        missing = [
            name for name in project.order
            if name in project.tables and part.holds(project, name) and project.relations[name] not in standing
        ]  # fmt: skip
        for statement in _prepared(project, missing, warehouse.parent):
            con.execute(statement)
        for name in missing:
            node, (schema, alias) = project.tables[name], project.relations[name]
            status, message = "success", ""
            if broken & set(project.parents(name)):
                status = "skipped"
            else:
                kind = "view" if node["config"]["materialized"] == "view" else "table"
                query = compiled.queries.get(name, f'select * from seeds."{schema}"."{alias}"')
                try:
                    con.execute(f'create {kind} "{schema}"."{alias}" as {query}')
                except duckdb.Error as error:
                    status, message = "error", str(error)
            if status != "success":
                broken.add(name)
            results.append(
                SimpleNamespace(
                    node=SimpleNamespace(unique_id=name, resource_type=node["resource_type"], name=node["name"]),
                    status=status, message=message, execution_time=0.0,
                )
            )  # fmt: skip
        con.execute("detach seeds")
    return results


def _prepared(project: Project, tables: Collection[str], work: Path) -> Iterator[str]:
    """Schemas, and the views over Parquet that the macro `register_sources` makes."""
    read = {parent for name in tables for parent in project.parents(name)}
    sources = [source for name, source in project.manifest["sources"].items() if name in read]
    for schema in {project.relations[name][0] for name in tables} | {source["schema"] for source in sources}:
        yield f'create schema if not exists "{schema}"'
    models = {node["name"]: node for node in project.tables.values()}
    for source in sources:
        has_files = any(work.glob(source["meta"]["files"]))
        columns = ", ".join(
            f"cast({column['name'] if has_files else 'null'} as {column['data_type']}) as {column['name']}"
            for column in models.get(source["meta"].get("columns_of"), source)["columns"].values()
        )
        rows = (
            f"from read_parquet('{work / source['meta']['files']}', union_by_name = true)"
            if has_files
            else "where false"
        )
        yield f'create or replace view "{source["schema"]}"."{source["identifier"]}" as select {columns} {rows}'
