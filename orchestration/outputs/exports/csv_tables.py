"""Each printed table as CSV: a row of names, one of HXL tags, then the rows; an empty cell for none."""

from __future__ import annotations

import csv
from pathlib import Path

from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.printed import Cell, PrintedTable
from orchestration.spreadsheet_safe import safe


def write_csv(folder: Path, about: About, table: PrintedTable) -> Path:
    path = folder / about.file_name(table.name, "csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([column.name for column in table.columns])
        out.writerow([column.hxl for column in table.columns])
        out.writerows([_text(cell) for cell in row] for row in table.rows)
    return path


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(safe(cell)) if isinstance(cell, str) else str(cell)
