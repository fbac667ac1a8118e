"""The order of dates in digits, decided from the values where they decide it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from orchestration.contracts import Cell, same

_DIGITS = re.compile(r"(\d{1,4})[./ -](\d{1,2})[./ -](\d{1,4})(?:[t ].*)?")
_LAST_MONTH = 12
# A few slips do not unmake an order; they are set aside when they are read.
NEARLY_ALL = 0.9


@dataclass(frozen=True)
class DateOrder:
    """`order` is `dmy`, `mdy`, `ymd`, or None where the values do not decide; `why` says what they show."""

    order: str | None
    why: str


def date_order(cells: Iterable[Cell]) -> DateOrder:
    """A day above 12 decides; where both orders are usual, or none shows, a person must say."""
    digits = [_DIGITS.fullmatch(same(cell.value)) for cell in cells if cell.kind == "text"]
    written = [found for found in digits if found]
    if not written:
        return DateOrder(None, "no date is written in digits as text: its order does not matter so far")
    year_first = sum(len(found[1]) == 4 for found in written)
    if year_first >= NEARLY_ALL * len(written):
        return DateOrder("ymd", f"the year stands first in {year_first} of {len(written)} dates in digits")
    rest = [found for found in written if len(found[1]) != 4]
    day_first = sum(int(found[1]) > _LAST_MONTH for found in rest)
    month_first = sum(int(found[2]) > _LAST_MONTH for found in rest)
    above = f"the first number is above 12 in {day_first}, the second in {month_first}"
    told = f"of {len(rest)} dates in digits {above}"
    deciding = day_first + month_first
    if deciding and day_first >= NEARLY_ALL * deciding:
        return DateOrder("dmy", told)
    if deciding and month_first >= NEARLY_ALL * deciding:
        return DateOrder("mdy", told)
    return DateOrder(None, f"{told}: ask the partner which order it uses")
