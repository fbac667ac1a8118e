"""Find the table of a sheet, and explain every row of the sheet that is none of its rows."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

import numpy as np

from orchestration.intake.reading.block import Block
from orchestration.intake.reading.sheets import SourceSheet
from orchestration.intake.records.header import Header, Sought, read_header
from orchestration.intake.records.tally import ABOVE_HEADER, BLANK_AT_END, CONTINUED, HEADER, Tally


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
