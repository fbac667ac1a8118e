"""Carrying: a printed cell changes only by what may itself be printed, or it keeps its old value.

Two safe releases can still tell of one person: 57 then 58 does. Every earlier value counts, not only the
last: 57, 70, 58 does as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration.disclosure.ledger import Printed


def nearest(values: Sequence[int], now: float, least_change: int) -> int | None:
    """The earlier value to print again: the nearest one that `now` differs from by less than `least_change`.

    None where every earlier value is far enough, and the cell may change or be hidden. Earlier values lie
    `least_change` or more apart, so what is carried is never further off than that.
    """
    near = [
        (abs(value - now), -at, value) for at, value in enumerate(values) if abs(value - now) < least_change
    ]
    return min(near)[2] if near else None


def carry(cells: Mapping[str, int], printed: Printed, least_change: int) -> dict[str, int]:
    """The values that may be printed for cells with these counts."""
    found = {}
    for cell, now in cells.items():
        value = nearest(printed.get(cell, ()), now, least_change)
        found[cell] = now if value is None else value
    return found


def small_changes(cells: Mapping[str, int], printed: Printed, least_change: int) -> list[str]:
    """Cells whose value differs from an earlier one by 1 to `least_change` - 1: must be empty."""
    return sorted(
        cell
        for cell, value in cells.items()
        if any(0 < abs(value - before) < least_change for before in printed.get(cell, ()))
    )
