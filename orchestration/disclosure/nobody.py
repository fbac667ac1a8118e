"""That nobody was there: told by "new", "gone" and "never before", and known to whoever attacks the counts.

A zero is not printed in any table, because the cells beside it become easier to work out. A word that tells
one is let through only where the printed cells of those days withstand the attack with that zero known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

from orchestration.disclosure.audit import PrintedTable, audit
from orchestration.disclosure.printed_counts import ENDS
from orchestration.disclosure.tables import TOTAL

Cell = tuple[str, str]


def is_safe_beside(
    printed: dict[Cell, int], zeros: Collection[Cell], places: dict[str, set[str]], k: int
) -> bool:
    """Whether no hidden cell becomes narrow by these zeros that was not so before.

    `printed`: cells of one system by both ends; `places`: all that the system counts, by end. The reader
    knows no counts here, so that a system can be asked about whose counts have changed since.
    """
    # Whoever does not know the zeros does not know either that nothing hides there.
    known = {end: places[end] | {cell[at] for cell in zeros} for at, end in enumerate(ENDS)}
    before = _narrow(printed, (), known, k)
    after = _narrow(printed, zeros, known, k)
    return before is not None and after is not None and after <= before


def _narrow(
    printed: dict[Cell, int], zeros: Iterable[Cell], places: dict[str, set[str]], k: int
) -> set[str] | None:
    """Hidden cells that may hold somebody and are narrow; None where the numbers contradict each other."""
    told = {**printed, **dict.fromkeys(zeros, 0)}
    every = {end: {*places[end], *(cell[at] for cell in told)} - {TOTAL} for at, end in enumerate(ENDS)}
    known = [(*cell, value, value, False) for cell, value in told.items()]
    # One unknown cell a place, so that all places are on the axes.
    first = {end: min(names, default=TOTAL) for end, names in every.items()}
    rest = {(place, first[ENDS[1]]) for place in every[ENDS[0]]} | {
        (first[ENDS[0]], place) for place in every[ENDS[1]]
    }
    totals = {(place, TOTAL) for place in every[ENDS[0]]} | {(TOTAL, place) for place in every[ENDS[1]]}
    hidden = [(*cell, 0, float("inf"), True) for cell in (rest | totals | {(TOTAL, TOTAL)}) - told.keys()]
    cells = pd.DataFrame([*known, *hidden], columns=[*ENDS, "low", "high", "is_hidden"])
    found = audit([PrintedTable("told", ENDS, cells, lists_all=False)], k)
    if found.contradictions:
        return None
    return set(found.cells.loc[(found.cells["high"] > 0) & ~found.cells["passed"], "cell"])
