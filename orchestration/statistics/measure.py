"""The step: aggregates in, `work/statistics/*.parquet` out; rounded, sorted, with the declared columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

from orchestration.core import Results, Settings, code_of, load_publication_policy
from orchestration.statistics.alerts import alerts
from orchestration.statistics.comparisons import Reports, with_month_numbers
from orchestration.statistics.hotspots import hotspots
from orchestration.statistics.label_margins import label_margins
from orchestration.statistics.policy import Policy, load_policy
from orchestration.statistics.regional_risk import county_ratings
from orchestration.statistics.shifts import corridor_shifts
from orchestration.statistics.still_to_come import StillFilling, still_to_come
from orchestration.statistics.tables import CODE, DIGITS, DIGITS_OF, FIGURES_OF, SCHEMAS


def measure(settings: Settings, aggregates: Mapping[str, pa.Table]) -> dict[str, int]:
    """Measure, and write each table of `SCHEMAS`; the number of rows by table. No world is too empty for it.

    `aggregates` holds the tables of `AGGREGATES` under their names.
    """
    frames = {name.split(".")[1]: _frame(table) for name, table in aggregates.items()}
    settings.statistics.mkdir(parents=True, exist_ok=True)
    results = Results(settings.statistics / "fits.jsonl", code_of(*CODE))
    # Threads would wait for each other longer than they work, and add up in another order each time.
    with threadpool_limits(1):
        found = _measured(frames, load_policy(), results)
    results.write()
    for name, frame in found.items():
        pq.write_table(as_table(name, frame), settings.statistics / f"{name}.parquet")
    return {name: len(frame) for name, frame in found.items()}


def _measured(frames: dict[str, pd.DataFrame], policy: Policy, results: Results) -> dict[str, pd.DataFrame]:
    beside = (frames[f"int_{name}"] for name in ("source_counts", "source_months", "declared_changes"))
    reports = Reports.of(frames["int_corridor_counts"], *beside)
    of_counties = reports._replace(counts=with_month_numbers(frames["int_county_counts"]))
    calendar, periods = frames["int_calendar_months"], frames["int_periods"]
    of_places = with_month_numbers(frames["int_place_counts"])
    places = hotspots(of_places, frames["int_place_effort"], periods, reports.active_months, policy, results)
    to_come = still_to_come(frames["int_delivery_counts"], frames["int_deliveries"], policy)
    filling = StillFilling(to_come.still_filling, policy)
    warned = alerts(reports, calendar, policy, filling)
    shifts = corridor_shifts(reports, calendar, periods, policy, filling, warned.yearly)
    return {
        "hotspots": places,
        "corridor_shifts": shifts,
        "label_margins": label_margins(places, shifts, policy, load_publication_policy()),
        "alerts": warned.raised,
        "alerts_not_measured": warned.not_measured,
        "still_to_come": to_come.still_to_come,
        "still_filling": to_come.still_filling,
        "county_ratings": county_ratings(places, of_counties, periods, policy),
    }


def _frame(table: pa.Table) -> pd.DataFrame:
    """With texts as Python's own, each once: the many small frames that follow look them up one by one."""
    frame = table.to_pandas()
    texts = [
        name for name, kind in zip(table.column_names, table.schema.types, strict=True) if kind == pa.string()
    ]
    return frame.astype(dict.fromkeys(texts, "category")).astype(dict.fromkeys(texts, object))


def as_table(name: str, frame: pd.DataFrame) -> pa.Table:
    """The frame with the columns of its schema alone, floats rounded; missing numbers are null.

    A frame without a row may lack columns.
    """
    schema = SCHEMAS[name]
    if frame.empty:
        return schema.empty_table()
    columns = {}
    for field in schema:
        column = frame[field.name]
        if pa.types.is_floating(field.type):
            column = _rounded(column.astype("float64"), name)
        columns[field.name] = pa.array(column, type=field.type, from_pandas=True)
    return pa.table(columns, schema=schema)


def _rounded(column: pd.Series, table: str) -> pd.Series:
    if table not in FIGURES_OF:
        return column.round(DIGITS_OF.get(str(column.name), DIGITS))
    size = np.floor(np.log10(column.abs().where(column != 0)))
    scale = 10.0 ** (FIGURES_OF[table] - 1 - size)
    return ((column * scale).round() / scale).where(column != 0, column)
