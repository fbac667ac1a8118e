"""Find a sheet's header and the positions of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestration.contracts import Cell, Layout, same, tidy
from orchestration.intake.outcomes import ExtractHeld
from orchestration.intake.reading.block import Block, SourceRow, first_rows, without_first
from orchestration.intake.reading.sheets import Merge, SourceSheet

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

    def is_twice(self, column: str) -> bool:
        wanted = tidy(column)
        return any(same(name) == same(f"{wanted}.2") for name in self.names)

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
