"""The step: aggregates in, `work/statistics/*.parquet` out; rounded, sorted, with the declared columns."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.settings import Settings
from orchestration.statistics.hotspots import hotspots
from orchestration.statistics.policy import load_policy
from orchestration.statistics.tables import DIGITS, DIGITS_OF, SCHEMAS


def measure(settings: Settings, aggregates: Mapping[str, pa.Table]) -> dict[str, int]:
    """Measure, and write each table of `SCHEMAS`; the number of rows by table. No world is too empty for it.

    `aggregates` holds the tables of `AGGREGATES` under their names.
    """
    policy = load_policy()
    frames = {name.split(".")[1]: table.to_pandas() for name, table in aggregates.items()}
    places = hotspots(frames["int_place_counts"], frames["int_place_effort"], frames["int_periods"], policy)
    found = {"hotspots": places}
    settings.statistics.mkdir(parents=True, exist_ok=True)
    for name, frame in found.items():
        pq.write_table(as_table(name, frame), settings.statistics / f"{name}.parquet")
    return {name: len(frame) for name, frame in found.items()}


def as_table(name: str, frame: pd.DataFrame) -> pa.Table:
    """The frame with the columns of its schema alone, floats rounded; missing numbers are null."""
    schema = SCHEMAS[name]
    columns = {}
    for field in schema:
        column = frame[field.name]
        if pa.types.is_floating(field.type):
            column = column.astype("float64").round(DIGITS_OF.get(field.name, DIGITS))
        columns[field.name] = pa.array(column, type=field.type, from_pandas=True)
    return pa.table(columns, schema=schema)
