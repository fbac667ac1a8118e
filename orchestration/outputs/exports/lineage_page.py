"""`lineage.html`: dbt's documentation site as one file that shows what each table is made from.

`dbt docs generate` would be another call and would write paths, user and time of the machine. Here an allow
list of fields from the manifest fills the page, so the same project and release give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from orchestration import linkage, statistics

_MANIFEST_SLOT, _CATALOG_SLOT = '"MANIFEST.JSON INLINE DATA"', '"CATALOG.JSON INLINE DATA"'
_SHOWN = ("model", "seed")
# Tables that the Python steps read: for dbt their results are sources, and its graph would stop there.
_STEPS = {"linkage": linkage.TABLES, "statistics": statistics.AGGREGATES}
_OF_NODE = (
    "unique_id", "resource_type", "name", "alias", "schema", "package_name", "path", "fqn", "description",
    "tags", "group", "access", "docs", "language", "raw_code", "source_name", "source_description",
    "identifier", "loader", "label", "type", "owner", "maturity",
)  # fmt: skip
_OF_COLUMN = ("name", "description", "data_type", "tags")
_METADATA = {
    "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
    "generated_at": "",
    "invocation_id": "",
    "project_name": "njia",
    "user_id": None,
    "send_anonymous_usage_stats": False,  # else the page would call home
    "adapter_type": "duckdb",
}
_OVERVIEW = """\
# What the tables are made from

Every table of this release, with its SQL and its place between partners' extracts and what is published.
The round button at the lower right opens the graph; `published_…` is what readers see, `fct_…` and `mart_…`
the evidence base. The page shows the program and no record.
"""
_OVERVIEW_ID = "doc.njia.__overview__"
_OVERVIEW_DOC = {
    "unique_id": _OVERVIEW_ID,
    "resource_type": "doc",
    "name": "__overview__",
    "package_name": "njia",
    "path": "overview.md",
    "original_file_path": "overview.md",
    "block_contents": _OVERVIEW,
}
# dbt's page could load from the network; this policy forbids it.
_CHARSET = '<meta charset="utf-8">'
_CLOSED = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)
_TITLE = "<title>dbt Docs</title>"
# An unfilled template address, which browsers would request.
_NO_ICON = """<link rel="shortcut icon" href="${require('./assets/favicons/favicon.ico')}"/>"""
# Lets AngularJS set the attribute: browsers would read the template text first.
_ADDRESS, _ADDRESS_LATER = ' xlink:href="{{', ' ng-attr-xlink:href="{{'
_NOT_SHOWN = (
    "macros", "metrics", "semantic_models", "saved_queries", "unit_tests", "selectors", "disabled",
)  # fmt: skip


def lineage_page(dbt_manifest: Path, release_id: str) -> str:
    """Return the page. `dbt_manifest`: written when dbt parsed the project for the release."""
    manifest = json.loads(dbt_manifest.read_text(encoding="utf-8"))
    page = files("dbt.task.docs").joinpath("index.html").read_text(encoding="utf-8")
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in _SHOWN}
    models = {node["name"]: node for node in nodes.values()}
    for key, source in manifest["sources"].items():
        nodes[key] = source | {"columns": models.get(source["meta"].get("columns_of"), source)["columns"]}
    nodes |= manifest["exposures"]
    parents = _parents(nodes)
    shown = {key: _node(nodes[key], parents[key]) for key in sorted(nodes)}
    page = page.replace(_CHARSET, _CHARSET + _CLOSED, 1)
    page = page.replace(
        _TITLE, f"<title>Njia: what the tables of release {release_id} are made from</title>", 1
    )
    page = page.replace(_NO_ICON, "").replace(_ADDRESS, _ADDRESS_LATER)
    page = page.replace(_MANIFEST_SLOT, _inline(_manifest(shown, parents, manifest["groups"])))
    return page.replace(_CATALOG_SLOT, _inline(_catalog(shown)))


def _parents(nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    by_table = {f"{node['schema']}.{node['name']}": key for key, node in nodes.items() if "schema" in node}
    found = {}
    for key, node in nodes.items():
        read = [by_table[table] for table in _STEPS.get(node.get("source_name", ""), ()) if table in by_table]
        found[key] = sorted({*read, *node.get("depends_on", {}).get("nodes", [])} & nodes.keys())
    return found


def _node(node: Mapping[str, Any], parents: list[str]) -> dict[str, Any]:
    found = {name: node[name] for name in _OF_NODE if name in node}
    columns = {
        name: {one: column[one] for one in _OF_COLUMN if one in column}
        for name, column in node.get("columns", {}).items()
    }
    config = node.get("config", {})
    contract = {"enforced": bool(config.get("contract", {}).get("enforced"))}
    return found | {
        "original_file_path": node["original_file_path"].removeprefix("../"),
        "columns": columns,
        "depends_on": {"nodes": parents, "macros": []},
        "config": {"materialized": config.get("materialized"), "contract": contract, "meta": {}},
        "meta": {},
        "refs": [],
        "sources": [],
        "database": "",
    }


def _manifest(
    shown: Mapping[str, dict[str, Any]], parents: Mapping[str, list[str]], groups: Mapping[str, Any]
) -> dict[str, Any]:
    def of(*kinds: str) -> dict[str, dict[str, Any]]:
        return {key: node for key, node in shown.items() if node["resource_type"] in kinds}

    children: dict[str, list[str]] = {key: [] for key in shown}
    for key in shown:
        for parent in parents[key]:
            children[parent].append(key)
    return {
        "metadata": _METADATA,
        "nodes": of(*_SHOWN),
        "sources": of("source"),
        "exposures": of("exposure"),
        "groups": dict(sorted(groups.items())),
        "docs": {_OVERVIEW_ID: _OVERVIEW_DOC},
        **{name: {} for name in _NOT_SHOWN},
        "parent_map": dict(sorted(parents.items())),
        "child_map": children,
    }


def _catalog(shown: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return column types as the models declare them; dbt would ask the warehouse."""
    tables = {
        key: {
            "unique_id": key,
            "metadata": {"type": "", "schema": node["schema"], "name": node["name"], "database": ""},
            "columns": {
                name: {"name": name, "type": column.get("data_type") or "", "index": number}
                for number, (name, column) in enumerate(node["columns"].items(), start=1)
            },
            "stats": {},
        }
        for key, node in shown.items()
        if "schema" in node
    }
    return {
        "metadata": _METADATA,
        "nodes": {key: table for key, table in tables.items() if not key.startswith("source.")},
        "sources": {key: table for key, table in tables.items() if key.startswith("source.")},
        "errors": None,
    }


def _inline(content: Mapping[str, Any]) -> str:
    """Return JSON for a script element, in which a `</script>` of the SQL does not end it."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
