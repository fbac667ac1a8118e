"""Fill down cells merged over several rows, in the columns that the contract names.

In any other column that the contract reads, such cells would leave all rows but the first without a value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from orchestration.contracts import Cell
from orchestration.intake.outcomes import ExtractHeld
from orchestration.intake.reading.block import Block, Column
from orchestration.intake.reading.sheets import Merge, SourceSheet
from orchestration.intake.records.header import Header


def fill_down_merged(
    blocks: Iterator[Block], sheet: SourceSheet, columns: set[int | None]
) -> Iterator[Block]:
    """Yield blocks with the value of merged cells in every row they cover, in these columns only."""
    merges = [
        merge
        for merge in sheet.merges
        if merge.first_column - 1 in columns and merge.last_row > merge.first_row
    ]
    if not merges:
        yield from blocks
        return
    values: dict[Merge, Cell] = {}
    for block in blocks:
        filled = {at: column.cell_of_each_row() for at, column in enumerate(block.columns) if at in columns}
        places = {int(number): row for row, number in enumerate(block.numbers)}
        has_cells = block.filled
        for merge in merges:
            cells = filled.setdefault(merge.first_column - 1, [None] * len(block))
            first = places.get(merge.first_row)
            if first is not None and (cell := cells[first]):
                values[merge] = cell
            for number in range(merge.first_row + 1, merge.last_row + 1):
                row = places.get(number)
                if row is not None and merge in values and has_cells[row] and cells[row] is None:
                    cells[row] = values[merge]
        made = {at: Column.of_cells(cells) for at, cells in filled.items()}
        width = max(len(block.columns), *(at + 1 for at in made))
        none = Column.of_cells([None] * len(block))
        kept = [block.columns[at] if at < len(block.columns) else none for at in range(width)]
        yield replace(block, columns=[made.get(at, column) for at, column in enumerate(kept)])


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
