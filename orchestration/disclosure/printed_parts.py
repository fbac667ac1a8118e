"""Labels of days that are no counted period: quarters of a printed year, twelve months across two years.

A label tells that at least k persons are behind it, so that labels of some parts of a printed count say how
few are left for the others. Of which parts an edition speaks is therefore decided by what is printed, and by
how much of it one partner told: never by whether the other parts are large. A part without a label may be
small, or one of which nothing is ever told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from orchestration.disclosure.printing import ENDS, Cell, Days, Printing, overlap, universe_of
from orchestration.disclosure.protected import full_key
from orchestration.disclosure.system import cell_key
from orchestration.disclosure.tables import TOTAL

# Among places of counts, Kenya where the county is not known; among hotspots, all of Kenya.
HOME = "KEN"
_TO_A_PLACE = ("exploitation", "intended_destination")
_ALL = (TOTAL, TOTAL)
# Of each grain the days of its systems, and their printed cells.
Systems = Mapping[str, list[tuple[Days, dict[Cell, int]]]]


class Counted(NamedTuple):
    """Persons of a cell as counted today, and of how many of them the partner with most told."""

    persons: int
    largest: int


# Of each grain and days.
CountedNow = Mapping[tuple[str, Days], Mapping[Cell, Counted]]


def cell_of_line(role: str, item: str) -> Cell | None:
    """The cell of counts that an item of the counting tables stands for in a role; None where none does."""
    if item == HOME:
        return None
    if role == "od":
        start, _, end = item.partition(">")
        return start, end
    if role == "origin":
        return item, TOTAL
    return (TOTAL, item) if role in _TO_A_PLACE else None


def counted_now(told: pd.DataFrame, printing: Printing) -> CountedNow:
    """`told`: rows of int_told."""
    found: dict[tuple[str, Days], dict[Cell, Counted]] = {}
    for (grain, period), rows in told.groupby(["record_grain", "period_id"]):
        if period not in printing.periods.counted.get(str(grain), ()):
            continue
        rows = rows.assign(**{end: rows[end].astype(str) for end in ENDS})
        summed = ((), ENDS[:1], ENDS[1:], ENDS)
        crossed = pd.concat([rows.assign(**dict.fromkeys(over, TOTAL)) for over in summed])
        persons = crossed.drop_duplicates([*ENDS, "movement_id"]).groupby([*ENDS])["person_count"].sum()
        largest = crossed.groupby([*ENDS, "partner"])["person_count"].sum().groupby(level=[0, 1]).max()
        found[str(grain), printing.periods.days[str(period)]] = {
            cell: Counted(int(persons[cell]), int(largest[cell])) for cell in persons.index
        }
    return found


@dataclass(frozen=True)
class LabelsOfParts:
    """`printing`: of the edition that is to have labels; `systems`: what it prints beside them."""

    printing: Printing
    systems: Systems
    now: CountedNow

    def may_stand(self, line: Any) -> bool:
        """Whether a line of a period that persons are not counted by may be spoken of.

        All its days must lie in printed years, and each of these must have room for its label. For members
        days after the last counted year may be open: nothing is printed that these could be taken off.
        """
        periods, grain = self.printing.periods, str(line.record_grain)
        if "round" in {periods.kinds[one] for one in (*periods.counted.get(grain, ()), str(line.period_id))}:
            return False  # a round holds what was collected in it: days of travel divide it otherwise
        if line.counting_id == HOME or not self.systems.get(grain):
            return False
        first, last = days = periods.days[str(line.period_id)]
        years = [year for year, _ in self.systems[grain]]
        newest = max(year[1] for year in years)
        is_open = {day: self.printing.edition == "partner" and day > newest for day in days}
        if not all(is_open[day] or any(one[0] <= day <= one[1] for one in years) for day in days):
            return False
        for year, cells in self.systems[grain]:
            if not overlap(days, year):
                continue
            room = self._room(line, grain, year, cells)
            is_inside = year[0] <= first and last <= year[1]
            if is_inside and line.counting_role == "od":
                return False  # only labels of its ends share what a year leaves for its parts
            if room < (1 + self._later_parts(str(line.period_id), year) if is_inside else 0):
                return False
        return True

    def _room(self, line: Any, grain: str, year: Days, cells: Mapping[Cell, int]) -> int:
        """How many labels leave k persons more, who may be anywhere; below 0 where they do not even find k.

        The partner with most persons, which takes them off, must be left with as many. Labels of places where
        journeys began and of others are about the same persons, and have a share of them each. They are made
        of today's records: of a frozen count they take no more than is counted today. Who reads members'
        labels knows the public ones, behind which are more persons.
        """
        rules, least_in_public = self.printing.rules, self.printing.policy.public.least_persons
        cell = cell_of_line(str(line.counting_role), str(line.counting_id)) or _ALL
        now = self.now.get((grain, year), {}).get(cell, Counted(0, 0))
        printed = min(cells.get(cell, 0), now.persons)
        of_origins = rules.origin_label_share
        share = {"origin": of_origins, "od": 1.0}.get(str(line.counting_role), 1 - of_origins)
        left = share * max(printed - now.largest, 0) - rules.least_persons
        if left < 0:
            return -1
        key = full_key(universe_of(grain, year), cell_key(dict(zip(ENDS, cell, strict=True))))
        in_public = max([printed, *self.printing.known.get(key, ())])
        of_public = max(int(share * in_public // least_in_public) - 1, 0)
        room = min(int(left // least_in_public), of_public)
        return (
            room if room < of_public else room + int((left - room * least_in_public) // rules.least_persons)
        )

    def _later_parts(self, period: str, year: Days) -> int:
        """How many quarters the year holds after it: the newest have labels first."""
        periods = self.printing.periods
        return sum(
            periods.kinds[one] == "quarter"
            and year[0] <= days[0]
            and days[1] <= year[1]
            and days[0] > periods.days[period][1]
            for one, days in periods.days.items()
        )
