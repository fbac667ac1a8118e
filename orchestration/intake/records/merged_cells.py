"""Fill down cells merged over several rows, in the columns that the contract names."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.contracts import Cell
from orchestration.intake.reading.sheets import SourceRow, SourceSheet
from orchestration.intake.records.rename import cell_at


def fill_down_merged(
    rows: Iterator[SourceRow], sheet: SourceSheet, columns: set[int | None]
) -> Iterator[SourceRow]:
    """Yield rows with the value of merged cells in every row they cover, in these columns only."""
    last_rows: dict[int, dict[int, int]] = {}
    for merge in sheet.merges:
        if merge.first_column - 1 in columns and merge.last_row > merge.first_row:
            last_rows.setdefault(merge.first_row, {})[merge.first_column - 1] = merge.last_row
    if not last_rows:
        yield from rows
        return
    open_merges: dict[int, tuple[int, Cell]] = {}
    for number, cells, *_ in rows:
        for column, last in last_rows.get(number, {}).items():
            cell = cell_at(cells, column)
            if cell:
                open_merges[column] = (last, cell)
        if any(cells):
            for column, (last, cell) in list(open_merges.items()):
                if number > last:
                    del open_merges[column]
                elif cell_at(cells, column) is None:
                    cells = cells + [None] * (column + 1 - len(cells))
                    cells[column] = cell
        yield SourceRow(number, cells)
