"""Which extracts feed the marts, and what the inputs' hash depends on."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.core import Keys, Settings
from orchestration.gates.in_force import InForce, manifest_extracts, put_in_force
from orchestration.gates.inputs import contract_hashes
from orchestration.gates.verdicts import ExtractVerdicts, judge_extracts
from orchestration.stewardship import Decisions
from tests.fixtures.gate_world import AS_OF, KEY_IDS, decisions_of, land, on_extract


@pytest.fixture(autouse=True)
def the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of the moment is not what is tested here."""
    monkeypatch.setattr("orchestration.gates.in_force.code_of", lambda *_: "the code")


def refresh(
    settings: Settings, decisions: Decisions | None = None, as_of: datetime = AS_OF,
    verdicts: ExtractVerdicts | None = None, key_ids: dict[str, str] = KEY_IDS,
) -> InForce:  # fmt: skip
    decisions = decisions or decisions_of()
    verdicts = verdicts or judge_extracts(settings, as_of, decisions)
    return put_in_force(settings, as_of, decisions, key_ids, verdicts)


def fates(found: InForce) -> dict[str, tuple[str, str | None]]:
    return {fate.extract_id: (fate.fate, fate.reason) for fate in found.fates}


def test_a_held_extract_leaves_the_last_good_one_in_force(settings: Settings) -> None:
    land(settings, "a", records=100)
    land(settings, "b", records=50, sequence=2)
    land(settings, "m", partner="mlima_centre")
    land(settings, "none", partner="pwani_camp", bad_dates=40)
    found = refresh(settings)
    assert fates(found) == {
        "a": ("in_force", None), "b": ("held", "row_volume_is_plausible, no_records_vanish"), "m": ("in_force", None),
        "none": ("held", "columns_are_readable, quarantine_is_not_flooded, something_is_usable"),
    }  # fmt: skip
    assert found.partners_stale == ("pwani_shelter",)
    assert found.partners_in_force == ("mlima_centre", "pwani_shelter")
    assert found.partners_held == ("pwani_camp",)
    written = pq.read_table(settings.work / "gates" / "in_force.parquet").to_pylist()
    assert {row["extract_id"]: (row["fate"], row["reason"]) for row in written} == fates(found)


def test_a_steward_accepts_and_withdraws_but_not_past_reconciliation(settings: Settings) -> None:
    land(settings, "a", bad_dates=20)
    land(settings, "b", sequence=2)
    land(settings, "untyped", partner="mlima_centre", typed_records=39)
    accepted = [on_extract("pwani_shelter", "a"), on_extract("mlima_centre", "untyped")]
    found = refresh(
        settings, decisions_of(extract_accept=accepted, extract_withdraw=[on_extract("pwani_shelter", "b")])
    )
    assert fates(found) == {
        "a": ("in_force", None), "b": ("withdrawn", "abcdefabcdef"), "untyped": ("held", "every_row_is_typed"),
    }  # fmt: skip


def test_an_extract_that_was_not_judged_does_not_enter(settings: Settings) -> None:
    land(settings, "a")
    verdicts = judge_extracts(settings, AS_OF, decisions_of())
    land(settings, "b", sequence=2)
    found = refresh(settings, verdicts=verdicts)
    assert fates(found) == {"a": ("in_force", None), "b": ("held", "not_judged")}


def test_fates_in_the_manifest_have_no_names(settings: Settings) -> None:
    land(settings, "a", file="pwani_shelter_october.xlsx", period={"from": "2026-10-01", "to": "2026-10-31"})
    keys = Keys(b"k" * 32, "age1fixture")
    (printed,) = manifest_extracts(settings, keys, refresh(settings))
    assert (printed["fate"], printed["rows_landed"], printed["period_to"]) == ("in_force", 40, "2026-10-31")
    assert printed["partner_code"] == keys.partner_code("pwani_shelter")
    assert "pwani" not in json.dumps(printed)


def test_the_day_of_the_refresh_is_written_for_dbt(settings: Settings) -> None:
    refresh(settings, as_of=AS_OF)
    assert pq.read_table(settings.work / "gates" / "as_of.parquet").to_pylist() == [{"as_of": AS_OF.date()}]


def test_a_partner_is_overdue_after_cadence_and_grace(settings: Settings) -> None:
    land(settings, "a", received_on="2026-10-09")  # 31 days and 15 days of grace end on 24 November
    assert refresh(settings).partners_overdue == ()
    assert refresh(settings, as_of=AS_OF + timedelta(days=1)).partners_overdue == ("pwani_shelter",)


def test_changed_compares_with_the_current_release(settings: Settings) -> None:
    land(settings, "a")
    first = refresh(settings)
    assert first.changed
    release = settings.releases / "r1"
    release.mkdir(parents=True)
    (release / "manifest.json").write_text(json.dumps({"inputs_hash": first.inputs_hash}))
    settings.current.symlink_to(release)
    assert not refresh(settings).changed
    land(settings, "b", sequence=2)
    assert refresh(settings).changed


