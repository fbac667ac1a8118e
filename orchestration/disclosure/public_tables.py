"""The step: what was told of closed periods in, what the public edition may print of it out.

Labels and bands print no count. They are let through only where their base is printed, or, where the counts
have no such cell, could be.

What does not belong here: counting persons (dbt), and the words of public tables (dbt `public` models).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.disclosure.ledger import Ledger
from orchestration.disclosure.policy import EditionPolicy, load_disclosure_policy
from orchestration.disclosure.protected import ProtectedTable
from orchestration.disclosure.public_counts import (
    COUNTS,
    ENDS,
    Days,
    Periods,
    days_of,
    frozen_counts,
    printed_counts_of,
    protect_counts,
)
from orchestration.disclosure.suppression import PRINTED, primary
from orchestration.disclosure.tables import TOTAL
from orchestration.settings import Settings

# Tables of the work file, with the columns that are read. Partners are in them: they stay in this room.
AGGREGATES = {
    "intermediate.int_public_told": (
        "movement_id", "partner", "record_grain", "period_id", "origin_place_id", "destination_place_id",
        "person_count", "record_count",
    ),
    "intermediate.int_counted_persons": (
        "counting_table", "counting_role", "counting_id", "period_id", "record_grain", "population",
        "person_count_low", "record_count", "partner_count", "largest_partner_count_low",
        "second_partner_count_low",
    ),
    "intermediate.int_periods": ("period_id", "period_kind", "period_from", "period_to", "is_complete"),
}  # fmt: skip
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
# Among places of counts, Kenya where the county is not known; among hotspots, all of Kenya.
_HOME = "KEN"
_TO_A_PLACE = ("exploitation", "intended_destination")
# Of each system the days, and the cells that are printed.
_Systems = dict[str, list[tuple[Days, set[tuple[str, str]]]]]


@dataclass(frozen=True)
class Disclosed:
    """What was let through: rows of each table, and what the manifest says of how."""

    rows: dict[str, int]
    told: dict[str, Any]

    @property
    def numbers(self) -> dict[str, int]:
        """Systems printed for the first time, and as they were printed before."""
        return {"systems_new": len(self.told["systems"]), "systems_frozen": len(self.told["frozen"])}


def disclose(
    settings: Settings,
    aggregates: Mapping[str, pa.Table],
    as_of: date,
    ledger: Ledger,
    signed: Collection[str] = (),
) -> Disclosed:
    """Write `work/disclosure/public_counts.parquet` and `public_lines.parquet`.

    `aggregates` holds the tables of `AGGREGATES` under their names; `ledger` is all that was ever printed;
    `signed` the versions of the policy that a steward signed. Where that is missing, nothing is printed.
    Raises Contradiction for counts that do not add up.
    """
    policy = load_disclosure_policy()
    waits = policy.why_unsigned(signed, is_first=not ledger.releases)
    if waits:
        aggregates = {name: table.slice(0, 0) for name, table in aggregates.items()}
    frames = {name.split(".")[1]: table.to_pandas() for name, table in aggregates.items()}
    periods = Periods.of(frames["int_periods"], policy.public, as_of)
    protected = protect_counts(frames["int_public_told"], policy, periods, ledger)
    frozen = frozen_counts(ledger, periods)
    counts = pd.concat([printed_counts_of(protected, periods), frozen], ignore_index=True)
    systems = _systems(counts, periods, [table.universe for table in protected.tables])
    lines = _lines(frames["int_counted_persons"], periods, systems, policy.public)
    settings.disclosed.mkdir(parents=True, exist_ok=True)
    for name, frame, schema in (("public_counts", counts, COUNTS), ("public_lines", lines, LINES)):
        frame = frame.sort_values(schema.names, kind="stable")
        table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
        pq.write_table(table.replace_schema_metadata(None), settings.disclosed / f"{name}.parquet")
    return Disclosed(
        {"public_counts": len(counts), "public_lines": len(lines)},
        {
            "edition": "public",
            "systems": [_told(table) for table in protected.tables],
            "frozen": sorted(set(frozen["record_grain"] + " " + frozen["period_id"])),
            "policy": policy.for_manifest(),
            "ledger_head": ledger.head,
            "waits_for_signature": waits,
        },
    )


def _told(table: ProtectedTable) -> dict[str, Any]:
    """From printed numbers alone: a manifest goes where the tables go."""
    printed = table.printed()
    totals = (printed[[*ENDS]] == TOTAL).sum(axis=1)
    whole, parts = printed["value"][totals == 2].sum(), printed["value"][totals == 0].sum()
    return {
        "system": table.universe,
        "cells_printed": len(printed),
        "share_of_persons_in_printed_cells": round(float(parts / whole), 2) if whole else None,
    }


def _systems(counts: pd.DataFrame, periods: Periods, tried: Collection[str]) -> _Systems:
    """By grain. A system that was counted and prints nothing has no cell, and is there all the same."""
    found: dict[tuple[str, Days], set[tuple[str, str]]] = {days_of(one): set() for one in tried}
    for row in counts.itertuples():
        system = (str(row.record_grain), periods.days[str(row.period_id)])
        found.setdefault(system, set()).add((str(row.origin_place_id), str(row.destination_place_id)))
    by_grain: _Systems = {}
    for (grain, days), cells in found.items():
        by_grain.setdefault(grain, []).append((days, cells))
    return by_grain


def _lines(persons: pd.DataFrame, periods: Periods, systems: _Systems, policy: EditionPolicy) -> pd.DataFrame:
    """Lines of all ages together whose base the policy lets stand by itself and no system hides."""
    asked = persons[(persons["population"] == "all") & persons["period_id"].isin(periods.days.keys())]
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
    is_free = [_is_free(line, periods, systems) for line in asked.itertuples()]
    return asked[pd.Series(is_free, index=asked.index, dtype=bool)][LINES.names].reset_index(drop=True)


def _is_free(line: Any, periods: Periods, systems: _Systems) -> bool:
    """Whether each system whose days hold the line's prints its cell: a label tells that it is large."""
    if line.counting_id == _HOME:
        return True
    if line.counting_role == "od":
        start, _, end = line.counting_id.partition(">")
        cell = (start, end)
    elif line.counting_role == "origin":
        cell = (line.counting_id, TOTAL)
    elif line.counting_role in _TO_A_PLACE:
        cell = (TOTAL, line.counting_id)
    else:
        return True
    first, last = periods.days[line.period_id]
    return all(
        cell in cells
        for days, cells in systems.get(line.record_grain, ())
        if days[0] <= first and last <= days[1]
    )
