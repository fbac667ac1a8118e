"""`datapackage.json`: what each exported table holds, for programs that read Frictionless data packages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.outputs.exports.about import KEYWORDS, About
from orchestration.outputs.exports.checksums import sha256_of
from orchestration.outputs.exports.printed import WHOLE_NUMBERS, Column, PrintedTable
from orchestration.outputs.licence import DataLicence

DATA_PACKAGE = "datapackage.json"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_TYPES = {"VARCHAR": "string", "BOOLEAN": "boolean", "DATE": "date", "DOUBLE": "number"} | dict.fromkeys(
    WHOLE_NUMBERS, "integer"
)
_MEDIA_TYPES = {
    "geojson": "application/geo+json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A row of HXL tags begins with #, no row of values does.
_DIALECT = {"delimiter": ",", "lineTerminator": "\n", "commentChar": "#"}


def write_data_package(
    folder: Path, about: About, tables: Mapping[str, PrintedTable], others: Mapping[str, Path]
) -> Path:
    """`tables` are those written as CSV; `others`, by what they hold, are no tables to a program."""
    content = {
        "$schema": PROFILE,
        "profile": "data-package",
        "name": about.name,
        "title": about.title,
        "description": " ".join(about.sentences),
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
    """`notspecified` is the name that Open Definition has for a licence that nobody decided."""
    if not licence.is_decided:
        return {"name": "notspecified", "title": licence.statement}
    return {"name": licence.spdx, "title": licence.title, "path": licence.address}


def _table(path: Path, table: PrintedTable, tables: Mapping[str, PrintedTable]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in table.columns],
        "missingValues": [""],
        "primaryKey": table.told.key,
    }
    if found := _references(table, tables):
        schema["foreignKeys"] = found
    return _sized(
        path,
        {
            "name": table.name,
            "type": "table",
            "profile": "tabular-data-resource",
            "path": path.name,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "description": table.told.description,
            "dialect": _DIALECT,
            "schema": schema,
        },
    )


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": _TYPES.get(column.data_type, "any"),
        "description": column.description,
        "hxl": column.hxl,
    }
    if column.is_key:
        field["constraints"] = {"required": True}
    return field


def _references(table: PrintedTable, tables: Mapping[str, PrintedTable]) -> list[dict[str, Any]]:
    """To the table that says what an id is, where it has every id: `*` is the whole period and no place."""
    found = []
    for name, key in (("places", "place_id"), ("periods", "period_id")):
        if name not in tables or table.name == name:
            continue
        known = {row[key] for row in tables[name].records()}
        for column in (one.name for one in table.columns if one.name.endswith(key)):
            said = {row[column] for row in table.records()} - {None}
            if said <= known:
                found.append({"fields": [column], "reference": {"resource": name, "fields": [key]}})
    return found


def _file(name: str, path: Path) -> dict[str, Any]:
    kind = path.suffix.removeprefix(".")
    return _sized(
        path,
        {
            "name": f"{name}-{kind}",
            "path": path.name,
            "format": kind,
            "mediatype": _MEDIA_TYPES[kind],
        },
    )


def _sized(path: Path, resource: dict[str, Any]) -> dict[str, Any]:
    return resource | {"bytes": path.stat().st_size, "hash": f"sha256:{sha256_of(path)}"}
