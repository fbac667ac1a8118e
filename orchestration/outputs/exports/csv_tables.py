"""Each published table as CSV: a row of names, one of HXL tags, then the rows; an empty cell for none."""

from __future__ import annotations

import csv
from pathlib import Path

from orchestration.core import safe
from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.tables import Cell, Column, Table


def write_csv(folder: Path, about: About, table: Table) -> Path:
    path = folder / about.file_name(table.name, "csv")
    written = [_written(table, column) for column in table.columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([column.name for column in table.columns])
        out.writerow([column.hxl for column in table.columns])
        if not any(written):  # as most tables: their rows go as they are
            out.writerows(table.rows)
        else:
            out.writerows(
                [of.get(cell, cell) for of, cell in zip(written, row, strict=True)] for row in table.rows
            )
    return path


def _written(table: Table, column: Column) -> dict[Cell, str]:
    """How cells of a column are written, where it is another way than the writer's own."""
    if column.data_type == "BOOLEAN":
        return {True: "true", False: "false"}
    if column.data_type != "VARCHAR":
        return {}
    return {value: safe(value) for value in table.values(column.name) if safe(value) != value}
