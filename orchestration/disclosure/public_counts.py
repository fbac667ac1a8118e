"""The counts of the public edition: each grain and closed period once, and then frozen.

What was printed is printed again as it was, whatever partners report later: no difference between two
releases tells of anybody. A system is known by its grain and days, not by the name of its period.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa

from orchestration.disclosure.audit import Audit, PrintedTable, audit
from orchestration.disclosure.ledger import Ledger
from orchestration.disclosure.policy import DisclosurePolicy, EditionPolicy
from orchestration.disclosure.protect import protect
from orchestration.disclosure.protected import Protected, full_key
from orchestration.disclosure.suppression import PRINTED, primary
from orchestration.disclosure.system import cell_key
from orchestration.disclosure.tables import TOTAL, CountTable, tabulate

COUNTS = pa.schema(
    [
        ("record_grain", pa.string()),
        ("period_id", pa.string()),
        ("origin_place_id", pa.string()),
        ("destination_place_id", pa.string()),
        ("person_count", pa.int64()),
    ]
)
ENDS = ("origin_place_id", "destination_place_id")
_KIND_OF_GRAIN = {"case": "year", "route_report": "round"}  # as int_public_told counts them
Days = tuple[date, date]


@dataclass(frozen=True)
class Periods:
    """Periods that are closed and old enough to be printed: id → first and last day, and id → kind."""

    days: Mapping[str, Days]
    kinds: Mapping[str, str]

    @classmethod
    def of(cls, periods: pd.DataFrame, policy: EditionPolicy, as_of: date) -> Periods:
        """`periods`: period_id, period_kind, period_from, period_to, is_complete."""
        found = periods[periods["is_complete"].astype(bool)]
        days = {
            str(name): (pd.Timestamp(first).date(), pd.Timestamp(last).date())
            for name, first, last in zip(
                found["period_id"], found["period_from"], found["period_to"], strict=True
            )
        }
        old = {name: one for name, one in days.items() if one[1] + timedelta(days=policy.lag_days) <= as_of}
        kinds = dict(zip(found["period_id"], found["period_kind"], strict=True))
        return cls(old, {name: str(kinds[name]) for name in old})

    def named(self, grain: str, days: Days) -> str | None:
        """The id of the period by which a grain is counted; None where there is none of these days."""
        kind = _KIND_OF_GRAIN.get(grain)
        return next(
            (name for name, one in self.days.items() if one == days and self.kinds[name] == kind), None
        )


def universe_of(grain: str, days: Days) -> str:
    return f"{grain} {days[0]}..{days[1]}"


def days_of(universe: str) -> tuple[str, Days]:
    """Grain and days of a system."""
    grain, _, days = universe.partition(" ")
    first, _, last = days.partition("..")
    return grain, (date.fromisoformat(first), date.fromisoformat(last))


def protect_counts(
    told: pd.DataFrame, policy: DisclosurePolicy, periods: Periods, ledger: Ledger
) -> Protected:
    """What may be printed of systems that no release has printed yet. `told`: rows of int_public_told."""
    return protect(new_tables(told, periods, ledger), policy, "public")


def new_tables(told: pd.DataFrame, periods: Periods, ledger: Ledger) -> list[CountTable]:
    """One table a system. Days that were printed already, under whatever name, are not counted anew."""
    before = [days_of(universe) for universe in _universes(ledger)]
    told = told[told["period_id"].isin(periods.days.keys())]
    told = told.rename(columns={"person_count": "persons", "record_count": "records"})
    return [
        _count_table(universe_of(str(grain), periods.days[str(period)]), rows)
        for (grain, period), rows in told.groupby(["record_grain", "period_id"], sort=True)
        if not any(grain == one and _overlap(periods.days[str(period)], days) for one, days in before)
    ]


def printed_counts_of(protected: Protected, periods: Periods) -> pd.DataFrame:
    """The columns of COUNTS."""
    found = [pd.DataFrame(columns=COUNTS.names)]
    for table in protected.tables:
        grain, days = days_of(table.universe)
        shown = table.printed().rename(columns={"value": "person_count"})
        found.append(shown.assign(record_grain=grain, period_id=periods.named(grain, days))[COUNTS.names])
    return pd.concat([frame for frame in found if len(frame)] or found, ignore_index=True)


def frozen_counts(ledger: Ledger, periods: Periods) -> pd.DataFrame:
    """What was printed before, with its latest values, under the names that its periods have now."""
    rows = []
    for cell, persons in ledger.values().items():
        universe, _, place = cell.partition(": ")
        grain, days = days_of(universe)
        if period := periods.named(grain, days):
            ends = dict.fromkeys(ENDS, TOTAL) | dict(
                part.split("=", 1) for part in place.split(" & ") if "=" in part
            )
            rows.append({"record_grain": grain, "period_id": period, **ends, "person_count": persons})
    return pd.DataFrame(rows, columns=COUNTS.names)


def printed_cells(printed: pd.DataFrame) -> dict[str, int]:
    """Cells named as the ledger does, with their persons.

    `printed`: the columns of COUNTS, and period_from and period_to.
    """
    return {
        full_key(
            universe_of(row.record_grain, (_day(row.period_from), _day(row.period_to))),
            cell_key({ENDS[0]: row.origin_place_id, ENDS[1]: row.destination_place_id}),
        ): int(row.person_count)
        for row in _rows(printed)
    }


def audit_counts(
    told: pd.DataFrame, printed: pd.DataFrame, policy: DisclosurePolicy, periods: Periods, ledger: Ledger
) -> Audit:
    """Attack systems that are printed for the first time, as read back from the file, knowing the counts."""
    tables = [
        PrintedTable.of(table, _shown_of(table, printed, periods), policy.public.least_persons)
        for table in new_tables(told, periods, ledger)
    ]
    return audit(tables, policy.public.least_persons)


def wrong_cells(
    told: pd.DataFrame, printed: pd.DataFrame, policy: DisclosurePolicy, periods: Periods, ledger: Ledger
) -> int:
    """Printed cells that are not as counted, that the policy does not let stand by themselves, or that differ
    from what was printed before."""
    allowed = ledger.values()
    for table in new_tables(told, periods, ledger):
        cells = table.cells[primary(table.cells, policy.public) == PRINTED]
        for place, persons in zip(cells[[*ENDS]].to_dict("records"), cells["persons"], strict=True):
            allowed[
                full_key(table.universe, cell_key({str(one): str(value) for one, value in place.items()}))
            ] = int(persons)
    return sum(allowed.get(cell) != persons for cell, persons in printed_cells(printed).items())


def _count_table(universe: str, rows: pd.DataFrame) -> CountTable:
    return tabulate(
        universe,
        rows,
        ENDS,
        levels=dict.fromkeys(ENDS, "county"),
        universe=universe,
        # Where a person comes from is known to many; that must not tell where to.
        attributes=("destination_place_id",),
    )


def _shown_of(table: CountTable, printed: pd.DataFrame, periods: Periods) -> pd.DataFrame:
    grain, days = days_of(table.universe)
    own = printed[(printed["record_grain"] == grain) & (printed["period_id"] == periods.named(grain, days))]
    return own[[*ENDS, "person_count"]].rename(columns={"person_count": "value"}).assign(is_carried=False)


def _universes(ledger: Ledger) -> set[str]:
    return {cell.partition(": ")[0] for cell in ledger.printed}


def _overlap(one: Days, other: Days) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _rows(frame: pd.DataFrame) -> Iterator[pd.Series]:
    return (row for _, row in frame.iterrows())


def _day(value: object) -> date:
    return pd.Timestamp(str(value)).date()
