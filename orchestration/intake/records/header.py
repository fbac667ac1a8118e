"""Find the table of a sheet: its header, the positions of its columns, its merged cells.

Every row of the sheet that is none of the table's is explained. Cells merged over several rows are filled
down in the columns that the contract names; in any other column that it reads, they would leave all rows but
the first without a value.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from orchestration.contracts import Cell, Layout, tidy
from orchestration.intake.outcomes import ExtractHeld
from orchestration.intake.reading.block import Block, Column, SourceRow, first_rows, without_first
from orchestration.intake.reading.sheets import Merge, SourceSheet
from orchestration.intake.records.tally import ABOVE_HEADER, BLANK_AT_END, CONTINUED, HEADER, Tally

ENOUGH = 0.6


class Sought(NamedTuple):
    """How a sheet's header is found: its layout, the columns that it must and may have, their other names."""

    layout: Layout
    required: Sequence[str] = ()
    mapped: Sequence[str] = ()
    other_names: Mapping[str, Sequence[str]] = {}


@dataclass(frozen=True)
class Header:
    """Column names by position; a repeated name becomes `City` and `City.2`.

    `above` and `rows` count the rows above the header and those of the header. `other_names` maps a column's
    first name to its other names in the contract.
    """

    above: int
    rows: int
    names: list[str]
    other_names: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def find(self, column: str) -> int | None:
        """Return the position of a column, by the first of its names that is found."""
        return next(iter(self.find_all([column, *self.other_names.get(column, ())])), None)

    def find_all(self, columns: Iterable[str]) -> list[int]:
        """Return the positions of the columns that exist, in the given order."""
        return list(dict.fromkeys(at for column in columns if (at := self._find(column)) is not None))

    def _find(self, column: str) -> int | None:
        """Match the name exactly, else a single column that differs only in capitals."""
        wanted = tidy(column)
        if wanted in self.names:
            return self.names.index(wanted)
        close = [index for index, name in enumerate(self.names) if name.casefold() == wanted.casefold()]
        return close[0] if len(close) == 1 else None

    def beginning_with(self, prefix: str) -> list[tuple[str, int]]:
        """Return the columns whose names begin with `prefix`: rest of the name, and position."""
        start = tidy(prefix)
        return [
            (name[len(start) :], index)
            for index, name in enumerate(self.names)
            if len(name) > len(start) and name.casefold().startswith(start.casefold())
        ]


def read_header(sheet: SourceSheet, sought: Sought, label: str) -> tuple[Header, Iterator[Block]] | None:
    """Return the header and the rows after it; None for a sheet without a filled cell."""
    layout = sought.layout
    if sheet.columns is not None:
        names = _numbered([tidy(name) for name in sheet.columns])
        return (Header(0, 0, names), sheet.blocks) if names else None
    if layout.header_search:
        return _search(sheet, layout.header_search, sought, label)
    positions = layout.header_rows or [1]
    head, blocks = first_rows(sheet.blocks, positions[-1])
    chosen = [row for position, row in enumerate(head, start=1) if position in positions]
    above = len(head) - len(chosen)
    following = without_first(blocks, len(head))
    if not any(cell for row in head for cell in row.cells):
        one, following = first_rows(following, 1)
        return (Header(above, len(chosen), []), following) if one else None
    names = _join(chosen, sheet.merges, layout.header_join)
    return Header(above, len(chosen), names, sought.other_names), following


def _search(
    sheet: SourceSheet, limit: int, sought: Sought, label: str
) -> tuple[Header, Iterator[Block]] | None:
    nearest: tuple[int, Header] | None = None
    wanted = sought.required or sought.mapped
    enough = len(sought.required) or max(1, ENOUGH * len(wanted))
    head, blocks = first_rows(sheet.blocks, limit)
    for above, row in enumerate(head):
        names = _numbered([_text(cell) for cell in row.cells])
        header = Header(above, 1, names, sought.other_names)
        found = sum(header.find(column) is not None for column in wanted)
        if found >= enough:
            return header, without_first(blocks, above + 1)
        if found >= max(2, ENOUGH * len(wanted)) and (nearest is None or found > nearest[0]):
            nearest = found, header
    if nearest is not None:  # a required column is missing: `plan_columns` names it
        return nearest[1], without_first(blocks, nearest[1].above + 1)
    if not any(block.filled.any() for block in blocks):
        return None
    sheet_name = f", sheet {sheet.shown!r}," if sheet.name else ""
    listed = ", ".join(map(repr, wanted))
    raise ExtractHeld(
        "hold:header_not_found",
        f"{label}{sheet_name} has no row with the columns {listed} among its first {limit}. If a column was "
        "renamed, change the contract; if the header stands lower, raise `format.header_search`.",
        wanted,
    )


