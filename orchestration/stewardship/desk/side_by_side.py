"""Counts before and now, side by side: numbers, shares and the widths of their bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

WIDTH = 120
UNKNOWN = "unknown"


class Count(Protocol):
    """As the gates room counts."""

    @property
    def value(self) -> str: ...
    @property
    def before(self) -> int: ...
    @property
    def now(self) -> int: ...


@dataclass(frozen=True)
class Line:
    """One value. Shares are empty where numbers are compared as they are; widths are pixels."""

    value: str
    before: int
    now: int
    share_before: str
    share_now: str
    width_before: float
    width_now: float


def side_by_side(counts: Sequence[Count], of: tuple[int, int] | None = None) -> list[Line]:
    """Return a line for each count. `of`: records before and now, of which each count is a share."""
    before, now = of or (1, 1)
    sizes = [(one.before / max(before, 1), one.now / max(now, 1)) for one in counts]
    longest = max((max(pair) for pair in sizes), default=0) or 1
    return [
        Line(
            one.value,
            one.before,
            one.now,
            f"{100 * was:.0f} %" if of else "",
            f"{100 * is_now:.0f} %" if of else "",
            round(WIDTH * was / longest, 1),
            round(WIDTH * is_now / longest, 1),
        )
        for one, (was, is_now) in zip(counts, sizes, strict=True)
    ]
