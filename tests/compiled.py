"""Tables of the dbt project without dbt: DuckDB runs the SQL that dbt has compiled, in this process.

Compiling takes seconds and is done once for a version of the project; building a small world takes one or two.
Contracts of columns and dbt's own way of building are not tested by it: the sample world, the tests of dbt in
`tests/unit/warehouse` and `make check` run dbt itself.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import duckdb
import pytest

from orchestration.core import Settings, open_duckdb, read_json
from orchestration.warehouse import Part, builds, part_of
from orchestration.warehouse.parsed_project import read_manifest
from orchestration.warehouse.table_tests import TableTest, run_tests
from tests.worlds import world


class Project:
    """The tables of a manifest, parents first, and the part of the build that each belongs to."""

    def __init__(self, manifest: Path) -> None:
        self.manifest, self.parts = read_manifest(manifest), part_of(manifest)
        nodes = self.manifest["nodes"]
        self.tables = {name: nodes[name] for name in self.parts}
        # A test without parents belongs to a seed that the small project lacks.
        self.tests = {
            name: node
            for name, node in nodes.items()
            if node["resource_type"] == "test" and self.parents(name)
        }

    def parents(self, name: str) -> list[str]:
        return list(self.manifest["nodes"][name]["depends_on"].get("nodes", []))

    def relation(self, name: str) -> tuple[str, str]:
        return self.tables[name]["schema"], self.tables[name]["alias"]

    def of(self, part: Part) -> list[str]:
        return [name for name in self.tables if self.parts[name] is part]


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

    def build_nodes(settings: Settings, manifest: Path, file: Path, part: Part, _: object) -> list[Any]:
        return _build(_with(compiled(manifest), changed or {}), part, settings, file)

    def passed(_: object, tests: Mapping[str, Any], broken: Collection[str]) -> Iterator[TableTest]:
        for name, test in tests.items():
            is_broken = not set(test["depends_on"]["nodes"]).isdisjoint(broken)
            yield TableTest(name, "skipped" if is_broken else "pass", 0, 0.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builds, "build_nodes", build_nodes)
        patch.setattr(builds, "run_tests", run_tests if with_data_tests else passed)
        yield


@cache
def compiled(manifest: Path) -> Compiled:
    name = "compiled-project" if "target" in manifest.parts else f"compiled-{manifest.parent.name}"
    made = world(name, lambda made: _compile(manifest, made))
    return Compiled(Project(manifest), read_json(made / "queries.json"), made / "seeds.duckdb")


def _compile(manifest: Path, made: Path) -> None:
    from tests.fixtures.small_dbt_project import run_dbt

    warehouse = made / "scratch" / "warehouse.duckdb"  # dbt writes the file's name into every relation
    warehouse.parent.mkdir()
    run_dbt("compile", manifest, warehouse, "--no-populate-cache")
    nodes = read_json(warehouse.with_name("manifest.json"))["nodes"].values()
    queries = {node["unique_id"]: node["compiled_code"] for node in nodes if node["resource_type"] == "model"}
    (made / "queries.json").write_text(json.dumps(queries), encoding="utf-8")
    run_dbt("seed", manifest, warehouse)
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


def _build(compiled: Compiled, part: Part, settings: Settings, file: Path) -> list[Any]:
    """Build the tables of a part; what reads a broken one is skipped, as dbt does."""
    project, results, broken = compiled.project, list[Any](), set[str]()
    tables = project.of(part)
    with open_duckdb(file, settings.spill, writes=True) as con:
        con.execute(f"attach '{compiled.seeds}' as seeds (read_only)")
        for statement in _prepared(project, tables, settings.work):
            con.execute(statement)
        for name in tables:
            node, (schema, alias) = project.tables[name], project.relation(name)
            status, message = "success", ""
            if broken & set(project.parents(name)):
                status = "skipped"
            else:
                kind = "view" if node["config"]["materialized"] == "view" else "table"
                query = compiled.queries.get(name, f'select * from seeds."{schema}"."{alias}"')
                try:
                    con.execute(f'create or replace {kind} "{schema}"."{alias}" as {query}')
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
    for schema in {project.relation(name)[0] for name in tables} | {source["schema"] for source in sources}:
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
