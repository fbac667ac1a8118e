"""Carrying: a printed cell changes only by what may itself be printed, or it keeps its old value.

Two safe releases can still tell of one person: 57 then 58 does. Every earlier value counts, not only the
last: 57, 70, 58 does as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from orchestration.disclosure.ledger import Printed
from orchestration.disclosure.system import Line


def nearest(values: Sequence[int], now: float, least_change: int) -> int | None:
    """The earlier value to print again: the nearest one that `now` differs from by less than `least_change`.

    None where every earlier value is far enough, and the cell may change or be hidden. Earlier values lie
    `least_change` or more apart, so what is carried is never further off than that.
    """
    near = [
        (abs(value - now), -at, value) for at, value in enumerate(values) if abs(value - now) < least_change
    ]
    return min(near)[2] if near else None


def small_changes(cells: Mapping[str, int], printed: Printed, least_change: int) -> list[str]:
    """Cells whose value differs from an earlier one by 1 to `least_change` - 1: must be empty."""
    return sorted(
        cell
        for cell, value in cells.items()
        if any(0 < abs(value - before) < least_change for before in printed.get(cell, ()))
    )


def derived_changes(lines: Iterable[Line], known: Mapping[int, float]) -> dict[int, float]:
    """Changes that follow by subtraction, over and over, from the changes of cells printed before and now.

    `known`: cell → its change. A total that grew by 12 and a part that grew by 10 tell that the other part
    grew by 2, though it was hidden once or is hidden now.
    """
    changes, left = dict(known), list(lines)
    is_going_on = True
    while is_going_on:
        is_going_on, waiting = False, []
        for line in left:
            unknown = [cell for cell in (line.parent, *line.parts.tolist()) if cell not in changes]
            if len(unknown) == 1:
                rest = sum(changes[part] for part in line.parts.tolist() if part in changes)
                is_parent = unknown[0] == line.parent
                changes[unknown[0]] = rest if is_parent else changes[line.parent] - rest
                is_going_on = True
            elif unknown:
                waiting.append(line)
        left = waiting
    return {cell: change for cell, change in changes.items() if cell not in known}
