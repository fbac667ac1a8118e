"""Models of the last build, made anew in memory from a few of its records and other inputs.

The SQL is dbt's own, as the build compiled it, so no rule is written twice. dbt wrote the name of the work
file into every relation: the tables in memory stand in a catalog of that name, the file is read beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from orchestration.core import Settings, attach, quoted, sql_text
from orchestration.warehouse.engines import DUCKDB
from orchestration.warehouse.parsed_project import MANIFEST, read_manifest

if TYPE_CHECKING:
    import duckdb

LAST = "last"  # the catalog of the work file
_MEMORY = "memory"


def is_rebuildable(settings: Settings) -> bool:
    """Return whether the last build left its tables, and their SQL for DuckDB."""
    path = settings.work / "dbt" / MANIFEST
    if settings.engine != DUCKDB or not (settings.warehouse.is_file() and path.is_file()):
        return False
    nodes = read_manifest(path)["nodes"].values()
    return any(node["resource_type"] == "model" and node.get("compiled_code") for node in nodes)


class Rebuild:
    """Tables in memory beside those of the last build, on one connection (`con`)."""

    def __init__(self, settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
        self.con, self._settings = con, settings
        manifest = read_manifest(settings.work / "dbt" / MANIFEST)
        self._models = {node["name"]: node for node in manifest["nodes"].values()}
        self._sources = {f"{one['source_name']}.{one['name']}": one for one in manifest["sources"].values()}
        self._catalog = settings.warehouse.stem
        attach(con, settings.warehouse, LAST)
        self.begin()

    def begin(self) -> None:
        """Begin anew, without any table in memory but temporary ones."""
        self.con.execute(f"use {_MEMORY}")
        self.con.execute(f"detach database if exists {self._catalog}")
        self.con.execute(f"attach ':memory:' as {self._catalog}")
        relations = (*self._models.values(), *self._sources.values())
        schemas = sorted({one["schema"] for one in relations if one["resource_type"] != "test"} - {"main"})
        for schema in schemas:
            self.con.execute(f"create schema {quoted(self._catalog, schema)}")
        path = ",".join(f"{self._catalog}.{schema}" for schema in ("main", *schemas))
        self.con.execute(f"set search_path = {sql_text(path)}")

    def columns(self, source: str) -> dict[str, str]:
        """Return the declared columns of a source (`typed.records`) and their types."""
        return {one["name"]: one["data_type"] for one in self._sources[source]["columns"].values()}

    def read(self, source: str, extracts: Iterable[tuple[str, str]] | None = None) -> str:
        """Return SQL for the rows of a source, or of these extracts of it, its columns as declared.

        Each is partner and extract id; typing names a file by the id, and by both where two partners sent it.
        """
        found = sorted(self._settings.work.glob(self._sources[source]["meta"]["files"]))
        if extracts is not None:
            stems = {stem for partner, one in extracts for stem in (one, f"{one}-{partner}")}
            found = [path for path in found if path.stem in stems]
        value = "cast({0} as {1}) as {0}" if found else "cast(null as {1}) as {0}"
        listed = ", ".join(value.format(name, kind) for name, kind in self.columns(source).items())
        if not found:
            return f"select {listed} where false"
        return f"select {listed} from read_parquet([{', '.join(map(sql_text, found))}], union_by_name = true)"

    def source(self, source: str, rows: str, kind: str = "table") -> None:
        """Make a source from SQL with its columns."""
        schema, name = source.split(".")
        self._execute(f"create {kind} {quoted(self._catalog, schema, name)} as {rows}")

    def take(self, *models: str, rows: str = "select * from {table}") -> None:
        """Let models or seeds stand as the last build made them; `rows`: SQL of what of `table`."""
        for name in models:
            relation = self._relation(name)
            self._execute(
                f"create view {quoted(self._catalog, *relation)} as {rows.format(table=self.last(name))}"
            )

    def last(self, model: str) -> str:
        """Return the name of a model's table in the last build."""
        return quoted(LAST, *self._relation(model))

    def put(self, model: str, rows: str) -> None:
        """Let a model stand as SQL gives it."""
        self._execute(f"create table {quoted(self._catalog, *self._relation(model))} as {rows}")

    def make(self, *models: str) -> None:
        """Make models from what stands, parents first; a view too becomes a table."""
        for name in models:
            relation = quoted(self._catalog, *self._relation(name))
            self._execute(f"create table {relation} as {self._models[name]['compiled_code']}")

    def add_last(self, model: str, rows: str) -> None:
        """Add rows of the last build to a model that was made; `rows`: SQL of what of `table`."""
        relation = quoted(self._catalog, *self._relation(model))
        self._execute(f"insert into {relation} by name {rows.format(table=self.last(model))}")

    def _relation(self, model: str) -> tuple[str, str]:
        node: Mapping[str, Any] = self._models[model]
        return node["schema"], node["alias"]

    def _execute(self, statement: str) -> None:
        self.con.execute(statement)