def _join(rows: list[SourceRow], merges: list[Merge], joiner: str) -> list[str]:
    """Join header rows into one name for each column; a merged cell names every column it covers."""
    width = max((len(row.cells) for row in rows), default=0)
    spread = [_spread(row, merges, width, is_last=row is rows[-1]) for row in rows]
    names = []
    for column in range(width):
        parts = [line[column] for line in spread if line[column]]
        distinct = [part for at, part in enumerate(parts) if at == 0 or part != parts[at - 1]]
        names.append(joiner.join(distinct))
    return _numbered(names)


def _spread(row: SourceRow, merges: list[Merge], width: int, is_last: bool) -> list[str]:
    texts = [_text(cell) for cell in row.cells] + [""] * (width - len(row.cells))
    for merge in merges:
        if merge.first_row == row.number:
            for column in range(merge.first_column, min(merge.last_column, width) + 1):
                texts[column - 1] = texts[merge.first_column - 1]
    if not merges and not is_last:
        for column in range(1, width):
            texts[column] = texts[column] or texts[column - 1]
    return texts


def _numbered(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    numbered = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        numbered.append(name if not name or seen[name] == 1 else f"{name}.{seen[name]}")
    return numbered


def _text(cell: Cell | None) -> str:
    return tidy(cell.value) if cell else ""


def read_table(
    sheet: SourceSheet, tally: Tally, sought: Sought, label: str
) -> tuple[Header, Iterator[Block]] | None:
    """Return the header and the rows after it, None for an empty sheet; count what stands above them.

    Raises ExtractHeld if no header is found.
    """
    tally.opened.add(sheet.shown)
    counted: Counter[str] = Counter()
    sheet.blocks = _counted(sheet.blocks, sheet.shown, tally, counted)
    found = read_header(sheet, sought, label)
    if found is None:  # every row is blank
        deque(sheet.blocks, maxlen=0)
        tally.explain(sheet.shown, BLANK_AT_END, counted["rows"])
        return None
    tally.explain(sheet.shown, ABOVE_HEADER, found[0].above)
    tally.explain(sheet.shown, HEADER, found[0].rows)
    return found


def without_trailing_blanks(blocks: Iterator[Block], sheet: str, tally: Tally) -> Iterator[Block]:
    """Yield blocks without the blank rows at the end, which are explained.

    Memory holds the numbers of blank rows until a filled one follows: a formatted sheet may end in a million.
    """
    held: list[np.ndarray] = []
    for block in blocks:
        places = np.flatnonzero(block.filled)
        end = int(places[-1]) + 1 if len(places) else 0
        if end:
            if held:
                yield Block(np.concatenate(held), [])
                held = []
            yield block.slice(0, end) if end < len(block) else block
        if end < len(block):
            held.append(block.numbers[end:])
    tally.explain(sheet, BLANK_AT_END, sum(map(len, held)))


def _counted(blocks: Iterator[Block], shown: str, tally: Tally, counted: Counter[str]) -> Iterator[Block]:
    """Yield the blocks of a sheet; count their rows, and explain the further lines of those with several."""
    for block in blocks:
        counted["rows"] += len(block)
        if block.lines is not None:
            tally.explain(shown, CONTINUED, int(block.lines.sum()) - len(block))
        yield block


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
    merged = {merge.first_column - 1 for merge in merges}
    for block in blocks:
        none = Column.of_cells([None] * len(block))
        every = [*block.columns, *[none] * (max(merged) + 1 - len(block.columns))]
        filled = {at: every[at].cell_of_each_row() for at in merged}
        places = {int(number): row for row, number in enumerate(block.numbers)}
        for merge in merges:
            cells = filled[merge.first_column - 1]
            first = places.get(merge.first_row)
            if first is not None and (cell := cells[first]):
                values[merge] = cell
            for number in range(merge.first_row + 1, merge.last_row + 1):
                row = places.get(number)
                if row is not None and merge in values and block.filled[row] and cells[row] is None:
                    cells[row] = values[merge]
        for at, cells in filled.items():
            every[at] = Column.of_cells(cells)
        yield replace(block, columns=every)


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
