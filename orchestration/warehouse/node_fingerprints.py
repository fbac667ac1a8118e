"""What decides the rows of each table that dbt builds, as one hash a table.

A fingerprint is made of the node's own text, settings and columns, of the project's macros, of the
fingerprints of what it reads, and, only where it asks what day it is, of what the clock does. It is
computed without dbt.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.core import DBT_PROJECT, fingerprint_of

PYTHON_SOURCES = ("linkage", "statistics")
_AS_OF = re.compile(r"""\bvar\(\s*['"]as_of['"]""")
_BUILT = ("model", "seed")


class Project:
    """The nodes of a manifest.json that dbt builds, and its tests."""

    def __init__(self, manifest: Mapping[str, Any], folder: Path = DBT_PROJECT) -> None:
        self.manifest, self.folder = manifest, folder
        nodes = manifest["nodes"]
        self.tables = {name: node for name, node in nodes.items() if node["resource_type"] in _BUILT}
        tests = {name: node for name, node in nodes.items() if node["resource_type"] == "test"}
        # A test of a table that the project does not have reads nothing.
        self.tests = {name: test for name, test in tests.items() if test["depends_on"]["nodes"]}

    def parents(self, unique_id: str) -> list[str]:
        """The tables and sources that a node reads."""
        return list(self.manifest["nodes"][unique_id]["depends_on"].get("nodes", []))

    @cached_property
    def relations(self) -> dict[str, tuple[str, str]]:
        """Schema and name of each table."""
        return {name: (node["schema"], node["alias"]) for name, node in self.tables.items()}

    @cached_property
    def sources(self) -> set[tuple[str, str]]:
        return {(one["schema"], one["identifier"]) for one in self.manifest["sources"].values()}

    @cached_property
    def after_python(self) -> set[str]:
        """What stands, at any distance, on what linkage and statistics write."""
        sources = self.manifest["sources"].items()
        return self.with_descendants(name for name, one in sources if one["source_name"] in PYTHON_SOURCES)

    def with_descendants(self, names: Iterable[str]) -> set[str]:
        """These tables or sources, and the tables and tests that stand on them at any distance."""
        found = set(names)
        for name in self.order:
            if not found.isdisjoint(self.parents(name)):
                found.add(name)
        return found

    @cached_property
    def order(self) -> list[str]:
        """Tables after what they read, then tests."""
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

    def asks_the_day(self, unique_id: str) -> bool:
        """Whether its SQL, or a macro behind it, says `var('as_of')`."""
        macros = self.manifest["macros"]
        node = self.manifest["nodes"][unique_id]
        waiting, seen, texts = [*node["depends_on"].get("macros", [])], set(), [node.get("raw_code") or ""]
        while waiting:
            name = waiting.pop()
            if name not in seen and name in macros:
                seen.add(name)
                texts.append(macros[name]["macro_sql"])
                waiting += macros[name]["depends_on"]["macros"]
        return any(_AS_OF.search(text) for text in texts)

    @cached_property
    def code(self) -> str:
        """One hash of what every table is made with: own macros, the project's settings, the programs."""
        own = sorted(
            macro["macro_sql"]
            for macro in self.manifest["macros"].values()
            if macro["package_name"] == self.manifest["metadata"]["project_name"]
        )
        settings = (self.folder / "dbt_project.yml").read_text(encoding="utf-8")
        programs = [version(name) for name in ("dbt-core", "dbt-adapters", "dbt-duckdb", "duckdb")]
        return fingerprint_of(own, settings, programs)

    def fingerprints(
        self, wanted: Iterable[str], inputs: Mapping[str, str], clock: str, noted: Mapping[str, str]
    ) -> dict[str, str]:
        """The fingerprint that each of the `wanted` tables must have.

        `noted` gives those of tables of the other part, which stand as they are. A source that `inputs` does
        not know counts as changed. Raises KeyError for a table that is in neither.
        """
        asked = set(wanted)
        found: dict[str, str] = {}
        for name in self.order:
            if name in asked:
                found[name] = fingerprint_of(
                    self._own(name),
                    clock if self.asks_the_day(name) else None,
                    {
                        parent: self._source(parent, inputs)
                        if parent in self.manifest["sources"]
                        else found[parent]
                        if parent in asked
                        else noted[parent]
                        for parent in self.parents(name)
                    },
                )
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
        columns = [(column["name"], column["data_type"]) for column in source["columns"].values()]
        content = inputs.get(f"{source['source_name']}.{source['name']}") or uuid.uuid4().hex
        return [content, source["meta"], columns]
