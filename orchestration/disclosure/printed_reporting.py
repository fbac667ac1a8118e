"""Who reported: how many partners watched a county in a counted period, and whether a period was reported in
full.

Where an extract declares no period, the months of its records are taken for watched, so that these words rest
on records too. The public is told them of a period once, and in the same words ever after: one that came or
went would tell of the only record of a partner's month.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd
import pyarrow as pa

from orchestration.disclosure.ledger import Ledger
from orchestration.disclosure.printing import (
    KIND_OF_GRAIN,
    REPORTED_IN,
    Printing,
    day_of,
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
WHOLE_PERIOD, _NOT_KNOWN = "whole", "months_missing"
_NONE, _FEW, _MANY = "none", "one_or_two", "three_or_more"
_SYSTEM = ["record_grain", "period_id"]


def told_reporting(
    frames: Mapping[str, pd.DataFrame], counts: pd.DataFrame, printing: Printing
) -> pd.DataFrame:
    """The columns of REPORTING: a row with the place `*` for each grain and period that may be named, and one
    for each county of those of which anything is printed.

    `frames`: mart_coverage, mart_reported_periods, dim_place; `counts`: rows of COUNTS as this edition prints
    them.
    """
    before = _told_before(printing.ledger)
    rows = []
    for grain, period, place, word in (*_of_periods(frames, printing), *_of_counties(frames, counts)):
        universe = universe_of(grain, printing.periods.days[period])
        is_round = place == TOTAL and printing.periods.kinds[period] == "round"
        told = word if is_round else before.get((universe, place), word)
        rows.append((printing.edition, grain, period, place, told))
    return pd.DataFrame(rows, columns=REPORTING.names)


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
            yield grain, period, place, _NONE if partners == 0 else _FEW if partners < 3 else _MANY
