"""The audit of what is printed, by one who knows no more than a reader: an edition's files, or anybody's.

Here the truth is not known, only what the tables say of it; `protect` attacks the same way and knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from orchestration.disclosure.attack import (
    GUESSES_SMALL,
    KNOWS_TOTAL,
    Attacked,
    Known,
    Want,
    attack,
    attack_from_inside,
)
from orchestration.disclosure.programs import Contradiction
from orchestration.disclosure.system import Mask, System, Told, build, own_counts, own_unknowns
from orchestration.disclosure.tables import CountTable, Groups

_RESULT = ["universe", "table", "cell", "low", "high", "width", "attacker", "is_exact", "passed"]
# Where no total is printed a cell may be as large as this many times the largest number there is.
_ROOM = 10


@dataclass(frozen=True)
class PrintedTable:
    """`cells`: a column a dimension; `low`, `high`: what is told of the cell, equal where it is printed,
    for a hidden one what its symbol tells (0 and infinity where nothing); `is_hidden`; and `persons`, the
    true count, if the auditor knows it of every table.

    `lists_all` is false where cells that are not listed may be hidden as well as empty. `of_partners`: what
    each partner knows by itself, as in `CountTable`.
    """

    name: str
    dimensions: tuple[str, ...]
    cells: pd.DataFrame
    universe: str = "all"
    lists_all: bool = True
    of_partners: pd.DataFrame | None = None

    @classmethod
    def of(cls, counted: CountTable, printed: pd.DataFrame, k: int) -> PrintedTable:
        """What was printed of a table of ours, for the one who knows the counts too.

        `printed`: dimensions, `value` and `is_carried`, as `ProtectedTable.printed` gives them or as they
        were read back from a file; a carried cell is known to less than `k` either way.
        """
        dimensions = [*counted.dimensions]
        told = printed.assign(**{one: printed[one].astype(str) for one in dimensions})
        cells = counted.cells[[*dimensions, "persons"]].merge(told, on=dimensions, how="outer")
        value = cells["value"].astype("Float64")
        slack = cells["is_carried"].eq(True).fillna(False).astype(int) * (k - 1)
        cells = cells.assign(
            persons=cells["persons"].fillna(0),
            low=(value - slack).clip(lower=0).fillna(0).astype(float),
            high=(value + slack).fillna(np.inf).astype(float),
            is_hidden=value.isna(),
        )
        return cls(counted.name, counted.dimensions, cells, counted.universe, False, counted.of_partners)


@dataclass(frozen=True)
class Audit:
    """`cells`: one row a hidden cell that a reader narrows to less than `k` - 1: bounds, by which attacker,
    whether exactly. `passed` there only if the cell is, or may be, empty. `small`: cells that are no secret
    at all: printed, and of 1 to `k` - 1.
    """

    k: int
    hidden: int
    cells: pd.DataFrame
    contradictions: dict[str, str]
    small: int = 0

    @property
    def is_safe(self) -> bool:
        return bool(self.cells["passed"].all()) and not self.contradictions and not self.small

    def as_dict(self) -> dict[str, Any]:
        return {
            "safe": self.is_safe,
            "k": self.k,
            "hidden": self.hidden,
            "exact": self.exact,
            "narrow": int((~self.cells["passed"]).sum()),
            "printed_small": self.small,
            "cells": self.cells.to_dict("records"),
            "contradictions": self.contradictions,
        }

    @property
    def exact(self) -> int:
        """Hidden cells with persons that are known exactly."""
        return int((self.cells["is_exact"] & (self.cells["high"] > 0)).sum())


def printed_small(tables: Iterable[PrintedTable], k: int) -> int:
    """Cells printed with 1 to `k` - 1 persons; a carried one is not known to be so small."""
    small = 0
    for table in tables:
        low, high = table.cells["low"].astype(float), table.cells["high"].astype(float)
        small += int((~table.cells["is_hidden"].astype(bool) & (low > 0) & (high < k)).sum())
    return small


def audit(
    tables: Sequence[PrintedTable],
    k: int,
    groups: Groups | None = None,
    may_be_empty: bool = False,
    insider_width: int = 0,
    of_each_reader: bool = False,
    own: Mapping[str, pd.DataFrame] | None = None,
) -> Audit:
    """What the tables give away together, universe by universe; of each cell what the best reader finds, or
    what each of them does.

    `may_be_empty`: the symbol of a hidden cell stands for an empty one too, so that a cell that may hold
    nobody tells of nobody. Tables of a universe that contradict each other are not attacked, but told.
    `insider_width`: how wide each partner's bounds of the others' part must be, where partners are known;
    `own`: of universes what they know by themselves of the finest cross (`own_unknowns`).
    """
    found, contradictions, hidden = [], {}, 0
    for universe in sorted({table.universe for table in tables}):
        linked = [table for table in tables if table.universe == universe]
        try:
            cells, asked = _audit_universe(
                linked, k, groups or {}, may_be_empty, insider_width, (own or {}).get(universe)
            )
        except Contradiction as contradiction:
            contradictions[universe] = str(contradiction)
            continue
        best = cells if of_each_reader else cells.drop_duplicates("cell")
        found.append(best.assign(universe=universe))
        hidden += asked
    cells = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=_RESULT)
    cells = cells[_RESULT].astype({"is_exact": bool, "passed": bool})
    return Audit(k, hidden, cells, contradictions)


def _audit_universe(
    tables: Sequence[PrintedTable], k: int, groups: Groups, may_be_empty: bool, insider_width: int,
    of_partners: pd.DataFrame | None,
) -> tuple[pd.DataFrame, int]:  # fmt: skip
    system = build([Told(one.name, one.dimensions, one.cells, not one.lists_all) for one in tables], groups)
    known, is_hidden = _known(system, tables, k)
    _refuse_contradicting_lines(system, known)
    asked = np.flatnonzero(is_hidden & ~(known.true <= 0))
    # A symbol that says "below k" leaves no upper end of k to ask for.
    want = Want.of(system.size, k - 1, 0 if np.isnan(known.true).any() else k)
    guess, proved = replace(want, reach=np.zeros(system.size)), None
    results = []
    with suppress(Contradiction):  # some hidden cell is large: the guess is wrong, and tells nothing
        found, proved = attack(system.members, known, asked, guess, k, GUESSES_SMALL)
        results.append(found)
    results.insert(0, attack(system.members, known, asked, want, k, KNOWS_TOTAL, proved)[0])
    if own := own_counts(system, [(one.dimensions, one.of_partners) for one in tables]):
        finest = None if of_partners is None else own_unknowns(system, of_partners)
        results += attack_from_inside(system.members, known, own, asked, insider_width, finest)
    table_of = {int(cell): one.name for one in reversed(tables) for cell in system.rows[one.name]}
    rows = [row for result in results for row in _rows(system, result, table_of, may_be_empty)]
    narrow = pd.DataFrame(rows, columns=_RESULT[1:])
    return narrow.sort_values(["cell", "width"], kind="stable"), len(asked)


def _known(system: System, tables: Sequence[PrintedTable], k: int) -> tuple[Known, Mask]:
    low, high = np.zeros(system.size), np.full(system.size, np.inf)
    is_hidden = np.ones(system.size, dtype=bool)
    for one in tables:
        cells, rows = system.cells[one.name], system.rows[one.name]
        np.maximum.at(low, rows, cells["low"].fillna(0).to_numpy(dtype=float))
        np.minimum.at(high, rows, cells["high"].fillna(np.inf).to_numpy(dtype=float))
        is_hidden[rows[cells["is_hidden"].eq(False).to_numpy(dtype=bool)]] = False
    for cell in np.flatnonzero(low > high)[:1]:
        raise Contradiction(f" (the cell {system.keys[cell]} is told in two ways)")
    printed = high[np.isfinite(high)]
    whole = high[np.asarray(system.members.sum(axis=1)).ravel() == system.members.shape[1]]
    most = whole.min(initial=np.inf)
    if not np.isfinite(most):
        most = _ROOM * max(printed.max(initial=0), 100.0)
    true = np.full(system.size, np.nan)
    if all("persons" in one.cells for one in tables):
        for one in tables:
            true[system.rows[one.name]] = system.cells[one.name]["persons"].fillna(0)
    return Known(low, high, true, is_hidden & ~(true >= k), float(most)), is_hidden


def _refuse_contradicting_lines(system: System, known: Known) -> None:
    """Names the first sum that cannot be: a solver would only say that some cannot."""
    for line in system.lines:
        low, high = known.low[line.parts].sum(), known.high[line.parts].sum()
        if known.low[line.parent] > high or known.high[line.parent] < low:
            raise Contradiction(
                f" (the parts of {system.keys[line.parent]} by {line.dimension} add up to "
                f"{_span(low, high)}; it is told as {_span(known.low[line.parent], known.high[line.parent])})"
            )


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} or more" if np.isinf(high) else f"{low:g} to {high:g}"


def _rows(
    system: System, result: Attacked, table_of: dict[int, str], may_be_empty: bool
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for cell, low, high in zip(
        *(one[~result.is_safe] for one in (result.cells, result.low, result.high)), strict=True
    ):
        is_empty = high <= 0 or (may_be_empty and low <= 0)
        rows.append(
            (table_of[int(cell)], system.keys[cell], int(low), int(high), int(high - low), result.attacker,
             bool(low == high), bool(is_empty))
        )  # fmt: skip
    return rows


def bounds_of_share(share: float, digits: int, base: float) -> tuple[float, float]:
    """The whole numbers that a rounded percentage of a known base may stand for."""
    half = 0.5 * 10.0**-digits
    low, high = (share - half) / 100 * base, (share + half) / 100 * base
    return float(max(np.ceil(low - 1e-9), 0)), float(np.floor(high + 1e-9))
