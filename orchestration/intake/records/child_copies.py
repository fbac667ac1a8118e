"""Match child rows to copies of their record, when a file holds a record more than once.

A later copy of a form may have other child rows, and only those of the copy in use count; the type step
chooses it (`typing.several_rows`). If nothing distinguishes the copies, equal child rows count once, and a
problem notes that some may belong to an older copy. Memory: three numbers for each record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from orchestration.contracts import Contract
from orchestration.intake.records.tally import Tally

# Field and kind of the cell that names a child row's copy by the position of the copy's main row.
COPY = "copy"
_SHEET_AT = 32


def copy_name(sheet: str, row_number: int) -> str:
    """Name a copy by the sheet and row of its main row."""
    return f"{row_number} {sheet}".strip()


class ChildCopies:
    """Counts the copies of records in main rows, then assigns child rows to them."""

    def __init__(self, contract: Contract, short: Callable[[str], int]) -> None:
        self._short = short
        self._counts: dict[str, Counter[int]] = {name: Counter() for name in contract.repeats}
        self._places: dict[str, dict[int, int | None]] = {name: {} for name in contract.repeats}
        self._sheets: dict[str, int] = {}
        self._seen: dict[str, Counter[tuple[int, int]]] = {name: Counter() for name in contract.repeats}

    def add(self, name: str, record_id: int, own: str | None, sheet: str, row_number: int) -> None:
        """Add a main row of a record; `own` is the reference that only this copy's child rows use, if any."""
        self._counts[name][record_id] += 1
        if own is None:
            return
        places, short = self._places[name], self._short(own)
        place = self._sheets.setdefault(sheet, len(self._sheets)) << _SHEET_AT | row_number
        places[short] = place if places.get(short, place) == place else None  # several copies use it

    def of_child(self, name: str, record_id: int, own: str | None) -> str | None:
        """Return the name of a child row's copy; None if the record has one copy or the copy is unknown."""
        if self._counts[name][record_id] < 2 or own is None:
            return None
        place = self._places[name].get(self._short(own))
        if place is None:
            return None
        return copy_name(list(self._sheets)[place >> _SHEET_AT], place & (1 << _SHEET_AT) - 1)

    def has_several(self, name: str, record_id: int) -> bool:
        return self._counts[name][record_id] >= 2

    def is_resent(self, name: str, record_id: int, content: str) -> bool:
        """Return whether a child row of an unknown copy repeats a row that another copy brought."""
        copies = self._counts[name][record_id]
        if copies < 2:
            return False
        once = (record_id, self._short(content))
        self._seen[name][once] += 1
        return (self._seen[name][once] - 1) % copies > 0

    def note_mixed(self, name: str, tally: Tally) -> None:
        """Note the number of records whose landed child rows may include rows of an older copy."""
        mixed = {
            record_id
            for (record_id, _), seen in self._seen[name].items()
            if seen % self._counts[name][record_id]
        }
        if mixed:
            tally.note_problem("flag:child_copies_mixed", f"{len(mixed)} records, rows of {name!r}")
