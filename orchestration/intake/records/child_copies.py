"""Which copy of a record a child row belongs to, where a file brings the record more than once.

A later copy of a form may have other child rows, and only those of the copy that stands are its record's;
which one stands, the type step finds out (`typed/copies`). Where nothing tells the copies apart, equal child
rows count once, and it is told that others may be of an older copy. Memory: three numbers a record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from orchestration.contracts import Contract
from orchestration.intake.records.tally import Tally

# Field and kind of the cell that names a child row's copy, by the place of the copy's main row.
COPY = "copy"
_SHEET_AT = 32


def copy_name(sheet: str, row_number: int) -> str:
    """What the cell holds."""
    return f"{row_number} {sheet}".strip()


class ChildCopies:
    """Counts the copies while main rows go by, then tells them apart for the child rows."""

    def __init__(self, contract: Contract, short: Callable[[str], int]) -> None:
        self._short = short
        self._counts: dict[str, Counter[int]] = {name: Counter() for name in contract.repeats}
        self._places: dict[str, dict[int, int | None]] = {name: {} for name in contract.repeats}
        self._sheets: dict[str, int] = {}
        self._seen: dict[str, Counter[tuple[int, int]]] = {name: Counter() for name in contract.repeats}

    def add(self, name: str, record_id: int, own: str | None, sheet: str, row_number: int) -> None:
        """A main row of a record; `own` is what this copy's child rows alone refer to, if anything is."""
        self._counts[name][record_id] += 1
        if own is None:
            return
        places, short = self._places[name], self._short(own)
        place = self._sheets.setdefault(sheet, len(self._sheets)) << _SHEET_AT | row_number
        places[short] = place if places.get(short, place) == place else None  # it means several copies

    def of_child(self, name: str, record_id: int, own: str | None) -> str | None:
        """The name of a child row's copy; None where there is one only, or nothing says which it is."""
        if self._counts[name][record_id] < 2 or own is None:
            return None
        place = self._places[name].get(self._short(own))
        if place is None:
            return None
        return copy_name(list(self._sheets)[place >> _SHEET_AT], place & (1 << _SHEET_AT) - 1)

    def is_resent(self, name: str, record_id: int, content: str) -> bool:
        """Whether a child row whose copy nothing tells is another copy's of one seen before."""
        copies = self._counts[name][record_id]
        if copies < 2:
            return False
        once = (record_id, self._short(content))
        self._seen[name][once] += 1
        return (self._seen[name][once] - 1) % copies > 0

    def tell(self, name: str, tally: Tally) -> None:
        """Say of how many records child rows of an older copy may be among the landed ones."""
        mixed = {
            record_id
            for (record_id, _), seen in self._seen[name].items()
            if seen % self._counts[name][record_id]
        }
        if mixed:
            tally.tell("flag:child_copies_mixed", f"{len(mixed)} records, rows of {name!r}")
