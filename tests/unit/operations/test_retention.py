"""Retention: records past their agreed time, judged only by extracts that a gate has passed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import gates
from orchestration.core import Settings
from tests.fixtures.release_world import settings_in

TODAY = date(2026, 7, 1)  # five years back: 1 July 2021
OLD, LAST_DAY, YOUNG = date(2021, 6, 30), date(2021, 7, 1), date(2026, 5, 1)
RECEIVED = date(2022, 1, 1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def typed(settings: Settings, name: str, records: dict[int, date | None], received: date = RECEIVED) -> None:
    own = {"extract_id": name, "partner": "kobe"}
    extracts = [own | {"received_on": received, "retention_years": 5}]
    dated = [own | {"record_id": record, "period_to": day} for record, day in records.items()]
    for table, rows in (("extracts", extracts), ("records", dated)):
        folder = settings.typed / table
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")


def settled(settings: Settings, **fates: str) -> None:
    rows = [
        {"extract_id": name, "partner": "kobe", "fate": fate, "reason": None} for name, fate in fates.items()
    ]
    (settings.work / "gates").mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), settings.work / "gates" / "in_force.parquet")


def test_retention_ends_the_day_after_the_last_agreed_day(settings: Settings) -> None:
    typed(settings, "a", {1: OLD, 2: LAST_DAY, 3: YOUNG})
    settled(settings, a="in_force")
    assert gates.past_retention(settings, TODAY) == {"kobe": {1}}


def test_a_record_without_a_date_is_as_old_as_its_file(settings: Settings) -> None:
    typed(settings, "a", {1: None}, received=OLD)
    typed(settings, "b", {2: None}, received=YOUNG)
    settled(settings, a="in_force", b="in_force")
    assert gates.past_retention(settings, TODAY) == {"kobe": {1}}


def test_a_younger_copy_keeps_a_record(settings: Settings) -> None:
    typed(settings, "a", {1: OLD})
    typed(settings, "b", {1: YOUNG})
    settled(settings, a="in_force", b="in_force")
    assert gates.past_retention(settings, TODAY) == {}


@pytest.mark.parametrize("fates", [{}, {"a": "held"}, {"another": "in_force"}])
def test_extract_that_no_gate_passed_is_kept(settings: Settings, fates: dict[str, str]) -> None:
    typed(settings, "a", {1: OLD})
    if fates:
        settled(settings, **fates)
    assert gates.past_retention(settings, TODAY) == {}


def test_date_too_old_on_arrival_erases_nothing(settings: Settings) -> None:
    typed(settings, "a", {1: date(2014, 3, 1)}, received=date(2024, 4, 1))
    settled(settings, a="in_force")
    assert gates.past_retention(settings, TODAY) == {}


def test_a_young_date_counts_only_where_a_gate_has_passed_it(settings: Settings) -> None:
    typed(settings, "a", {1: date(2014, 3, 1)}, received=date(2024, 4, 1))
    typed(settings, "b", {1: OLD})
    settled(settings, a="in_force", b="held")
    assert gates.past_retention(settings, TODAY) == {}


def test_home_without_typed_records_has_nothing_past_retention(settings: Settings) -> None:
    assert gates.past_retention(settings, TODAY) == {}
