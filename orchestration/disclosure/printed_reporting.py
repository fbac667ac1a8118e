"""Who reported: how many partners watched a county in a counted period, and whether a period was reported in
full.

Where an extract declares no period, the months of its records are taken for watched, so that these words rest
on records too. The public is told them of a period once, and in the same words ever after: one that came or
went would tell of the only record of a partner's month. Quarters and twelve months may be named long after
the years that hold their days. What the public is told of them follows from what was told of these years.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd
import pyarrow as pa

from orchestration.disclosure.ledger import Ledger
from orchestration.disclosure.printing import (
    KIND_OF_GRAIN,
    REPORTED_IN,
    Days,
    Printing,
    day_of,
    overlap,
    universe_of,
)
from orchestration.disclosure.protected import full_key
from orchestration.disclosure.tables import TOTAL

REPORTING = pa.schema(
    [
        ("edition", pa.string()),
        ("record_grain", pa.string()),
        ("period_id", pa.string()),
        ("place_id", pa.string()),
        ("told", pa.string()),
    ]
)
WHOLE_PERIOD, _NOT_KNOWN, _YEAR_IN_PART = "whole", "months_missing", "year_in_part"
_NONE, _FEW, _MANY = "none", "one_or_two", "three_or_more"
# As the words say, whatever the policy asks of a count.
_LEAST_MANY = 3
_SYSTEM = ["record_grain", "period_id"]
# Grain, period and place.
Key = tuple[str, str, str]


def told_reporting(
    frames: Mapping[str, pd.DataFrame], counts: pd.DataFrame, printing: Printing
) -> pd.DataFrame:
    """The columns of REPORTING: a row with the place `*` for each grain and period that may be named, and one
    for each county of those of which anything is printed.

    `frames`: mart_coverage, mart_reported_periods, dim_place; `counts`: rows of COUNTS as this edition prints
    them.
    """
    before = _told_before(printing.ledger)
    told = {}
    for grain, period, place, word in (*_of_periods(frames, printing), *_of_counties(frames, counts)):
        is_round = place == TOTAL and printing.periods.kinds[period] == "round"
        universe = universe_of(grain, printing.periods.days[period])
        told[grain, period, place] = word if is_round else before.get((universe, place), word)
    if printing.edition == "public":
        told |= _of_parts(told, before, printing)
    rows = [(printing.edition, *key, word) for key, word in told.items()]
    return pd.DataFrame(rows, columns=REPORTING.names)


def _of_parts(
    told: Mapping[Key, str], before: Mapping[tuple[str, str], str], printing: Printing
) -> dict[Key, str]:
    """Of periods that persons are not counted by what follows from those that are: a year that was reported
    from start to end holds no quarter that was not. Of the same days the same is said."""
    periods, found = printing.periods, {}
    for grain, period, place in told:
        counted, days = periods.counted.get(grain, frozenset()), periods.days[period]
        if place != TOTAL or period in counted or (universe_of(grain, days), place) in before:
            continue
        years = {
            periods.days[one]: told[grain, one, TOTAL] for one in counted if periods.kinds[one] == "year"
        }
        found[grain, period, place] = years.get(days) or _of_days(days, years)
    return found


def _of_days(days: Days, years: Mapping[Days, str]) -> str:
    is_held = all(any(first <= day <= last for first, last in years) for day in days)
    if not is_held:
        return _NOT_KNOWN
    is_whole = all(word == WHOLE_PERIOD for year, word in years.items() if overlap(year, days))
    return WHOLE_PERIOD if is_whole else _YEAR_IN_PART


def reporting_cells(printed: pd.DataFrame) -> dict[str, int]:
    """Words named for the ledger; the number says only that they are told.

    `printed`: the columns of REPORTING without the edition, and period_from and period_to.
    """
    found = {}
    for row in printed.to_dict("records"):
        days = day_of(row["period_from"]), day_of(row["period_to"])
        universe = REPORTED_IN + universe_of(str(row["record_grain"]), days)
        found[full_key(universe, f"{row['told']} {row['place_id']}")] = 1
    return found


def _told_before(ledger: Ledger) -> dict[tuple[str, str], str]:
    """System and place → what the public was told of them first."""
    found: dict[tuple[str, str], str] = {}
    for cell in ledger.printed:
        universe, _, told = cell.partition(": ")
        if universe.startswith(REPORTED_IN):
            word, _, place = told.partition(" ")
            found.setdefault((universe.removeprefix(REPORTED_IN), place), word)
    return found


def _of_periods(
    frames: Mapping[str, pd.DataFrame], printing: Printing
) -> Iterator[tuple[str, str, str, str]]:
    """Of which no partner declares what it watches, nothing is known to be reported from start to end; but a
    round is what was collected in it."""
    reported = frames["mart_reported_periods"].set_index(_SYSTEM)["partial_reason"].to_dict()
    for grain in sorted(KIND_OF_GRAIN):
        for period, kind in sorted(printing.periods.kinds.items()):
            reason = reported.get((grain, period), None if kind == "round" else _NOT_KNOWN)
            yield grain, period, TOTAL, WHOLE_PERIOD if pd.isna(reason) else str(reason)


def _of_counties(
    frames: Mapping[str, pd.DataFrame], counts: pd.DataFrame
) -> Iterator[tuple[str, str, str, str]]:
    """Watched or not."""
    places = frames["dim_place"]
    counties = sorted(places.loc[places["kind"] == "county", "place_id"].astype(str))
    watching = frames["mart_coverage"].set_index([*_SYSTEM, "place_id"])["partner_count"].to_dict()
    for grain, period in sorted(set(counts[_SYSTEM].astype(str).itertuples(index=False, name=None))):
        for place in counties:
            partners = int(watching.get((grain, period, place), 0))
            yield grain, period, place, _NONE if partners == 0 else _FEW if partners < _LEAST_MANY else _MANY
