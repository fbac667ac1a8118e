"""Read the published models with their keys and prose from dbt's manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.core import NjiaError
from orchestration.warehouse import manifest_nodes

# The schema whose tables hold the rows of both editions, with a column `edition`.
PUBLISHED = "published"
MEMBERS_SCHEMAS = ("marts", PUBLISHED, "quality", "meta")


@dataclass(frozen=True)
class PublishedTable:
    """A published table; `columns` maps each column to its prose, '' if it has none."""

    schema: str
    name: str
    description: str
    columns: dict[str, str]
    key: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


def key_of(manifest: Mapping[str, Any], table: str) -> list[str]:
    """Return the key of a table (`schema.name`) by the manifest of a release, without the edition."""
    return [column for column in manifest["tables"][table]["key"] if column != "edition"]


def read_published_models(
    manifest_path: Path, schemas: tuple[str, ...] = MEMBERS_SCHEMAS
) -> list[PublishedTable]:
    """Read the models of these schemas, sorted by name."""
    try:
        nodes = manifest_nodes(manifest_path)
    except (OSError, ValueError, KeyError):
        raise NjiaError(
            f"dbt's manifest {manifest_path} is missing or cannot be read. Run `njia refresh`: its dbt step "
            "writes it."
        ) from None
    tables = []
    for unique_id, node in nodes.items():
        config = node.get("config", {})
        is_stored = node["resource_type"] == "model" and config.get("materialized") != "ephemeral"
        if is_stored and node["schema"] in schemas:
            columns = {name: _one_line(column) for name, column in node.get("columns", {}).items()}
            tables.append(
                PublishedTable(
                    schema=node["schema"],
                    name=node.get("alias") or node["name"],
                    description=_one_line(node),
                    columns=columns,
                    key=_key(unique_id, node, nodes),
                )
            )
    return sorted(tables, key=lambda table: table.full_name)


def _one_line(node: Mapping[str, Any]) -> str:
    return " ".join((node.get("description") or "").split())


def _key(unique_id: str, node: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the declared key (`meta: key`, or a primary key constraint), else that of a uniqueness test."""
    meta = node.get("config", {}).get("meta") or node.get("meta") or {}
    if declared := meta.get("key"):
        return (declared,) if isinstance(declared, str) else tuple(declared)
    for constraint in node.get("constraints", []):
        if constraint.get("type") == "primary_key" and constraint.get("columns"):
            return tuple(constraint["columns"])
    for name, column in node.get("columns", {}).items():
        if any(one.get("type") == "primary_key" for one in column.get("constraints", [])):
            return (name,)
    for test in nodes.values():
        is_of_model = test["resource_type"] == "test" and test.get("attached_node") == unique_id
        if is_of_model and (found := _key_of_test(test.get("test_metadata") or {})):
            return found
    return tuple(node.get("primary_key") or ())


def _key_of_test(test: dict[str, Any]) -> tuple[str, ...]:
    arguments = test.get("kwargs", {})
    if "unique" not in test.get("name", ""):
        return ()
    for argument in ("columns", "key", "combination_of_columns"):
        if isinstance(arguments.get(argument), list):
            return tuple(arguments[argument])
    column = arguments.get("column_name")
    return (column,) if isinstance(column, str) else ()
