"""The exported tables as a Frictionless data package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.core import sha256_of
from orchestration.outputs.exports.about import KEYWORDS, About, DataLicence
from orchestration.outputs.exports.tables import SERIES, WHOLE_NUMBERS, Table

DATA_PACKAGE = "datapackage.json"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_TYPES = {"VARCHAR": "string", "BOOLEAN": "boolean", "DATE": "date", "DOUBLE": "number"} | dict.fromkeys(
    WHOLE_NUMBERS, "integer"
)
_MEDIA_TYPES = {
    "geojson": "application/geo+json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Table and column that a column refers to.
_REFERENCES = dict.fromkeys(("period_id", "earlier_period_id"), ("periods", "period_id")) | dict.fromkeys(
    ("place_id", "start_place_id", "via_place_id", "end_place_id"), ("areas", "place_id")
)
# Only the row of HXL tags begins with #.
_DIALECT = {"delimiter": ",", "lineTerminator": "\n", "commentChar": "#"}


def write_data_package(
    folder: Path, about: About, tables: Mapping[str, Table], others: Mapping[str, Path]
) -> Path:
    """`tables`: those written as CSV, by file name. `others`: further files by name, which are no tables."""
    content = {
        "$schema": PROFILE,
        "profile": "data-package",
        "name": about.name,
        "title": about.title,
        "description": about.described,
        "version": about.release_id,
        "created": about.as_of.isoformat(),
        "keywords": KEYWORDS,
        "licenses": [_licence(about.licence)],
        "resources": [
            *(_table(folder / about.file_name(name, "csv"), tables[name], tables) for name in tables),
            *(_file(name, path) for name, path in others.items()),
        ],
    }
    path = folder / DATA_PACKAGE
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _licence(licence: DataLicence) -> dict[str, str]:
    """Return the licence; `notspecified` is the name of Open Definition for an undecided one."""
    if not licence.is_decided:
        return {"name": "notspecified", "title": licence.statement}
    name, title, path = licence.spdx, licence.title, licence.address
    return {"name": name, "title": title, "path": path, "description": licence.statement}


def _table(path: Path, table: Table, tables: Mapping[str, Table]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(table, at) for at in range(len(table.columns))],
        "missingValues": [""],
        "primaryKey": table.key,
    }
    if found := _references(table, tables):
        schema["foreignKeys"] = found
    return _sized(
        path,
        {
            "name": table.file_stem,
            "type": "table",
            "profile": "tabular-data-resource",
            "path": path.name,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "description": table.description,
            "dialect": _DIALECT,
            "schema": schema,
        },
    )


def _field(table: Table, at: int) -> dict[str, Any]:
    column = table.columns[at]
    field: dict[str, Any] = {
        "name": column.name,
        "type": _TYPES.get(column.data_type, "any"),
        "description": column.description,
        "hxl": column.hxl,
        "may_be_summed": column.may_be_summed,
    }
    constraints: dict[str, Any] = {"enum": list(column.listed)} if column.listed else {}
    # A column of a key may be null: in the numbers of others.
    if column.is_key and None not in table.values(column.name):
        constraints["required"] = True
    return field | ({"constraints": constraints} if constraints else {})


def _references(table: Table, tables: Mapping[str, Table]) -> list[dict[str, Any]]:
    """Return the foreign keys to periods and areas, as far as each id is one of them."""
    found = []
    for column in table.columns:
        name, key = _REFERENCES.get(column.name, ("", ""))
        target = tables.get(f"series_{name}" if table.schema == SERIES and name == "periods" else name)
        if target and target is not table and table.values(column.name) - {None} <= target.values(key):
            reference = {"resource": target.file_stem, "fields": [key]}
            found.append({"fields": [column.name], "reference": reference})
    return found


def _file(name: str, path: Path) -> dict[str, Any]:
    kind = path.suffix.removeprefix(".")
    return _sized(
        path,
        {"name": f"{name}-{kind}", "path": path.name, "format": kind, "mediatype": _MEDIA_TYPES[kind]},
    )


def _sized(path: Path, resource: dict[str, Any]) -> dict[str, Any]:
    return resource | {"bytes": path.stat().st_size, "hash": f"sha256:{sha256_of(path)}"}
