"""Read one row of a partner's original, for a steward who has to see it.

Not here: decrypting the original (`sealing`), and who may read it (`stewardship`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import tee
from pathlib import Path

import numpy as np

from orchestration.contracts import Contract, same
from orchestration.core import UsageError
from orchestration.intake.outcomes import ExtractStopped
from orchestration.intake.reading.any_file import open_source
from orchestration.intake.reading.sheets import Source, SourceSheet
from orchestration.intake.records.header import Sought, read_header
from orchestration.intake.records.rename import sought_in


@dataclass(frozen=True)
class OriginalRow:
    """The filled cells of a row as sent: header (or `column 3` if it has none) and value."""

    sheet: str
    row: int
    cells: list[tuple[str, str]]


def original_row(path: Path, contract: Contract, row: int, sheet: str | None = None) -> OriginalRow:
    """Return a row by its number as in work lists; `sheet` is the partner's name or the shown one.

    Raises UsageError if there is no such row, or if several sheets have one and none was named.
    """
    try:
        with open_source(path, contract) as source:
            sheets = _sheets(source, contract, sheet)
            matches = [
                match for part, each in sheets if (match := _row_in(each, contract, part, row)) is not None
            ]
    except ExtractStopped:
        raise UsageError(
            "The contract it landed with no longer reads this original. Write the whole file with --out."
        ) from None
    if not sheets:
        raise UsageError(f"The original has no sheet {sheet!r}. Work lists name the sheets of its rows.")
    if not matches:
        raise UsageError(f"The original has no row {row}{f' in sheet {sheet!r}' if sheet else ''}.")
    if len(matches) > 1:
        names = ", ".join(repr(match.sheet) for match in matches)
        raise UsageError(f"Several sheets have a row {row}: {names}. Say which with --sheet.")
    return matches[0]


def _sheets(source: Source, contract: Contract, wanted: str | None) -> list[tuple[str | None, SourceSheet]]:
    """Return the sheets to search, each with its part of the contract; child sheets only if named."""
    sheets: list[tuple[str | None, SourceSheet | None]] = [("", main) for main in source.main_sheets()]
    if wanted is not None:
        sheets += ((name, source.repeat_sheet(name)) for name in contract.repeats)
        sheets += ((None, source.tab_sheet(name)) for name in contract.tabs)
    return [
        (part, sheet)
        for part, sheet in sheets
        if sheet and (wanted is None or same(wanted) in (same(sheet.name), same(sheet.shown)))
    ]


def _row_in(sheet: SourceSheet, contract: Contract, part: str | None, number: int) -> OriginalRow | None:
    sheet.blocks, blocks = tee(sheet.blocks)  # what stands above the header or in it is a row, too
    sought = Sought(contract.layout_of(is_main=False)) if part is None else sought_in(contract, part)
    found = read_header(sheet, sought, "")
    header = found and found[0]
    del found  # it holds the blocks, which would stay in memory
    sheet.blocks = iter(())
    rows = (block.row(at) for block in blocks for at in np.flatnonzero(block.numbers == number).tolist())
    row = next(rows, None)
    if header is None or row is None or not any(row.cells):
        return None
    names = header.names + [""] * len(row.cells)
    cells = [(names[at] or f"column {at + 1}", cell.value) for at, cell in enumerate(row.cells) if cell]
    return OriginalRow(sheet.shown, number, cells)
