"""The dictionary of an edition: all tables and columns, as a page and for programs (JSON, CSV)."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.tables import Table
from orchestration.outputs.pages import template

PAGE, FOR_PROGRAMS, AS_TABLE = "dictionary.html", "dictionary.json", "dictionary.csv"
_FIELDS = ("table_schema", "table_name", "column_name", "data_type", "is_key", "hxl", "description")


def write_dictionary(folder: Path, about: About, tables: Sequence[Table]) -> None:
    """`tables`: all of the edition."""
    page = template("dictionary.html.j2").render(about=about, tables=tables)
    (folder / PAGE).write_text(page, encoding="utf-8")
    _write_json(folder / FOR_PROGRAMS, about, tables)
    _write_csv(folder / AS_TABLE, tables)


def _write_json(path: Path, about: About, tables: Sequence[Table]) -> None:
    content = {
        "edition": about.edition,
        "release_id": about.release_id,
        "tables": [
            {
                "schema": table.schema,
                "name": table.name,
                "description": table.description,
                "key": table.key,
                "columns": [vars(column) for column in table.columns],
            }
            for table in tables
        ],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_csv(path: Path, tables: Sequence[Table]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(_FIELDS)
        for table in tables:
            for column in table.columns:
                is_key = "true" if column.is_key else "false"
                of_column = (column.name, column.data_type, is_key, column.hxl, column.description)
                out.writerow([table.schema, table.name, *of_column])
