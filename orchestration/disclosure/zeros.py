"""That nobody was there: which words tell it, of which cells, and what the ledger keeps of it.

A zero is printed in no table, because the cells beside it become easier to work out. "New" and "never before"
tell of earlier rounds that a cell was empty, "emerging" and "abandoned" of the other window. Who knows one
keeps it: the ledger holds what was told of each round, and a zero follows from that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from orchestration.disclosure.ledger import Ledger
from orchestration.disclosure.printing import (
    ENDS,
    NEWS_OF,
    Cell,
    Days,
    Periods,
    Zeros,
    day_of,
    days_of,
    universe_of,
)
from orchestration.disclosure.protected import full_key
from orchestration.disclosure.system import cell_key
from orchestration.disclosure.tables import TOTAL, CountTable

NEW = ("panel_confirmed", "new_source")
NOBODY_BEFORE, NOBODY_NOW = ("emerging", "new_source"), ("abandoned",)
# Kenya where the county is not known: no place of its own.
_HOME = "KEN"
# Behind the name of a round of which nothing further will be told.
_CLOSED = "all"


class News(NamedTuple):
    """What is told of an item in a round."""

    grain: str
    days: Days
    role: str
    kind: str
    item: str
    evidence: str

    @property
    def zero(self) -> Cell | None:
        """The cell that this tells to be empty in every round before.

        A place that was not named before says nothing of its county, whose towns count there.
        """
        is_zero = self.evidence in NEW and self.kind != "place"
        return cell_of(self.kind, self.item, self.role) if is_zero else None


def cell_of(kind: str, item: str, role: str) -> Cell | None:
    """The cell that counts an item; None where no cell does."""
    if kind == "corridor":
        start, _, end = item.partition(">")
        return start, end
    if kind == "form" or item == _HOME:
        return None
    return {"origin": (item, TOTAL), "destination": (TOTAL, item)}.get(role)


def zeros_of_news(news: Iterable[News], periods: Periods) -> Zeros:
    """Of each system the cells told to be empty."""
    news = [one for one in news if one.zero is not None]
    found: dict[str, set[Cell]] = {}
    for grain, counted in periods.counted.items():
        for days in (periods.days[period] for period in counted):
            told = {one.zero for one in news if one.grain == grain and days < one.days and one.zero}
            if told:
                found.setdefault(universe_of(grain, days), set()).update(told)
    return _frozen(found)


def zeros_of_shifts(shifts: pd.DataFrame, periods: Periods) -> Zeros:
    """The same of corridors that came or went. `shifts`: corridor_id, record_grain, baseline_window,
    current_window, status."""
    found: dict[str, set[Cell]] = {}
    for row in shifts.to_dict("records"):
        empty = empty_window(str(row["status"]))
        cell = cell_of("corridor", str(row["corridor_id"]), "any")
        if empty and cell and str(row[empty]) in periods.days:
            universe = universe_of(str(row["record_grain"]), periods.days[str(row[empty])])
            found.setdefault(universe, set()).add(cell)
    return _frozen(found)


def empty_window(status: str) -> str | None:
    """The window in which a status says that nobody was there."""
    if status in NOBODY_BEFORE:
        return "baseline_window"
    return "current_window" if status in NOBODY_NOW else None


def together(*zeros: Zeros) -> Zeros:
    return {
        universe: frozenset().union(*(one.get(universe, frozenset()) for one in zeros))
        for universe in {universe for one in zeros for universe in one}
    }


def standing(tables: Sequence[CountTable], zeros: Zeros) -> Zeros:
    """Those of these tables' systems that are true today.

    One that is not any more is as any hidden cell: who believes in it is mistaken, and what its old zero and
    its present bounds tell of the difference is as wide as those.
    """
    found = {}
    for table in tables:
        if table.dimensions == ENDS and (told := zeros.get(table.universe)):
            filled = table.cells.loc[table.cells["persons"] > 0, [*ENDS]].astype(str)
            found[table.universe] = told - set(filled.itertuples(index=False, name=None))
    return found


def as_printed(zeros: Zeros) -> dict[str, tuple[int, ...]]:
    """Zeros named as the ledger names cells, with their value."""
    return {
        full_key(universe, cell_key(dict(zip(ENDS, cell, strict=True)))): (0,)
        for universe, cells in sorted(zeros.items())
        for cell in sorted(cells)
    }


def with_zeros(shown: pd.DataFrame, cells: Iterable[Cell]) -> pd.DataFrame:
    """What a reader has of a table by both ends: what is printed, and those zeros.

    `shown`: the ends, `value`, `is_carried`.
    """
    has = set(shown[[*ENDS]].astype(str).itertuples(index=False, name=None))
    rows = [(*cell, 0, False) for cell in sorted(cells) if cell not in has]
    zeros = pd.DataFrame(rows, columns=[*ENDS, "value", "is_carried"])
    return pd.concat([one for one in (shown, zeros) if len(one)] or [shown], ignore_index=True)


def news_of(printed: pd.DataFrame) -> list[News]:
    """Rows of a printed table of news. Columns: record_grain, period_from, period_to, role, item_kind, item,
    evidence_class; a row without an item stands for a round that is printed and is not news."""
    return [
        News(
            str(row["record_grain"]), (day_of(row["period_from"]), day_of(row["period_to"])),
            str(row["role"]), str(row["item_kind"]), str(row["item"]), str(row["evidence_class"]),
        )
        for row in printed.to_dict("records")
        if not pd.isna(row["item"])
    ]  # fmt: skip


def news_cells(printed: pd.DataFrame) -> dict[str, int]:
    """What is told of rounds, named for the ledger; the number says only that it is told.

    A round that is printed is closed with what was told of it: nothing is added later.
    """
    found = {}
    for one in news_of(printed):
        told = f"{one.evidence} {one.role} {one.kind}:{one.item}"
        found[NEWS_OF + full_key(universe_of(one.grain, one.days), told)] = 1
    for row in printed.to_dict("records"):
        days = day_of(row["period_from"]), day_of(row["period_to"])
        found[NEWS_OF + full_key(universe_of(str(row["record_grain"]), days), _CLOSED)] = 1
    return found


def told_before(ledger: Ledger) -> list[News]:
    """All that the public was told of rounds."""
    found = []
    for cell in ledger.printed:
        universe, _, told = cell.partition(": ")
        if universe.startswith(NEWS_OF) and told != _CLOSED:
            evidence, role, item = told.split(" ", 2)
            kind, _, item = item.partition(":")
            found.append(News(*days_of(universe.removeprefix(NEWS_OF)), role, kind, item, evidence))
    return found


def closed_rounds(ledger: Ledger) -> set[tuple[str, Days]]:
    """Rounds of which nothing further is told."""
    named = (cell.partition(": ") for cell in ledger.printed)
    return {
        days_of(universe.removeprefix(NEWS_OF))
        for universe, _, told in named
        if universe.startswith(NEWS_OF) and told == _CLOSED
    }


def _frozen(found: Mapping[str, set[Cell]]) -> Zeros:
    return {universe: frozenset(cells) for universe, cells in found.items()}
