"""Days written in full, for deriving an age from a birth date. Anything less plain is None.

Dates that are landed are read by the type step; this exists because a birth date must not get there.
"""

from __future__ import annotations

import re
from datetime import date

from orchestration.contracts.cells import Cell, same
from orchestration.contracts.months import MONTHS

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ].*)?")
_DIGITS = re.compile(r"(\d{1,4})[./ -](\d{1,2})[./ -](\d{1,4})")
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]+),?[ -](\d{4})")
_YEAR = re.compile(r"(\d{4})(?:\.0)?")


def day_of(cell: Cell, order: str | None) -> date | None:
    """The day a cell states, its digits in the contract's order (`dmy`, `mdy`, `ymd`)."""
    text = same(cell.value)
    if found := _ISO.fullmatch(text):
        return _day(*(int(part) for part in found.groups()))
    if found := _NAMED.fullmatch(text):
        month = MONTHS.get(found[2])
        return _day(int(found[3]), month, int(found[1])) if month else None
    found = _DIGITS.fullmatch(text)
    if not found or not order:
        return None
    parts = {letter: int(part) for letter, part in zip(order, found.groups(), strict=True)}
    if len(found.group(order.index("y") + 1)) != 4:
        return None
    return _day(parts["y"], parts["m"], parts["d"])


def looks_like_a_day(cell: Cell) -> bool:
    """Whether a cell has the form of a full date, readable or not."""
    text = same(cell.value)
    return cell.kind in ("date", "datetime") or any(form.fullmatch(text) for form in (_ISO, _DIGITS, _NAMED))


def year_of(cell: Cell) -> int | None:
    found = _YEAR.fullmatch(same(cell.value))
    return int(found[1]) if found and 1900 <= int(found[1]) <= 2100 else None


def age_between(birth: date, moment: date) -> int:
    return moment.year - birth.year - ((moment.month, moment.day) < (birth.month, birth.day))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
