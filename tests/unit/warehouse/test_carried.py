"""A closed year is published once: later releases carry its public rows, and nothing that came since changes them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.core import NjiaError, Settings, UsageError
from orchestration.release import rollback
from orchestration.release.earlier import carried_tables, carry
from orchestration.stewardship import active_decisions, record_decision
from orchestration.stewardship.decisions.recording import revoke
from tests.fixtures.dbt_world import World
from tests.fixtures.release_world import START, dbt_manifest, publish_one, settings_in

REPUBLISH_2025 = {"id": "0123456789ab", "year": 2025}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path / "home")


def rows(settings: Settings, table: str) -> list[dict[str, Any]]:
    return pq.read_table(settings.carried / f"{table}.parquet").to_pylist()


def test_nothing_is_carried_before_the_first_release(settings: Settings) -> None:
    assert carry(settings, []).release_id is None
    assert list(settings.carried.iterdir()) == []


def test_public_rows_of_published_periods_are_carried(settings: Settings) -> None:
    first = publish_one(settings)
    carried = carry(settings, [])
    assert carried.release_id == first.release_id
    assert set(carried.periods) == {"year-2024", "year-2025"}
    assert [(row["period_id"], row["movement_count"]) for row in rows(settings, "corridors")] == [
        ("year-2024", 30),
        ("year-2025", 46),
    ]
    assert {row["edition"] for row in rows(settings, "periods")} == {"public"}
    assert carried.notes(["year-2024", "2026"], "new") == {
        "year-2024": {
            "epoch": 0, "republished_by": [], "first_release": first.release_id,
            "carried_from": first.release_id,
        },
        "2026": {"epoch": 0, "republished_by": [], "first_release": "new", "carried_from": None},
    }  # fmt: skip


def test_numbers_of_others_belong_to_no_year_and_are_never_carried(settings: Settings) -> None:
    publish_one(settings)
    assert "context_counts" not in carry(settings, []).rows
    assert not (settings.carried / "context_counts.parquet").exists()
    named = carried_tables(dbt_manifest(settings))
    assert set(named) == {"periods", "corridors", "shifts"}, "tables whose rows have a period"


def test_after_a_rollback_the_newest_release_that_published_a_year_is_carried(settings: Settings) -> None:
    first = publish_one(settings)
    second = publish_one(settings, day=1, counts=(3, 1, 9))
    rollback(settings, first.release_id, "A. Steward", "a test", START + timedelta(days=2))
    assert carry(settings, []).release_id == second.release_id


def test_a_year_republished_by_decision_is_not_carried_and_gets_new_noise_once(settings: Settings) -> None:
    publish_one(settings)
    carried = carry(settings, [REPUBLISH_2025])
    assert set(carried.periods) == {"year-2024"}
    assert [row["period_id"] for row in rows(settings, "corridors")] == ["year-2024"]
    assert rows(settings, "shifts") == [], "a change belongs to the later of its two years"
    assert rows(settings, "epochs") == [{"period_id": "year-2025", "epoch": 1}]

    done = publish_one(settings, day=1, carried=carried)
    note = done.manifest["periods"]["year-2025"]
    assert (note["epoch"], note["republished_by"]) == (1, [REPUBLISH_2025["id"]])
    assert note["first_release"] == done.release_id and note["carried_from"] is None
    assert set(carry(settings, [REPUBLISH_2025]).periods) == {"year-2024", "year-2025"}, (
        "the same decision acts once"
    )
    again = carry(settings, [REPUBLISH_2025, {"id": "ba9876543210", "year": 2025}])
    assert again.anew["year-2025"]["epoch"] == 2


def test_a_carried_file_that_is_not_as_published_stops_the_refresh(settings: Settings) -> None:
    first = publish_one(settings)
    path = first.path / "public" / "parquet" / "published.corridors.parquet"
    path.chmod(0o644)
    pq.write_table(pq.read_table(path).slice(0, 1), path)
    with pytest.raises(NjiaError) as refused:
        carry(settings, [])
    assert str(path) in str(refused.value) and first.release_id in str(refused.value)
    assert "Restore that release from a backup" in str(refused.value)


def test_a_year_is_republished_at_most_once_a_year(settings: Settings) -> None:
    publish_one(settings)
    now = START + timedelta(days=1)
    with pytest.raises(UsageError, match="no year 2023"):
        record_decision(settings, "year_republication", "A. Steward", "late reports", now, year=2023)
    record_decision(settings, "year_republication", "A. Steward", "late reports", now, year=2025)
    with pytest.raises(UsageError, match="less than a year ago"):
        record_decision(
            settings, "year_republication", "B. Steward", "more", now + timedelta(days=364), year=2025
        )
    done = publish_one(
        settings, day=2, carried=carry(settings, active_decisions(settings, now)["year_republication"])
    )
    made = done.manifest["periods"]["year-2025"]["republished_by"]
    assert len(made) == 1
    revoke(settings, made[0], "A. Steward", "a second look", now + timedelta(days=3))
    with pytest.raises(UsageError, match="at most once in 365 days"):
        record_decision(
            settings, "year_republication", "B. Steward", "more", now + timedelta(days=9), year=2025
        )
    later = now + timedelta(days=366)
    record_decision(settings, "year_republication", "B. Steward", "more", later, year=2025)
    assert [one["year"] for one in active_decisions(settings, later)["year_republication"]] == [2025]


def test_carried_rows_stand_in_the_published_tables_and_their_year_is_not_drawn_again(tmp_path: Path) -> None:
    world = World(tmp_path, "2026-06-30")
    world.extract("e1", "kobe_shelter", received_on="2026-05-31")
    for record_id in range(100, 140):
        world.record("e1", record_id, on="2025-05-05", places={"origin": "KE040", "exploitation": "KE047"})
    for record_id in range(200, 260):
        world.record("e1", record_id, on="2024-05-05", places={"origin": "KE040", "exploitation": "KE047"})
    carried = tmp_path / "work" / "carried"
    carried.mkdir(parents=True)
    corridor = {
        "edition": "public", "period_id": "year-2025", "start_place_id": "KE040", "start_place": "Busia",
        "end_place_id": "KE047", "end_place": "Nairobi", "direction": "within", "movement_count": 777,
        **dict.fromkeys(("intended_count", "comparison", "change", "like_count", "like_earlier_count")),
    }  # fmt: skip
    period = {
        "edition": "public", "period_id": "year-2025", "period_kind": "year", "label": "2025", "period_from": None,
        "period_to": None, "months_reported": 12, "reported_from": None, "is_complete": True, "partial_reason": None,
        "late_share": None,
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist([corridor]), carried / "corridors.parquet")
    pq.write_table(pa.Table.from_pylist([period]), carried / "periods.parquet")
    with world.build() as con:
        counts = con.execute(
            "select period_id, movement_count from published.corridors "
            "where edition = 'public' order by period_id"
        ).fetchall()
        assert counts[1] == ("year-2025", 777), "as it was published, whatever the records say now"
        assert counts[0][0] == "year-2024" and 42 <= counts[0][1] <= 78, "a year without rows is drawn now"
        starts = con.execute("select distinct period_id from published.starts where edition = 'public'")
        assert starts.fetchall() == [("year-2024",)], "nothing of a carried year is made anew"
    assert world.failed_data_tests() == set()


def test_another_epoch_draws_other_noise(tmp_path: Path) -> None:
    counts = []
    world = World(tmp_path, "2026-06-30")
    world.extract("e1", "kobe_shelter", received_on="2026-05-31")
    for record_id in range(100, 240):
        role = {"origin": "KE040", "exploitation": "KE047" if record_id % 2 else "KE001"}
        world.record("e1", record_id, on="2025-05-05", places=role)
    carried = tmp_path / "work" / "carried"
    carried.mkdir(parents=True)
    for epoch in (0, 1):
        epochs = pa.table({"period_id": ["year-2025"], "epoch": pa.array([epoch], pa.int32())})
        pq.write_table(epochs, carried / "epochs.parquet")
        with world.build() as con:
            counts.append(
                con.execute(
                    "select table_name, cell_id, noise from intermediate.int_protected_cells order by all"
                ).fetchall()
            )
    assert counts[0] != counts[1] and [cell[:2] for cell in counts[0]] == [cell[:2] for cell in counts[1]]