def test_time_changes_the_hash_only_through_what_it_decides(settings: Settings) -> None:
    land(settings, "a", cadence="yearly", embargo_until=date(2026, 11, 26), agreement_to=date(2026, 11, 28))
    days = [AS_OF + timedelta(days=day) for day in (0, 1, 2, 4, 5, 6, 7)]
    hashes = [refresh(settings, as_of=day).inputs_hash for day in days]
    # 24 and 25 November: embargo; 26: free; 29: the agreement has ended; 1 December: August is complete.
    assert [hashes.index(one) for one in hashes] == [0, 0, 2, 2, 4, 4, 6]


@pytest.mark.parametrize(
    ("planted", "first", "expected"),
    [
        ({}, datetime(2026, 3, 29, 2, tzinfo=UTC), [0, 0, 2]),  # 2025 closes 90 days after its end
        # The records end on 1 September 2026: a year later is the last day on which they are kept.
        ({"retention_years": 1}, datetime(2027, 9, 1, 2, tzinfo=UTC), [0, 1, 1]),
    ],
    ids=["a year that closes", "a record past its retention"],
)
def test_a_day_that_ends_something_changes_the_hash_once(
    settings: Settings, planted: dict[str, Any], first: datetime, expected: list[int]
) -> None:
    land(settings, "a", cadence="yearly", **planted)
    verdicts = judge_extracts(settings, first, decisions_of())
    days = [first + timedelta(days=day) for day in range(3)]
    hashes = [refresh(settings, as_of=day, verdicts=verdicts).inputs_hash for day in days]
    assert [hashes.index(one) for one in hashes] == expected


def test_every_input_changes_the_hash(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    land(settings, "a")
    contract = settings.partners / "pwani_shelter" / "contract.yml"
    contract.write_text("grain: case\n")
    verdicts = judge_extracts(settings, AS_OF, decisions_of())
    waiver = {"id": "1", "check": "x", "check_definition": "", "scope": "e", "expires": "2030-01-01"}
    decided, key_ids = decisions_of(check_waiver=[waiver]), {**KEY_IDS, "record": "cccc3333"}
    found = {"nothing": refresh(settings, verdicts=verdicts).inputs_hash}
    assert refresh(settings).inputs_hash == found["nothing"]
    found["decisions"] = refresh(settings, decided, verdicts=verdicts).inputs_hash
    found["keys"] = refresh(settings, key_ids=key_ids, verdicts=verdicts).inputs_hash
    contract.write_text("grain: route_report\n")
    found["contracts"] = refresh(settings, verdicts=verdicts).inputs_hash
    land(settings, "b", sequence=2)
    found["landed"] = refresh(settings).inputs_hash
    land(settings, "a", bad_dates=20)
    found["fate"] = refresh(settings).inputs_hash
    monkeypatch.setattr("orchestration.gates.in_force.code_of", lambda *_: "other")
    found["code"] = refresh(settings).inputs_hash
    assert len(set(found.values())) == len(found), found


def test_a_comment_in_a_contract_changes_nothing_and_an_unreadable_one_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    contract = tmp_path / "p" / "contract.yml"
    contract.write_text("grain: case")
    before = contract_hashes(tmp_path)
    contract.write_text("# said by the partner\ngrain:   case\n")
    assert contract_hashes(tmp_path) == before
    contract.write_text("grain: [case")
    assert contract_hashes(tmp_path) != before


def test_extracts_that_were_withdrawn_or_replaced_are_over(settings: Settings) -> None:
    land(settings, "a", records=100)
    land(settings, "b", records=20, sequence=2)  # held: far fewer
    land(settings, "c", records=100, sequence=3)
    land(settings, "d", records=20, sequence=4)  # held, and the newest
    land(settings, "one", partner="mlima_centre", delivery_mode="incremental")
    land(settings, "two", partner="mlima_centre", delivery_mode="incremental", sequence=2, first=900)
    withdrawn = decisions_of(extract_withdraw=[on_extract("mlima_centre", "two")])
    found = refresh(settings, withdrawn)
    assert {fate.extract_id for fate in found.fates if fate.is_over} == {"a", "b", "two"}
    assert [fate.extract_id for fate in found.held] == ["d"]


def test_a_full_extract_of_all_periods_replaces_a_held_one_of_a_month(settings: Settings) -> None:
    october = {"from": "2026-10-01", "to": "2026-10-31"}
    land(settings, "october", bad_dates=40, period=october)
    land(settings, "september", sequence=2, period={"from": "2026-09-01", "to": "2026-09-30"})
    assert [fate.extract_id for fate in refresh(settings).held] == ["october"]
    land(settings, "all", sequence=3)
    found = refresh(settings)
    assert {fate.extract_id for fate in found.fates if fate.is_over} == {"october", "september"}
    assert found.held == ()
