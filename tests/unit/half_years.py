"""Cases by the half year in which they happened, as both editions count them: calendar years, and twelve months
that end with June."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from orchestration import disclosure
from orchestration.disclosure.printed_counts import frozen_counts, printed_counts_of, protect_counts
from orchestration.disclosure.printed_tables import cells_of
from orchestration.disclosure.windows import too_much_beside

POLICY = disclosure.load_disclosure_policy()
K = POLICY.partner.least_persons
EMPTY = disclosure.Ledger({}, [], "")
# The first half year of a world is the second one of this year.
FIRST_YEAR = 2021
# A cell is known by its start and end; a total by "*".
Cells = Mapping[tuple[str, str], int]


def halves_of(period: str) -> tuple[int, int]:
    """The two half years of a period, counted from the first of a world."""
    if period.endswith("-Q2-12m"):
        first = 2 * (int(period[:4]) - 1 - FIRST_YEAR)
        return first, first + 1
    first = 2 * (int(period) - FIRST_YEAR) - 1
    return first, first + 1


def periods_of(halves: int) -> pd.DataFrame:
    """Years and twelve months of which each half year lies in the world."""
    rows = []
    for year in range(FIRST_YEAR, FIRST_YEAR + halves):
        rows.append((f"{year}-Q2-12m", "rolling_12_months", date(year - 1, 7, 1), date(year, 6, 30), True))
        rows.append((f"{year}", "year", date(year, 1, 1), date(year, 12, 31), True))
    rows = [row for row in rows if halves_of(row[0])[0] >= 0 and halves_of(row[0])[1] < halves]
    return pd.DataFrame(rows, columns=["period_id", "period_kind", "period_from", "period_to", "is_complete"])


def told_of(
    world: Sequence[Cells], partners: int = 4, children: Sequence[Cells] | None = None
) -> pd.DataFrame:
    """One person a movement, told by the partners in turn; a row for each period that holds it. `children`: how
    many of each cell are."""
    rows = []
    number = 0
    names = periods_of(len(world))["period_id"]
    for half, cells in enumerate(world):
        inside = [name for name in names if half in halves_of(name)]
        for (origin, destination), persons in sorted(cells.items()):
            for at in range(persons):
                number += 1
                rows += [
                    {
                        "movement_id": number, "partner": f"partner_{at % partners}", "record_grain": "case",
                        "period_id": period, "origin_place_id": origin, "destination_place_id": destination,
                        "origin_country_place_id": "KEN", "destination_country_place_id": "KEN",
                        "is_child": bool(children) and at < (children or world)[half].get((origin, destination), 0),
                        "person_count": 1, "record_count": 1,
                    }
                    for period in inside
                ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(disclosure.AGGREGATES["intermediate.int_told"]))


class Printed:
    """Both editions of a world: `public` and `partner` lead from period and cell to the number printed there.

    `is_guarded` is false for a protect step that looks at each period by itself. `ledger`: what was printed
    for the public before.
    """

    def __init__(
        self,
        world: Sequence[Cells],
        is_guarded: bool = True,
        ledger: disclosure.Ledger = EMPTY,
        children: Sequence[Cells] | None = None,
        policy: disclosure.DisclosurePolicy = POLICY,
    ) -> None:
        self.told, periods = told_of(world, children=children), periods_of(len(world))
        self.periods = periods
        # The lag of the public edition has passed for all years.
        self.as_of = as_of = max(periods["period_to"]).replace(year=FIRST_YEAR + len(world))
        public = disclosure.printing_of("public", policy, periods, as_of, ledger)
        protected = protect_counts(self.told, public)
        frames = [printed_counts_of(protected, public), frozen_counts(public)]
        of_public = pd.concat([one for one in frames if len(one)] or frames[:1], ignore_index=True)
        self.public_cells = cells_of(of_public, public.periods)
        self.public, self.public_counts = _numbers(of_public), of_public
        self.printing = disclosure.printing_of("partner", policy, periods, as_of, ledger, self.public_cells)
        too_much = too_much_beside(self.told, self.printing) if is_guarded else None
        self.protected = protect_counts(self.told, self.printing, too_much)
        counts = printed_counts_of(self.protected, self.printing)
        self.partner, self.partner_counts = _numbers(counts), counts
        self.read_back = counts.merge(periods[["period_id", "period_from", "period_to"]], on="period_id")

    def leftovers(self) -> dict[tuple[str, ...], dict[tuple[str, str], int]]:
        """By hand: for each row of three, five … periods of both editions the numbers that both of its ends
        leave, of each cell that all of them print."""
        both = {**self.public, **self.partner}
        names = sorted(self.periods["period_id"], key=halves_of)
        found = {}
        for length in range(3, len(names) + 1, 2):
            for start in range(len(names) - length + 1):
                run = tuple(names[start : start + length])
                tables = [both.get(name, {}) for name in run]
                cells = set.intersection(*(set(table) for table in tables))
                found[run] = {
                    cell: sum((-1) ** at * table[cell] for at, table in enumerate(tables)) for cell in cells
                }
        return found

    def open(self, read_back: pd.DataFrame | None = None) -> int:
        """What the gate finds."""
        return disclosure.open_leftovers(
            self.told, self.read_back if read_back is None else read_back, self.printing
        )


def _numbers(counts: pd.DataFrame) -> dict[str, dict[tuple[str, str], int]]:
    found: dict[str, dict[tuple[str, str], int]] = {}
    for row in counts[counts["population"] == "all"].itertuples():
        cell = (str(row.origin_place_id), str(row.destination_place_id))
        found.setdefault(str(row.period_id), {})[cell] = int(str(row.person_count))
    return found
