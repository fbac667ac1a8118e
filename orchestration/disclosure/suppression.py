"""Which cells are hidden: those that fail the policy by themselves, and those hidden to protect them.

All of it is decided by counts and names of cells, never by the order of rows, so that the same counts give
the same pattern in every release.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestration.disclosure.policy import EditionPolicy
from orchestration.disclosure.system import Floats, Line, Mask, System

PRINTED = ""
PERSONS, RECORDS, PARTNERS, DOMINANCE = "persons", "records", "partners", "dominance"
ATTRIBUTE, COMPLEMENTARY, DROPPED = "attribute", "complementary", "dropped"
PRIMARY = (PERSONS, RECORDS, PARTNERS, DOMINANCE)
# Internal only: an edition prints one symbol, whatever the reason.
Reasons = NDArray[np.object_]


def primary(cells: pd.DataFrame, policy: EditionPolicy) -> Reasons:
    """The reason each cell is hidden for itself, `PRINTED` if none: too few persons, records or partners, or
    one partner so large that the second largest estimates it (p % rule: N - x1 - x2 must be p % of x1).

    `cells`: the columns of `CountTable.cells`; empty cells NaN.
    """
    persons, records, partners, top1, top2 = (
        cells[one].fillna(0).to_numpy(dtype=float)
        for one in ("persons", "records", "partners", "top1", "top2")
    )
    dominated = persons - top1 - top2 < policy.dominance_percent / 100 * top1
    return np.select(
        [
            persons < policy.least_persons,
            records < policy.least_records,
            partners < policy.least_partners,
            (policy.dominance_percent > 0) & dominated,
        ],
        [PERSONS, RECORDS, PARTNERS, DOMINANCE],
        PRINTED,
    ).astype(object)


def hide_splits(
    system: System, persons: Floats, reasons: Reasons, pinned: Mask, attributes: set[str], share: float
) -> Floats:
    """Hide the parts of each cell that one of them nearly fills: who is in the whole has that attribute,
    whether the whole is printed or not.

    Returns how low the lower bound of each such part must reach, infinity for other cells.
    """
    ceiling = np.full(system.size, np.inf)
    for line in system.lines:
        whole = persons[line.parent]
        if line.dimension not in attributes or whole <= 0:
            continue
        largest = line.parts[np.argmax(persons[line.parts])]
        if persons[largest] < share * whole:
            continue
        for part in line.parts:
            if reasons[part] == PRINTED and not pinned[part]:
                reasons[part] = ATTRIBUTE
        if not pinned[largest]:
            ceiling[largest] = min(ceiling[largest], np.ceil(share * whole) - 1)
    return ceiling


def complement(system: System, persons: Floats, reasons: Reasons, pinned: Mask, carried: Mask) -> None:
    """While a line has one hidden cell, hide its smallest printed one too; ties by the cell's name.

    A carried cell is as good as hidden: alone in its line, the others would tell what it is now. A hidden
    cell that is empty needs no company: that nobody is there tells of nobody.
    """
    lines = _in_order(system, system.lines)
    is_going_on = True
    while is_going_on:
        is_going_on = False
        for line in lines:
            cells = np.append(line.parts, line.parent)
            hidden = cells[(reasons[cells] != PRINTED) | carried[cells]]
            if len(hidden) == 1 and persons[hidden[0]] > 0:
                is_going_on |= _hide_smallest(system, line, persons, reasons, pinned)


def hide_beside(
    system: System, failing: Iterable[int], persons: Floats, reasons: Reasons, pinned: Mask
) -> bool:
    """Hide the smallest printed cell of every line through a failing cell; whether there was any.

    A line that several of them share loses one cell a round: the next attack tells whether that was enough.
    """
    numbers = {number for cell in failing for number in system.lines_of.get(cell, ())}
    hid = False
    for line in _in_order(system, [system.lines[number] for number in numbers]):
        hid |= _hide_smallest(system, line, persons, reasons, pinned)
    return hid


def _in_order(system: System, lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (system.keys[line.parent], line.dimension))


def _hide_smallest(system: System, line: Line, persons: Floats, reasons: Reasons, pinned: Mask) -> bool:
    cells = np.append(line.parts, line.parent)
    printed = cells[(reasons[cells] == PRINTED) & ~pinned[cells] & (persons[cells] > 0)]
    if not len(printed):
        return False
    smallest = min(printed, key=lambda cell: (persons[cell], system.keys[cell]))
    reasons[smallest] = COMPLEMENTARY
    return True
