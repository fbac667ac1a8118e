"""The attack with zeros known: those that words of this release tell, beside those told before.

A word that tells a zero is let through only where the printed cells of those days withstand it. Counts that
are printed for the first time are attacked knowing them; those of an earlier release without, because they
may have changed since.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from orchestration.disclosure.audit import PrintedTable, audit
from orchestration.disclosure.policy import EditionPolicy
from orchestration.disclosure.printed_counts import audit_counts, is_new
from orchestration.disclosure.printing import ENDS, Cell, Printing, Zeros, universe_of
from orchestration.disclosure.tables import TOTAL, tabulate

# Cell and reader → what that reader finds, of cells that come out too narrow.
_Narrow = dict[tuple[str, str], tuple[int, int]]


def opened(told: pd.DataFrame, printed: pd.DataFrame, printing: Printing, zeros: Zeros) -> set[str]:
    """Systems whose hidden cells these zeros would open, or of which they are not true. Zeros that were told
    before are known, whatever is decided: they open nothing.

    `told`: rows of int_told; `printed`: the columns of COUNTS as this edition prints them.
    """
    rules, found = printing.rules, set()
    systems = {
        universe_of(grain, printing.periods.days[period]): (grain, period)
        for grain, periods in printing.periods.counted.items()
        for period in periods
    }
    for universe, cells in sorted(zeros.items()):
        before = printing.zeros.get(universe, frozenset())
        if universe not in systems or cells <= before:
            continue
        of_told = _of_system(told, systems[universe])
        of_printed = _of_system(printed, systems[universe])
        if is_new(of_told, printing).any():
            days = printing.periods.days[systems[universe][1]]
            shown = of_printed.assign(period_from=days[0], period_to=days[1])
            is_safe = audit_counts(of_told, shown, printing, {universe: cells}).is_safe
        else:
            all_ages = of_printed[of_printed["population"] == "all"]
            rows = all_ages[[*ENDS, "person_count"]].astype(dict.fromkeys(ENDS, str))
            values = {(one, other): int(persons) for one, other, persons in rows.itertuples(index=False)}
            is_safe = is_safe_beside(values, cells, of_told, rules, before)
        if not is_safe:
            found.add(universe)
    return found


def is_safe_beside(
    printed: Mapping[Cell, int],
    zeros: Collection[Cell],
    told: pd.DataFrame,
    rules: EditionPolicy,
    known: Collection[Cell] = (),
) -> bool:
    """Whether no hidden cell comes out narrower with these zeros than with those known before.

    `printed`: cells of one system by both ends; `told`: its rows of int_told as they are now, which say what
    places there are and what each partner knows by itself. The readers know no counts here.
    """
    # Whoever does not know the zeros does not know either that nothing hides there.
    places = {
        end: {*told[end].astype(str), *(cell[at] for cell in (*zeros, *known, *printed))} - {TOTAL}
        for at, end in enumerate(ENDS)
    }
    after = _narrow(printed, {*zeros, *known}, places, told, rules)
    if not after:
        return after is not None
    before = _narrow(printed, {*known}, places, told, rules)
    return before is not None and after.items() <= before.items()


def _narrow(
    printed: Mapping[Cell, int],
    zeros: Collection[Cell],
    places: Mapping[str, set[str]],
    told: pd.DataFrame,
    rules: EditionPolicy,
) -> _Narrow | None:
    """Hidden cells that may hold somebody and are narrow; None where the numbers contradict each other."""
    if any(printed.get(cell, 0) for cell in zeros):
        return None
    values = {**printed, **dict.fromkeys(zeros, 0)}
    known = [(*cell, value, value, False) for cell, value in values.items()]
    # One unknown cell a place, so that all places are on the axes.
    first = {end: min(names, default=TOTAL) for end, names in places.items()}
    rest = {(place, first[ENDS[1]]) for place in places[ENDS[0]]} | {
        (first[ENDS[0]], place) for place in places[ENDS[1]]
    }
    totals = {(place, TOTAL) for place in places[ENDS[0]]} | {(TOTAL, place) for place in places[ENDS[1]]}
    hidden = [(*cell, 0, float("inf"), True) for cell in (rest | totals | {(TOTAL, TOTAL)}) - values.keys()]
    cells = pd.DataFrame([*known, *hidden], columns=[*ENDS, "low", "high", "is_hidden"])
    rows = told.rename(columns={"person_count": "persons", "record_count": "records"})
    own = tabulate("own", rows, ENDS).of_partners if len(rows) else None
    found = audit(
        [PrintedTable("told", ENDS, cells, lists_all=False, of_partners=own)],
        rules.least_persons,
        insider_width=rules.insider_least_width,
        of_each_reader=True,
    )
    if found.contradictions:
        return None
    narrow = found.cells[(found.cells["high"] > 0) & ~found.cells["passed"]]
    columns = narrow[["cell", "attacker", "low", "high"]].itertuples(index=False, name=None)
    return {(str(cell), str(reader)): (int(low), int(high)) for cell, reader, low, high in columns}


def _of_system(rows: pd.DataFrame, system: tuple[str, str]) -> pd.DataFrame:
    return rows[(rows["record_grain"] == system[0]) & (rows["period_id"] == system[1])]
