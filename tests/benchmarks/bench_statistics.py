"""The statistics of a release: seconds of clock and of CPU for the step that the refresh runs.

    .venv/bin/python -m tests.benchmarks.bench_statistics
    .venv/bin/python -m tests.benchmarks.bench_statistics --records 20000 --profile

47 counties, 40 border points, 60 corridors (each with three ways round), 36 months in quarters, years, rolling
twelve months and three survey rounds, 40 partners, cases and route reports, all and children. The aggregates
are made from made-up records and given to `orchestration.statistics.measure`, which writes its tables.
pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from orchestration.core import Settings
from orchestration.statistics.measure import measure
from orchestration.statistics.tables import AGGREGATES

PARTNERS, CORRIDORS, WAYS, MONTHS, FIRST_YEAR, REACH = 40, 60, 3, 36, 2022, 0.3
ROLES = ("origin", "transit", "intended_destination", "exploitation")
PLACES = {
    "county": [f"KE{number:03d}" for number in range(1, 48)],
    "border_point": [f"bp-{number:02d}" for number in range(1, 41)],
}
MONTH_KEYS = ["source", "record_grain", "month_from", "month_to"]


def month(number: int) -> date:
    return date(FIRST_YEAR + number // 12, number % 12 + 1, 1)


def periods() -> pd.DataFrame:
    """All complete; `first` and `last` are numbers of months."""
    rows = []
    for at in range(0, MONTHS, 3):
        label = f"{FIRST_YEAR + at // 12}-Q{at % 12 // 3 + 1}"
        rows.append((label, "quarter", label, at, at + 2))
        rows.append((f"{label}-12m", "rolling_12_months", f"12 months to {label}", at - 9, at + 2))
    for at in range(0, MONTHS, 12):
        year = str(FIRST_YEAR + at // 12)
        rows += [(year, "year", year, at, at + 11), (f"round-{year}", "round", year, at, at + 11)]
    found = pd.DataFrame(rows, columns=["period_id", "period_kind", "label", "first", "last"])
    ends = [month(last + 1) - timedelta(days=1) for last in found["last"]]
    return found.assign(period_from=found["first"].map(month), period_to=ends, is_complete=True)


def records(count: int, chance: np.random.Generator) -> pd.DataFrame:
    """One row a record: who told it, when, and its corridor and places; partners work where they can reach."""
    reach = chance.gamma(REACH, size=(PARTNERS, CORRIDORS)) * np.arange(1, CORRIDORS + 1) ** -0.8
    level = chance.lognormal(0, 0.7, PARTNERS)
    share = level[:, None] * reach / reach.sum(axis=1, keepdims=True)
    told = chance.choice(share.size, count, p=(share / share.sum()).ravel())
    partner, corridor = told // CORRIDORS, told % CORRIDORS
    at = chance.integers(MONTHS, size=count)
    counties, points = (np.array(names) for names in PLACES.values())
    ends = chance.integers(len(counties), size=(2, CORRIDORS))
    way = chance.integers(WAYS, size=count)
    # A record of ten ends somewhere else than its corridor mostly does.
    own = np.where(
        chance.random((2, count)) < 0.1, chance.integers(len(counties), size=(2, count)), ends[:, corridor]
    )
    return pd.DataFrame(
        {
            "source": np.char.add("partner-", partner.astype(str)),
            "record_grain": np.where(partner % 4 == 0, "route_report", "case"),
            "is_child": chance.random(count) < 0.4,
            "at": at,
            "month_from": [month(one) for one in at],
            "month_to": [month(one) for one in at],
            "round": np.where(partner % 4 == 0, np.char.mod("%d", FIRST_YEAR + at // 12), None),
            "start_place_id": counties[ends[0][corridor]],
            "end_place_id": counties[ends[1][corridor]],
            "corridor_id": np.char.add(
                np.char.add(counties[ends[0][corridor]], ">"), counties[ends[1][corridor]]
            ),
            "via_place_id": points[(corridor + way) % len(points)],
            "origin": counties[own[0]],
            "exploitation": counties[own[1]],
            "intended_destination": counties[own[1]],
            "transit": counties[(corridor + way) % len(counties)],
        }
    )


def places_told(told: pd.DataFrame) -> pd.DataFrame:
    """Each record at each of its places, by level and role; border points are passed, or where it begins."""
    parts = [
        told.assign(place_level=level, place_role=role, place_id=told[column])
        for level, role, column in (
            *(("county", role, role) for role in ROLES),
            ("border_point", "transit", "via_place_id"),
            ("border_point", "origin", "via_place_id"),
        )
    ]
    return pd.concat(parts, ignore_index=True)


def aggregates(count: int) -> dict[str, pa.Table]:
    chance = np.random.default_rng(20)
    told, spans = records(count, chance), periods()
    at_places, keys = places_told(told), ["place_level", "place_id", "place_role"]
    populations = (("all", at_places), ("children", at_places[at_places["is_child"]]))
    counts = [
        counted(rows, [*MONTH_KEYS, "round", *keys]).assign(population=name) for name, rows in populations
    ]
    effort = []
    # A partner watches the places that it ever told of.
    watched = at_places[[*keys, "record_grain", "source"]].drop_duplicates()
    for span in spans.itertuples():
        months = min(span.last, MONTHS - 1) - max(span.first, 0) + 1
        effort.append(watched.assign(period_id=span.period_id, effort_months=months, office_place_id=None))
    levels = [
        told.assign(corridor_level="od", via_place_id=None),
        told.assign(corridor_level="odv", corridor_id=told["corridor_id"] + ">" + told["via_place_id"]),
    ]
    corridor = ["corridor_level", "corridor_id", "start_place_id", "via_place_id", "end_place_id"]
    touched = at_places[at_places["place_level"] == "county"].reset_index()
    calendar = [month(number) for number in range(MONTHS)]
    found = {
        "int_place_counts": pd.concat(counts),
        "int_place_effort": pd.concat(effort),
        "int_corridor_counts": counted(pd.concat(levels), [*MONTH_KEYS, "round", *corridor]).assign(
            campaign_count=0
        ),
        "int_county_counts": counted(touched, [*MONTH_KEYS, "place_id"]).assign(campaign_count=0),
        "int_source_counts": counted(told, [*MONTH_KEYS, "round"]).assign(
            unknown_end_count=0, unknown_way_count=0
        ),
        "int_source_months": told[["source", "record_grain"]]
        .drop_duplicates()
        .merge(pd.DataFrame({"month_start": calendar}), how="cross"),
        "int_declared_changes": pd.DataFrame(
            columns=["source", "record_grain", "kind", "place_id", "month_from", "month_to"]
        ),
        "int_calendar_months": pd.DataFrame({"month_start": calendar, "is_complete": True}),
        "int_periods": spans,
        # No partner has delivered twice: nothing is known of delays.
        **{
            name: pd.DataFrame(columns=list(AGGREGATES[f"intermediate.{name}"]))
            for name in ("int_delivery_counts", "int_deliveries")
        },
    }
    return {
        name: pa.Table.from_pandas(found[name.split(".")[1]][list(columns)], preserve_index=False)
        for name, columns in AGGREGATES.items()
    }


def counted(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Records, each a witness of its own."""
    found = rows.groupby(keys, dropna=False, as_index=False).size().rename(columns={"size": "record_count"})
    return found.assign(witness_count=found["record_count"], numbered_count=0)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--records", type=int, default=60_000)
    given.add_argument("--profile", action="store_true", help="also print where the time goes")
    asked = given.parse_args()
    tables = aggregates(asked.records)
    for name, table in tables.items():
        print(f"{table.num_rows:8,d} rows of {name}")
    with tempfile.TemporaryDirectory() as home:
        settings, profile = Settings(Path(home), Path(home), Path(home)), cProfile.Profile()
        clock, cpu = time.perf_counter(), time.process_time()
        rows = profile.runcall(measure, settings, tables) if asked.profile else measure(settings, tables)
        clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    for name, count in rows.items():
        print(f"{count:8,d} rows of {name}")
    print(f"{clock:.1f} s, {cpu:.1f} s of CPU")
    if asked.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(35)


if __name__ == "__main__":
    main()
