"""What the partner edition gives away beside the public one: asked of all that it would print, until it names
no cell that has to be hidden as well."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from orchestration.disclosure.across import Overlapping
from orchestration.disclosure.printed_counts import whole_countries
from orchestration.disclosure.printing import Printing
from orchestration.disclosure.protect import TooMuch
from orchestration.disclosure.remainders import Remainder, runs
from orchestration.disclosure.tables import Groups
from orchestration.disclosure.windows import PeriodsOfGrain, by_days


def too_much_beside(told: pd.DataFrame, printing: Printing) -> TooMuch | None:
    """None where no periods overlap. `told`: rows of int_told."""
    if printing.edition == "public":
        return None
    told = told.rename(columns={"person_count": "persons", "record_count": "records"})
    groups, remainders, overlapping = whole_countries(told), list[Remainder](), list[Overlapping]()
    for grain, rows in by_days(told, printing):
        periods = PeriodsOfGrain(grain, rows, printing)
        remainders += _remainders(periods, groups, printing)
        if periods.overlap:
            overlapping.append(Overlapping(periods, groups, printing))
    if not overlapping:
        return None
    remainders.sort(key=lambda one: len(one.added))

    def too_much(printed: Mapping[str, int]) -> set[str]:
        ours = {cell: (float(value),) for cell, value in printed.items()}
        have = {cell: tuple(map(float, values)) for cell, values in printing.known.items()} | ours
        hideable = {cell: values for cell, values in ours.items() if cell not in printing.known}
        asked: list[Remainder | Overlapping] = [*remainders, *overlapping]
        for one in asked:
            if found := one.too_much(have, hideable):
                return found
        return set()

    return too_much


def _remainders(periods: PeriodsOfGrain, groups: Groups, printing: Printing) -> list[Remainder]:
    """One for each run of periods of both editions."""
    found = []
    for run in runs(periods.near):
        added, taken = run[::2], run[1::2]
        left = periods.rows(added)
        left = left[~left["movement_id"].isin(periods.rows(taken)["movement_id"])]
        if len(left):
            tables = periods.tables("remainder", left, periods.rows(run))
            terms = {days: periods.term(days) for days in run}
            of_added, of_taken = [terms[days] for days in added], [terms[days] for days in taken]
            found.append(Remainder(of_added, of_taken, tables, groups, printing.rules))
    return found
