"""Find the table of a sheet, and explain every row of the sheet that is none of its rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from orchestration.contracts import Layout
from orchestration.intake.reading.sheets import SourceRow, SourceSheet
from orchestration.intake.records.header import Header, read_header
from orchestration.intake.records.tally import ABOVE_HEADER, BLANK_AT_END, CONTINUED, HEADER, Tally


def read_table(
    sheet: SourceSheet,
    tally: Tally,
    layout: Layout,
    required: Sequence[str],
    mapped: Sequence[str],
    label: str,
    other_names: Mapping[str, Sequence[str]],
) -> tuple[Header, Iterator[SourceRow]] | None:
    """Return the header and the rows after it, None for an empty sheet; count what stands above them.

    Raises ExtractHeld if no header is found.
    """
    tally.opened.add(sheet.shown)
    counted = sheet.rows = _Counted(sheet, tally)
    found = read_header(sheet, layout, required, mapped, label, other_names)
    if found is None:  # every row is blank
        deque(counted, maxlen=0)
        tally.explain(sheet.shown, BLANK_AT_END, counted.rows)
        return None
    tally.explain(sheet.shown, ABOVE_HEADER, found[0].above)
    tally.explain(sheet.shown, HEADER, found[0].rows)
    return found


class _Counted:
    """The rows of a sheet; counts them, and explains the further lines of those with several."""

    def __init__(self, sheet: SourceSheet, tally: Tally) -> None:
        self._rows, self._shown, self._tally = sheet.rows, sheet.shown, tally
        self.rows = 0

    def __iter__(self) -> Iterator[SourceRow]:
        return self

    def __next__(self) -> SourceRow:
        row = next(self._rows)
        self.rows += 1
        self._tally.explain(self._shown, CONTINUED, row.lines - 1)
        return row
