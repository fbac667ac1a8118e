"""Retention: records past their agreed time, judged only by extracts that a gate has passed."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import gates
from tests.fixtures.release_world import settings_in

TODAY = date(2026, 7, 1)  # five years back: 1 July 2021
OLD, LAST_DAY, YOUNG = date(2021, 6, 30), date(2021, 7, 1), date(2026, 5, 1)
RECEIVED, LATER, ANCIENT = date(2022, 1, 1), date(2024, 4, 1), date(2014, 3, 1)
Extracts = dict[
    str, tuple[date, dict[int, date | None]]
]  # by name: when it was received, the date of each record


def write(folder: Path, name: str, *rows: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), folder / f"{name}.parquet")


@pytest.mark.parametrize(("extracts", "fates", "past"), [
    pytest.param({"a": (RECEIVED, {1: OLD, 2: LAST_DAY, 3: YOUNG})}, {"a": "in_force"}, {1}, id="the day after the last agreed day"),
    pytest.param({"a": (OLD, {1: None}), "b": (YOUNG, {2: None})}, {"a": "in_force", "b": "in_force"}, {1}, id="without a date it is as old as its file"),
    pytest.param({"a": (RECEIVED, {1: OLD}), "b": (RECEIVED, {1: YOUNG})}, {"a": "in_force", "b": "in_force"}, set(), id="a younger copy keeps it"),
    pytest.param({"a": (RECEIVED, {1: OLD})}, {}, set(), id="no gate has passed anything"),
    pytest.param({"a": (RECEIVED, {1: OLD})}, {"a": "held"}, set(), id="no gate has passed it"),
    pytest.param({"a": (RECEIVED, {1: OLD})}, {"another": "in_force"}, set(), id="a gate has passed another"),
    pytest.param({"a": (LATER, {1: ANCIENT})}, {"a": "in_force"}, set(), id="its date was too old on arrival"),
    pytest.param({"a": (LATER, {1: ANCIENT}), "b": (RECEIVED, {1: OLD})}, {"a": "in_force", "b": "held"}, set(), id="no gate has passed its young date"),
    pytest.param({}, {}, set(), id="nothing is typed"),
])  # fmt: skip
def test_past_retention_is_what_every_gated_copy_says(
    tmp_path: Path, extracts: Extracts, fates: dict[str, str], past: set[int]
) -> None:
    settings = settings_in(tmp_path)
    for name, (received, records) in extracts.items():
        own = {"extract_id": name, "partner": "kobe"}
        dated = [own | {"record_id": record, "period_to": day} for record, day in records.items()]
        write(settings.typed / "extracts", name, own | {"received_on": received, "retention_years": 5})
        write(settings.typed / "records", name, *dated)
    judged = [
        {"extract_id": name, "partner": "kobe", "fate": fate, "reason": None} for name, fate in fates.items()
    ]
    if judged:
        write(settings.work / "gates", "in_force", *judged)
    assert gates.past_retention(settings, TODAY) == ({"kobe": past} if past else {})
