"""Fill down cells merged over several rows, in the columns that the contract names.

In any other column that the contract reads, such cells would leave all rows but the first without a value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from orchestration.contracts import Cell
from orchestration.intake.outcomes import ExtractHeld
from orchestration.intake.reading.sheets import SourceRow, SourceSheet
from orchestration.intake.records.header import Header
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
    for row in rows:
        number, cells = row.number, row.cells
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
        yield row._replace(cells=cells)


def refuse_other_merges(
    sheet: SourceSheet, header: Header, columns: Collection[int | None], shown: Sequence[str], label: str
) -> None:
    """Raise ExtractHeld if a cell below the header is merged over several rows in one of these columns."""
    for merge in sheet.merges:
        at = merge.first_column - 1
        if at in columns and header.above + header.rows < merge.first_row < merge.last_row:
            raise ExtractHeld(
                "hold:merged_cells",
                f"{label} merges cells of column {shown[at]!r} over rows {merge.first_row} to "
                f"{merge.last_row}: only row {merge.first_row} has the value. If it holds for all of them, "
                f"name the column under `format.fill_down_merged` in the contract; else ask the partner to "
                "fill every row.",
            )
