"""The order of day, month and year in dates of digits, from the values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from orchestration.contracts import Cell, same, split_time

_DIGITS = re.compile(r"(\d{1,4})[./ -](\d{1,2})[./ -](\d{1,4})")
_LAST_MONTH = 12
# A few slips are accepted; their rows are set aside on reading.
NEARLY_ALL = 0.9


@dataclass(frozen=True)
class DateOrder:
    """`order`: `dmy`, `mdy`, `ymd`, or None where the values do not decide. `why`: what they show."""

    order: str | None
    why: str


def date_order(cells: Iterable[Cell], is_of_server: bool = False) -> DateOrder:
    """Return the order. A day above 12 decides it; without one, or with both orders, a person must.

    `is_of_server`: a form server wrote the file, so the year stands first.
    """
    digits = [_DIGITS.fullmatch(split_time(same(cell.value))[0]) for cell in cells if cell.kind == "text"]
    written = [found for found in digits if found]
    if not written and is_of_server:
        return DateOrder("ymd", "form servers write the year first")
    if not written:
        return DateOrder(None, "no date is written in digits as text, so the order does not matter yet")
    year_first = sum(len(found[1]) == 4 for found in written)
    if year_first >= NEARLY_ALL * len(written):
        return DateOrder("ymd", f"the year stands first in {year_first} of {len(written)} dates in digits")
    rest = [found for found in written if len(found[1]) != 4]
    day_first = sum(int(found[1]) > _LAST_MONTH for found in rest)
    month_first = sum(int(found[2]) > _LAST_MONTH for found in rest)
    above = f"the first number is above 12 in {day_first}, the second in {month_first}"
    counts = f"of {len(rest)} dates in digits {above}"
    deciding = day_first + month_first
    if deciding and day_first >= NEARLY_ALL * deciding:
        return DateOrder("dmy", counts)
    if deciding and month_first >= NEARLY_ALL * deciding:
        return DateOrder("mdy", counts)
    return DateOrder(None, f"{counts}: ask the partner which order it uses")
