"""Fingerprints of dbt tables: one hash of everything that decides a table's rows.

It covers the node's text, settings and columns, the project's macros and the fingerprints of its parents.
Computing it needs no dbt.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.core import DBT_PROJECT, fingerprint_of
from orchestration.warehouse.engines import versions

PYTHON_SOURCES = ("linkage", "statistics")
_BUILT = ("model", "seed")


class Project:
    """The tables and tests of a manifest.json."""

    def __init__(self, manifest: Mapping[str, Any], folder: Path = DBT_PROJECT) -> None:
        self.manifest, self.folder = manifest, folder
        nodes = manifest["nodes"]
        self.tables = {name: node for name, node in nodes.items() if node["resource_type"] in _BUILT}
        tests = {name: node for name, node in nodes.items() if node["resource_type"] == "test"}
        # A test without parents belongs to a table that this project lacks.
        self.tests = {name: test for name, test in tests.items() if test["depends_on"]["nodes"]}

    def parents(self, unique_id: str) -> list[str]:
        """Return the tables and sources that a node reads."""
        return list(self.manifest["nodes"][unique_id]["depends_on"].get("nodes", []))

    @cached_property
    def relations(self) -> dict[str, tuple[str, str]]:
        """Schema and name of each table."""
        return {name: (node["schema"], node["alias"]) for name, node in self.tables.items()}

    @cached_property
    def sources(self) -> set[tuple[str, str]]:
        return {(source["schema"], source["identifier"]) for source in self.manifest["sources"].values()}

    @cached_property
    def files(self) -> dict[str, str]:
        """Files of each source (`typed.records`), as a pattern within `work/`."""
        sources = self.manifest["sources"].values()
        return {f"{source['source_name']}.{source['name']}": source["meta"]["files"] for source in sources}

    @cached_property
    def after_python(self) -> set[str]:
        """All descendants of the sources that linkage and statistics write."""
        sources = self.manifest["sources"].items()
        return self.with_descendants(
            name for name, source in sources if source["source_name"] in PYTHON_SOURCES
        )

    def with_descendants(self, names: Iterable[str]) -> set[str]:
        """Return these tables or sources with all tables and tests that descend from them."""
        found = set(names)
        for name in self.order:
            if not found.isdisjoint(self.parents(name)):
                found.add(name)
        return found

    @cached_property
    def order(self) -> list[str]:
        """Tables, parents first, then tests."""
        order: dict[str, None] = {}

        def visit(name: str) -> None:
            if name not in order:
                for parent in self.parents(name):
                    if parent in self.tables:
                        visit(parent)
                order[name] = None

        for name in (*self.tables, *self.tests):
            visit(name)
        return list(order)

    @cached_property
    def code(self) -> str:
        """Hash of what every table depends on: own macros, the project's settings, the programs."""
        own = sorted(
            macro["macro_sql"]
            for macro in self.manifest["macros"].values()
            if macro["package_name"] == self.manifest["metadata"]["project_name"]
        )
        settings = (self.folder / "dbt_project.yml").read_text(encoding="utf-8")
        engine = self.manifest["metadata"]["adapter_type"]
        programs = [version("dbt-core"), version("dbt-adapters"), *versions(engine)]
        return fingerprint_of(own, settings, programs)

    def fingerprints(
        self, wanted: Iterable[str], inputs: Mapping[str, str], noted: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the fingerprint that each of the `wanted` tables must have.

        `noted`: fingerprints of the other part's tables. A source without an entry in `inputs` counts as
        changed. Raises KeyError for a parent in neither.
        """
        wanted, found = set(wanted), dict[str, str]()
        for name in self.order:
            if name in wanted:
                parents = {
                    parent: self._source(parent, inputs)
                    if parent in self.manifest["sources"]
                    else (found if parent in wanted else noted)[parent]
                    for parent in self.parents(name)
                }
                found[name] = fingerprint_of(self._own(name), parents)
        return found

    def _own(self, unique_id: str) -> list[Any]:
        node = self.tables[unique_id]
        columns = [
            (column["name"], column["data_type"], column["constraints"])
            for column in node["columns"].values()
        ]
        return [self.code, node["checksum"], node["config"], self.relations[unique_id], columns]

    def _source(self, unique_id: str, inputs: Mapping[str, str]) -> list[Any]:
        source = self.manifest["sources"][unique_id]
        # Carried rows take their columns from the model that publishes them (`columns_of`).
        models = (node for node in self.tables.values() if node["name"] == source["meta"].get("columns_of"))
        declared = next(models, source)["columns"].values()
        columns = [(column["name"], column["data_type"]) for column in declared]
        content = inputs.get(f"{source['source_name']}.{source['name']}") or uuid.uuid4().hex
        return [content, source["meta"], columns]
