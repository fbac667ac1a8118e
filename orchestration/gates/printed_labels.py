"""Labels of quarters and of twelve months, counted anew beside the printed counts of the same file.

Which labels may stand is decided in `disclosure`; this asks only what a reader of the file can work out: how
many persons of a printed cell are left for the parts of it that have no label.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from orchestration import disclosure
from orchestration.statistics import load_policy

Cell = tuple[str, str]
Days = tuple[date, date]
_ALL = disclosure.TOTAL


def labels_without_room(file: Path, schema: str, counts: pd.DataFrame, printing: disclosure.Printing) -> int:
    """How many labels leave fewer than k - 1 persons of a printed cell for the rest of it, or are of days
    that no printed cell holds. `counts`: as the file prints them."""
    with duckdb.connect(str(file.resolve()), read_only=True) as con:
        columns = "record_grain, role, place_id, period_id"
        labels = con.execute(f"select {columns} from {schema}.{schema}_hotspots").df().astype(str)
    counted = [(grain, period) for grain, of in printing.periods.counted.items() for period in of]
    keys = zip(labels["record_grain"], labels["period_id"], strict=True)
    of_cells: dict[tuple[str, Cell], set[str]] = {}
    for row, key in zip(labels.to_dict("records"), keys, strict=True):
        if key not in counted:
            found = of_cells.setdefault((row["record_grain"], _cell(row["role"], row["place_id"])), set())
            found.add(row["period_id"])
    return sum(_without_room(*asked, found, counts, printing) for asked, found in of_cells.items())


def trends_without_quarters(file: Path, schema: str) -> int:
    """How many trends stand where labels of too few of the quarters that they rest on stand beside them, or
    none of the last: that enough of them were judged is told nowhere else."""
    policy = load_policy()
    months, least = 3 * int(policy.trend_quarters), int(policy.trend_minimum_quarters)
    with duckdb.connect(str(file.resolve()), read_only=True) as con:
        (found,) = con.execute(
            f"""with labels as (
                select labels.*, periods.period_kind, periods.period_to
                from {schema}.{schema}_hotspots as labels
                inner join {schema}.{schema}_periods as periods on labels.period_id = periods.period_id
            )
            select count(*) from labels as told
            where told.trend_category is not null and not exists (
                select 1 from labels as steps
                where steps.period_kind = 'quarter' and steps.place_id = told.place_id
                    and steps.role = told.role and steps.record_grain = told.record_grain
                    and steps.period_to <= told.period_to
                    and steps.period_to > told.period_to - to_months($months)
                having count(*) >= $least and max(steps.period_to) = told.period_to
            )""",
            {"months": months, "least": least},
        ).fetchall()[0]
    return int(found)


def _cell(role: str, place: str) -> Cell:
    """The smallest printed cell in which all persons behind a label are counted."""
    if role == "origin":
        return place, _ALL
    return (_ALL, _ALL if role == "transit" else place)


def _without_room(
    grain: str, cell: Cell, labelled: set[str], counts: pd.DataFrame, printing: disclosure.Printing
) -> int:
    periods, rules = printing.periods, printing.rules
    if any(periods.kinds[one] == "round" for one in periods.counted.get(grain, ())):
        return len(labelled)  # days of travel divide what was collected in a round
    rounds = {one for one in labelled if periods.kinds[one] == "round"}
    labelled = labelled - rounds
    share = rules.origin_label_share if cell[0] != _ALL else 1 - rules.origin_label_share
    of_grain = counts[counts["record_grain"] == grain]
    of_cell = of_grain[
        (of_grain["population"] == "all")
        & (of_grain["origin_place_id"] == cell[0])
        & (of_grain["destination_place_id"] == cell[1])
    ]
    printed = dict(zip(of_cell["period_id"].astype(str), of_cell["person_count"].astype(int), strict=True))
    found = rounds
    for year in periods.counted.get(grain, ()):
        (first, last), most = periods.days[year], share * printed.get(year, 0)
        days = {one: periods.days[one] for one in labelled}
        inside = {one for one, (start, end) in days.items() if first <= start and end <= last}
        across = {one for one, (start, end) in days.items() if start <= last and first <= end} - inside
        if most < (_apart(days[one] for one in inside) + 1) * rules.least_persons - 1:
            found |= inside
        if most < rules.least_persons:
            found |= across
    known = [periods.days[year] for year in printed]
    # Of a place that no year prints, too, nothing is printed that days after the last year are taken off.
    newest = max((periods.days[str(year)][1] for year in of_grain["period_id"]), default=None)
    for one in labelled:
        for day in periods.days[one]:
            is_open = printing.edition == "partner" and newest is not None and day > newest
            if not is_open and not any(first <= day <= last for first, last in known):
                found.add(one)
    return len(found)


def _apart(periods: Iterable[Days]) -> int:
    """How many of them there are without a common day, at most."""
    many, until = 0, date.min
    for first, last in sorted(periods, key=lambda one: one[1]):
        if first > until:
            many, until = many + 1, last
    return many
