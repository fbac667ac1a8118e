"""Each published table as CSV: names, HXL tags, then the rows; a missing value is an empty cell."""

from __future__ import annotations

import csv
from pathlib import Path

from orchestration.core import safe
from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.tables import Cell, Column, Table


def write_csv(folder: Path, about: About, table: Table) -> Path:
    path = folder / about.file_name(table.name, "csv")
    replaced = [_replacements(table, column) for column in table.columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([column.name for column in table.columns])
        out.writerow([column.hxl for column in table.columns])
        out.writerows(
            [texts.get(cell, cell) for texts, cell in zip(replaced, row, strict=True)] for row in table.rows
        )
    return path


def _replacements(table: Table, column: Column) -> dict[Cell, str]:
    """Return the text of cells that the CSV writer would write differently."""
    if column.data_type == "BOOLEAN":
        return {True: "true", False: "false"}
    if column.data_type != "VARCHAR":
        return {}
    return {value: safe(value) for value in table.values(column.name) if safe(value) != value}
