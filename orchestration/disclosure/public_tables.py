"""The step: what was told of closed periods in, what the public edition may print of it out.

Each grain and period is a system of its own, because no total runs over several of them. Counts go through
`protect`; of labels and bands, which print no count, only lines whose base could be printed are let through.

What does not belong here: counting persons (dbt), and the words of public tables (dbt `public` models).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.disclosure.audit import Audit, PrintedTable, audit
from orchestration.disclosure.ledger import Ledger
from orchestration.disclosure.policy import DisclosurePolicy, EditionPolicy, load_disclosure_policy
from orchestration.disclosure.protect import protect
from orchestration.disclosure.protected import Protected, full_key
from orchestration.disclosure.suppression import PRINTED, primary
from orchestration.disclosure.system import cell_key
from orchestration.disclosure.tables import CountTable, tabulate
from orchestration.settings import Settings

# Tables of the work file, with the columns that are read. Partners are in them: they stay in this room.
AGGREGATES = {
    "intermediate.int_public_told": (
        "movement_id", "partner", "record_grain", "period_id", "period_to", "origin_place_id",
        "destination_place_id", "person_count", "record_count",
    ),
    "intermediate.int_counted_persons": (
        "counting_table", "counting_role", "counting_id", "period_id", "record_grain", "population",
        "person_count_low", "record_count", "partner_count", "largest_partner_count_low",
        "second_partner_count_low",
    ),
    "intermediate.int_periods": ("period_id", "period_to", "is_complete"),
}  # fmt: skip

COUNTS = pa.schema(
    [
        ("record_grain", pa.string()),
        ("period_id", pa.string()),
        ("origin_place_id", pa.string()),
        ("destination_place_id", pa.string()),
        ("person_count", pa.int64()),
        ("is_carried", pa.bool_()),
    ]
)
LINES = pa.schema(
    [
        ("counting_table", pa.string()),
        ("counting_role", pa.string()),
        ("counting_id", pa.string()),
        ("period_id", pa.string()),
        ("record_grain", pa.string()),
    ]
)
DESCRIPTIONS = {
    "public_counts": "Persons of closed periods by where they came from and went to: what may be printed.",
    "public_lines": "Places and corridors whose base is large enough for a label or a band.",
}
_ENDS = ("origin_place_id", "destination_place_id")
# Among places of counts, Kenya where the county is not known; among hotspots, all of Kenya.
_HOME = "KEN"


@dataclass(frozen=True)
class Disclosed:
    """What was let through: rows of each table, and what the manifest says of how."""

    rows: dict[str, int]
    told: dict[str, Any]

    @property
    def numbers(self) -> dict[str, int]:
        """Cells printed and hidden, over all systems."""
        tables = [table for system in self.told["systems"] for table in system["tables"].values()]
        printed = sum(table["cells_printed"] for table in tables)
        return {
            "cells_printed": printed,
            "cells_hidden": sum(table["cells_with_persons"] for table in tables) - printed,
            "cells_carried": sum(table["cells_carried"] for table in tables),
        }


def disclose(
    settings: Settings, aggregates: Mapping[str, pa.Table], as_of: date, ledger: Ledger
) -> Disclosed:
    """Write `work/disclosure/public_counts.parquet` and `public_lines.parquet`.

    `aggregates` holds the tables of `AGGREGATES` under their names; `ledger` is all that was ever printed.
    Raises Contradiction for counts that do not add up.
    """
    policy = load_disclosure_policy()
    frames = {name.split(".")[1]: table.to_pandas() for name, table in aggregates.items()}
    protected = protect_counts(frames["int_public_told"], policy, as_of, ledger)
    counts = _printed(protected)
    closed = _closed(frames["int_periods"], policy.public, as_of)
    lines = _lines(frames["int_counted_persons"], closed, counts, policy.public)
    settings.disclosed.mkdir(parents=True, exist_ok=True)
    for name, frame, schema in (("public_counts", counts, COUNTS), ("public_lines", lines, LINES)):
        frame = frame.sort_values([field.name for field in schema][:5], kind="stable")
        table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
        pq.write_table(table.replace_schema_metadata(None), settings.disclosed / f"{name}.parquet")
    return Disclosed(
        {"public_counts": len(counts), "public_lines": len(lines)},
        {**_told(protected), "policy": policy.for_manifest(), "ledger_head": ledger.head},
    )


def printed_cells(counts: pd.DataFrame) -> dict[str, int]:
    """Cells named as the ledger does, with their persons; `counts` has the columns of `COUNTS`."""
    ends = counts[[*_ENDS]].itertuples(index=False, name=None)
    universes = counts["record_grain"] + " " + counts["period_id"]
    return {
        full_key(universe, cell_key(dict(zip(_ENDS, end, strict=True)))): int(persons)
        for universe, end, persons in zip(universes, ends, counts["person_count"], strict=True)
    }


def audit_counts(told: pd.DataFrame, printed: pd.DataFrame, policy: DisclosurePolicy, as_of: date) -> Audit:
    """Attack what an edition prints, as read back from its file, knowing the counts.

    `told`: rows of int_public_told. `printed` has the columns of `COUNTS`.
    """
    k = policy.public.least_persons
    shown = printed.rename(columns={"person_count": "value"}).assign(
        universe=printed["record_grain"] + " " + printed["period_id"]
    )
    tables = [
        PrintedTable.of(
            table, shown.loc[shown["universe"] == table.universe, [*_ENDS, "value", "is_carried"]], k
        )
        for table in _count_tables(told, policy, as_of)
    ]
    return audit(tables, k)


def _told(protected: Protected) -> dict[str, Any]:
    """Without the reasons for which cells are hidden: a manifest goes where the tables go."""
    told = protected.for_manifest()
    for system in told["systems"]:
        for table in system["tables"].values():
            table.pop("hidden_because")
    return told


def protect_counts(told: pd.DataFrame, policy: DisclosurePolicy, as_of: date, ledger: Ledger) -> Protected:
    """`told`: rows of int_public_told. Periods younger than the lag are left out."""
    return protect(_count_tables(told, policy, as_of), policy, "public", printed=ledger.printed)


def _count_tables(told: pd.DataFrame, policy: DisclosurePolicy, as_of: date) -> list[CountTable]:
    told = told[_is_past_lag(told["period_to"], policy.public, as_of)]
    told = told.rename(columns={"person_count": "persons", "record_count": "records"})
    return [
        _count_table(str(grain), str(period), rows)
        for (grain, period), rows in told.groupby(["record_grain", "period_id"], sort=True)
    ]


def _count_table(grain: str, period: str, rows: pd.DataFrame) -> CountTable:
    universe = f"{grain} {period}"
    return tabulate(
        universe,
        rows,
        _ENDS,
        levels=dict.fromkeys(_ENDS, "county"),
        universe=universe,
        # Where a person comes from is known to many; that must not tell where to.
        attributes=("destination_place_id",),
    )


def _printed(protected: Protected) -> pd.DataFrame:
    found = [pd.DataFrame(columns=COUNTS.names)]
    for table in protected.tables:
        if table.is_dropped:
            continue
        grain, period = table.universe.split(" ", 1)
        shown = table.printed().rename(columns={"value": "person_count"})
        found.append(shown.assign(record_grain=grain, period_id=period)[COUNTS.names])
    return pd.concat([frame for frame in found if len(frame)] or found, ignore_index=True)


def _closed(periods: pd.DataFrame, policy: EditionPolicy, as_of: date) -> set[str]:
    is_closed = periods["is_complete"] & _is_past_lag(periods["period_to"], policy, as_of)
    return set(periods.loc[is_closed, "period_id"])


def _is_past_lag(last_days: pd.Series, policy: EditionPolicy, as_of: date) -> pd.Series:
    return pd.to_datetime(last_days) + timedelta(days=policy.lag_days) <= pd.Timestamp(as_of)


def _lines(
    persons: pd.DataFrame, closed: set[str], counts: pd.DataFrame, policy: EditionPolicy
) -> pd.DataFrame:
    """Lines of adults and children together whose base passes the policy by itself; where the same base is a
    cell of the printed counts, only those that are printed there."""
    asked = persons[(persons["population"] == "all") & persons["period_id"].isin(closed)]
    asked = asked[asked["counting_role"] != "odv"]
    base = asked.rename(
        columns={
            "person_count_low": "persons",
            "record_count": "records",
            "partner_count": "partners",
            "largest_partner_count_low": "top1",
            "second_partner_count_low": "top2",
        }
    )
    asked = asked[primary(base, policy) == PRINTED]
    return asked[_is_printed_too(asked, counts)][LINES.names].reset_index(drop=True)


def _is_printed_too(lines: pd.DataFrame, counts: pd.DataFrame) -> pd.Series:
    systems = set(zip(counts["record_grain"], counts["period_id"], strict=True))
    cells = set(
        zip(
            counts["record_grain"],
            counts["period_id"],
            counts["origin_place_id"] + ">" + counts["destination_place_id"],
            strict=True,
        )
    )

    def is_free(line: Any) -> bool:
        system = (line.record_grain, line.period_id)
        if line.counting_role == "od":
            cell = line.counting_id
        elif line.counting_role == "origin" and line.counting_id != _HOME:
            cell = f"{line.counting_id}>*"
        else:
            return True
        return system not in systems or (*system, cell) in cells

    return pd.Series([is_free(line) for line in lines.itertuples()], index=lines.index, dtype=bool)
