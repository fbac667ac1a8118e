"""Partners that deliver what they come to know of, some of it long after it happened. Seeded, so runs repeat.

Times are in months from a world's month 0 on.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from orchestration.statistics.comparisons import first_day
from orchestration.statistics.scatter import Counts, Floats

FIRST = 2020 * 12  # the number of a world's month 0
KEYS = ["partner", "is_abroad", "event_month", "first_delivered_on"]


class Deliveries:
    """When each partner delivers, up to a month: every month or every quarter. Some know later than others."""

    def __init__(self, dice: np.random.Generator, partners: int, until: int) -> None:
        self.times = [np.arange(1 + at % 3, until, (1, 3)[at % 2]) + 0.15 for at in range(partners)]
        self._dice, self._slow = dice, np.exp(dice.normal(0, 0.2, partners))

    def known(self, partner: Counts, month: Counts, mean: Floats | float) -> Floats:
        """When each record of these partners and months becomes known: gamma delays of these means."""
        happened = month + self._dice.random(len(month))
        return happened + self._dice.gamma(1.5, mean * self._slow[partner] / 1.5)

    def first(self, partner: Counts, known: Floats) -> Floats:
        """The partner's next delivery after these times; nan: it is still to come."""
        found = np.full(len(known), np.nan)
        for number, times in enumerate(self.times):
            own = partner == number
            found[own] = np.append(times, np.nan)[np.searchsorted(times, known[own])]
        return found

    def frames(
        self, partner: Counts, month: Counts, is_abroad: np.ndarray, first: Floats
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Counts of cases and deliveries, as `still_to_come` takes them."""
        came = ~np.isnan(first)
        columns = partner[came], is_abroad[came], month[came], first[came]
        counts = pd.DataFrame(dict(zip(KEYS, columns, strict=True))).groupby(KEYS).size()
        of_cells = counts.rename("record_count").reset_index()
        on = of_cells["first_delivered_on"].map(_day)
        months = (of_cells["event_month"] + FIRST).map(first_day)
        sent = [(number, _day(time)) for number, times in enumerate(self.times) for time in times]
        deliveries = pd.DataFrame(sent, columns=["partner", "delivered_on"])
        return (
            of_cells.assign(record_grain="case", event_month=months, first_delivered_on=on),
            deliveries.assign(record_grain="case", reported_to=deliveries["delivered_on"]),
        )


def _day(time: float) -> date:
    whole = int(time)
    return first_day(FIRST + whole).replace(day=1 + int((time - whole) * 28))
