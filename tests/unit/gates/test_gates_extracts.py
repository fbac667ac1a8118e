"""The extract gate: each check fails on a planted extract and passes on a good one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations import Expectation, Limit
from expectations.checks import CHECKS
from expectations.extract_gate import EXTRACT_GATE
from expectations.release_gate import RELEASE_GATE, TABLE_GATE
from orchestration.core import Settings, read_json
from orchestration.gates import landed_extracts, would_fail
from orchestration.gates.extract_profile import SCHEMA, TYPED_TABLES
from orchestration.gates.in_force import settle_fates
from orchestration.gates.judging import judge
from orchestration.gates.verdicts import ExtractVerdicts, Verdict, judge_extracts
from tests.fixtures.gate_world import AS_OF, Decided, land, make_settings, on_extract


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path)


def _of(verdicts: ExtractVerdicts, extract_id: str, check: str) -> Verdict:
    return next(v for v in verdicts.verdicts if (v.extract_id, v.check_name) == (extract_id, check))


def judged(settings: Settings, decisions: Decided | None = None) -> ExtractVerdicts:
    return judge_extracts(settings, AS_OF, decisions or Decided())


def test_a_good_extract_passes_every_check(settings: Settings) -> None:
    land(settings, "e1")
    verdicts = judged(settings)
    assert {v.outcome for v in verdicts.verdicts} == {"passed"}
    assert {v.check_name for v in verdicts.verdicts} == {check.name for check in EXTRACT_GATE}
    assert verdicts.holding == {}
    assert replace(verdicts.verdicts[0], passed=False, outcome="error").holds, "what cannot be judged"


FAULTS: list[tuple[str, dict[str, Any], float]] = [
    ("agreement_is_valid", {"received_on": "2022-12-31"}, 0),
    ("agreement_is_valid", {"agreement_to": date(2026, 10, 31)}, 0),
    ("agreement_covers_statistics", {"statistics_agreed": False}, 0),
    ("required_columns_present", {"columns_found": ["Date", "Town of victim", "Sex"]}, 1),
    ("every_row_is_typed", {"typed_records": 39}, 1),
    ("columns_are_readable", {"bad_dates": 9}, 31 / 40),
    ("columns_are_readable", {"bad_dates": 40}, 0),
    ("places_are_known", {"bad_places": 11}, 29 / 40),
    ("codes_are_mapped", {"bad_codes": 3}, 37 / 40),
    ("quarantine_is_not_flooded", {"bad_dates": 7, "bad_places": 13}, 13 / 40),
    ("record_refs_are_unique", {"repeated": 3}, 3 / 40),
    ("something_is_usable", {"records": 3, "bad_places": 3}, 0),
    ("row_volume_is_plausible", {"records": 0}, 0),
]


@pytest.fixture(scope="module")
def with_faults(tmp_path_factory: pytest.TempPathFactory) -> ExtractVerdicts:
    """A good partner, and one for each fault."""
    settings = make_settings(tmp_path_factory.mktemp("faults"))
    land(settings, "good", partner="mlima_centre")
    for number, (_, planted, _) in enumerate(FAULTS):
        land(settings, f"bad{number}", partner=f"partner_{number}", **planted)
    return judged(settings)


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[check for check, *_ in FAULTS])
def test_a_planted_fault_holds_its_extract(with_faults: ExtractVerdicts, number: int) -> None:
    check, _, observed = FAULTS[number]
    verdict = _of(with_faults, f"bad{number}", check)
    assert verdict.outcome == "failed"
    assert verdict.holds
    assert verdict.observed == pytest.approx(observed)


def test_a_planted_fault_holds_nobody_elses_extract(with_faults: ExtractVerdicts) -> None:
    bad = {(f"partner_{number}", f"bad{number}") for number in range(len(FAULTS))}
    assert set(with_faults.holding) == bad


@pytest.mark.parametrize(
    ("check", "planted"),
    [
        ("few_rows_are_refused", {"rows_read": 100, "rows_refused": 60}),
        ("agreement_is_current", {"agreement_to": date(2026, 11, 10)}),
    ],
)
def test_warnings_do_not_hold(settings: Settings, check: str, planted: dict[str, Any]) -> None:
    land(settings, "e1", **planted)
    verdicts = judged(settings)
    assert _of(verdicts, "e1", check).outcome == "failed"
    assert verdicts.holding == {}


def test_judging_writes_no_page_of_great_expectations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own pages load styles and a logo from outside; the quality report is ours."""
    monkeypatch.chdir(tmp_path)
    for variable in ("HOME", "TMPDIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    expectation = Expectation("some_rows", (Limit("rows", minimum=1),), "hold", "Why.", "Ask.")
    (judged,) = judge(pd.DataFrame({"rows": [0]}), [expectation])
    assert judged.outcome == "failed"
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    ("column", "holds"),
    [("Date", False), (["Day", "Date"], False), ("Sex=F", False), (["Day", "When"], True), ("When", True)],
)
def test_a_required_column_is_found_under_any_of_its_names(
    settings: Settings, column: str | list[str], holds: bool
) -> None:
    land(settings, "e1", contract_content={"fields": {"event_on": {"column": column, "required": True}}})
    verdicts = judged(settings)
    assert _of(verdicts, "e1", "required_columns_present").holds == holds


def test_an_untyped_extract_is_held(settings: Settings) -> None:
    land(settings, "e1")
    for path in settings.typed.glob("*/e1.parquet"):
        path.unlink()
    verdicts = judged(settings)
    names = {v.check_name for v in verdicts.holding["pwani_shelter", "e1"]}
    assert names >= {"every_row_is_typed", "agreement_is_valid"}
    for nothing_to_measure in ("columns_are_readable", "something_is_usable"):
        assert _of(verdicts, "e1", nothing_to_measure).outcome == "passed"


def test_shares_of_a_small_extract_warn_but_do_not_hold(settings: Settings) -> None:
    land(settings, "e1", records=10, bad_dates=4)
    verdicts = judged(settings)
    verdict = _of(verdicts, "e1", "columns_are_readable")
    assert (verdict.outcome, verdict.severity) == ("failed", "warn")
    assert verdicts.holding == {}


def test_row_volume_is_compared_with_the_last_plausible_extract(settings: Settings) -> None:
    for sequence, (name, records) in enumerate([("a", 100), ("b", 79), ("c", 81), ("d", 64)], start=1):
        land(settings, name, records=records, sequence=sequence)
    verdicts = judged(settings)
    held = {name for name in "abcd" if _of(verdicts, name, "row_volume_is_plausible").holds}
    assert held == {"b", "d"}  # c is compared with a (0.81), d with c (0.79)
    profiles = {
        row["extract_id"]: row
        for row in pq.read_table(settings.work / "gates" / "profiles.parquet").to_pylist()
    }
    assert [profiles[name]["rows_last_time"] for name in "abcd"] == [None, 100, 100, 81]


def test_an_accepted_small_extract_becomes_the_new_baseline(settings: Settings) -> None:
    for sequence, (name, records) in enumerate([("a", 100), ("b", 50), ("c", 50)], start=1):
        land(settings, name, records=records, sequence=sequence)
    accepted = Decided(extract_accepts=[on_extract("pwani_shelter", "b")])
    assert _of(judged(settings), "c", "row_volume_is_plausible").holds
    assert not _of(judged(settings, accepted), "c", "row_volume_is_plausible").holds


def test_empty_deliveries_that_report_zero_are_accepted(settings: Settings) -> None:
    land(settings, "a", delivery_mode="incremental")
    land(settings, "b", delivery_mode="incremental", records=0, sequence=2)
    land(settings, "c", delivery_mode="incremental", records=40, sequence=3)
    period = {"from": "2026-10-01", "to": "2026-10-31"}
    land(settings, "d", partner="mlima_centre", records=0, period=period)
    assert judged(settings).holding == {}


def test_extracts_of_different_declared_periods_are_not_compared(settings: Settings) -> None:
    land(settings, "a", records=100, period={"round": "2019"})
    land(settings, "b", records=30, period={"round": "2020"}, sequence=2)
    assert judged(settings).holding == {}


def test_new_columns_warn(settings: Settings) -> None:
    land(settings, "a", unmapped_columns=["Notes"])
    land(settings, "b", unmapped_columns=["notes ", "Camp"], sequence=2)
    verdicts = judged(settings)
    assert _of(verdicts, "b", "columns_are_as_last_time").observed == 1
    assert verdicts.holding == {}


def _findings(verdicts: ExtractVerdicts, extract_id: str) -> dict[str, str]:
    return {v.check_name: v.finding for v in verdicts.holding.get(("pwani_shelter", extract_id), ())}


CHANGED = "sent_records_say_the_same"


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"only_country": 100}, "Place of origin (“Home town”) changed or is missing in 100 of 100"),
    ({"bad_places": 16}, "Place of origin (“Home town”) changed or is missing in 16 of 100"),
    ({"only_period": 75}, "Month (“Date”) changed or is missing in 75 of 100"),
    ({"bad_dates": 16}, "Month (“Date”) changed or is missing in 16 of 100"),
    ({"unstated": 75}, "Kind of exploitation changed or is missing in 75 of 100"),
    ({"sexes": ("male", "male", "female")}, "Sex changed or is missing in 100 of 100"),
    (
        {"months": (date(2025, 8, 1), date(2025, 9, 1))},
        "Month (“Date”) changed or is missing in 100 of 100",
    ),
]


@pytest.mark.parametrize("delivery_mode", ["full", "incremental"])
def test_records_that_change_after_they_were_sent_hold_the_extract(
    settings: Settings, delivery_mode: str
) -> None:
    sent = {"delivery_mode": delivery_mode, "records": 100}
    for number, (planted, _) in enumerate(CHANGES):
        land(settings, f"before{number}", partner=f"partner_{number}", **sent)
        land(settings, f"after{number}", partner=f"partner_{number}", sequence=2, **sent, **planted)
    verdicts = judged(settings)
    fates = settle_fates(landed_extracts(settings), verdicts, Decided())
    held = {fate.extract_id: fate.finding for fate in fates if fate.fate == "held"}
    assert held.keys() == {f"after{number}" for number in range(len(CHANGES))}
    for number, (_, finding) in enumerate(CHANGES):
        said = f"{finding} records that were sent before"
        (verdict,) = verdicts.holding[f"partner_{number}", f"after{number}"]
        assert (verdict.check_name, verdict.finding) == (CHANGED, said)
        assert held[f"after{number}"].startswith(f"Held: {said}. Compare a few ")


@pytest.mark.parametrize(
    "planted",
    [
        {},
        {"border_points": 40},  # in the county that was known before
        {"only_country": 6, "only_period": 6, "unstated": 6},  # 15 % each
    ],
)
def test_a_few_corrected_records_pass(settings: Settings, planted: dict[str, Any]) -> None:
    land(settings, "before", **{"border_points": 40} if "border_points" in planted else {})
    land(settings, "after", sequence=2, **planted)
    assert judged(settings).holding == {}


def test_records_that_become_more_precise_pass(settings: Settings) -> None:
    land(settings, "before", only_country=40, only_period=40, unstated=40)
    land(settings, "after", sequence=2)
    assert judged(settings).holding == {}


def test_records_that_vanish_are_counted_and_their_months_named(settings: Settings) -> None:
    months = tuple(date(2026, month, 1) for month in range(1, 9))
    land(settings, "a", records=96, months=months)
    land(settings, "b", records=84, months=months[:7], sequence=2, first=0)
    assert _findings(judged(settings), "b") == {
        "sent_records_say_the_same": "Month (“Date”) changed or is missing in 70 of 84 records that were sent before"
    }
    land(settings, "c", records=70, months=months, sequence=3, first=26)
    assert _findings(judged(settings), "c") == {
        "row_volume_is_plausible": "70 rows; the extract before had 96",
        "no_records_vanish": "26 of the 96 records that it replaces are missing",
    }


def test_a_lost_month_holds_a_register_of_usual_size(settings: Settings) -> None:
    months = tuple(date(2026, month, 1) for month in range(1, 9))
    land(settings, "a", records=160, months=months)
    land(settings, "b", records=140, months=months, without_month=date(2026, 3, 1), sequence=2)
    assert _findings(judged(settings), "b") == {
        "no_records_vanish": "20 of the 160 records that it replaces are missing, among them nearly all of 2026-03"
    }


def test_months_of_a_held_extract_are_not_missing_and_it_may_come_again(settings: Settings) -> None:
    year = tuple(date(2025, month, 1) for month in range(1, 13))
    land(settings, "a", records=120, months=year, delivery_mode="incremental")
    new = {"delivery_mode": "incremental", "records": 45}
    land(settings, "b", months=(date(2026, 1, 1),), sequence=2, first=500, bad_dates=0, bad_places=40, **new)
    land(settings, "c", months=(date(2026, 2, 1),), sequence=3, first=600, **new)
    land(settings, "mended", months=(date(2026, 1, 1),), sequence=4, first=500, **new)
    assert {extract_id for _, extract_id in judged(settings).holding} == {"b"}


def test_a_month_without_records_holds_the_extract(settings: Settings) -> None:
    year = tuple(date(2025, month, 1) for month in range(1, 13))
    land(settings, "a", records=120, months=year, delivery_mode="incremental")
    new = {"delivery_mode": "incremental", "records": 30, "first": 500}
    land(settings, "b", months=(date(2026, 1, 1), date(2026, 4, 1)), sequence=2, **new)
    land(settings, "c", months=(date(2026, 1, 1), date(2026, 2, 1)), sequence=3, **new | {"first": 600})
    verdicts = judged(settings)
    assert _findings(verdicts, "b")["no_month_is_missing"] == "There is no record of 2026-02 – 2026-03"
    assert _findings(verdicts, "c") == {}


def _first_half_year(settings: Settings) -> None:
    months = tuple(date(2026, month, 1) for month in range(1, 7))
    land(settings, "a", records=240, months=months, delivery_mode="incremental")


@pytest.mark.parametrize(
    ("planted", "check", "finding"),
    [
        (
            {"sexes": ("male",)},
            "new_records_resemble_earlier_ones",
            "Sex: 67 % of the 60 newest records would need another value to look like the earlier ones "
            "(Male 33 → 100 %, Female 67 → 0 %); up to 59 % is usual here. Sex: none of the 60 newest records has Female",
        ),
        (
            {"only_country": 60},
            "new_records_resemble_earlier_ones",
            "Place of origin (“Home town”) is stated for 0 % of the 60 newest records, 100 % before; "
            "up to 15 points less is usual here",
        ),
        (
            {"months": (date(2026, 2, 1),)},
            "new_records_are_new",
            "100 % of 60 new records are older than the newest month sent before; up to 50 % is usual here",
        ),
        (
            {"months": (date(2026, 7, 1),), "same_day": True},
            "new_records_are_new",
            "100 % of 60 new records equal another one in date, places and answers; up to 40 % is usual here",
        ),
    ],
)
def test_new_records_unlike_all_earlier_ones_hold_the_extract(
    settings: Settings, planted: dict[str, Any], check: str, finding: str
) -> None:
    _first_half_year(settings)
    months = planted.get("months", (date(2026, 7, 1), date(2026, 8, 1)))
    new = planted | {"records": 60, "first": 500, "months": months}
    land(settings, "b", delivery_mode="incremental", sequence=2, **new)
    found = _findings(judged(settings), "b")[check]
    assert found.replace("Nairobi", "KE047") == finding


@pytest.mark.parametrize(
    "planted",
    [{}, {"sexes": ("female", "female", "female", "male", "male")}, {"only_country": 6}, {"records": 20}],
)
def test_new_records_that_differ_by_chance_pass(settings: Settings, planted: dict[str, Any]) -> None:
    _first_half_year(settings)
    new = {"records": 60, "first": 500, "months": (date(2026, 7, 1), date(2026, 8, 1))} | planted
    land(settings, "b", delivery_mode="incremental", sequence=2, **new)
    assert judged(settings).holding == {}


def _months_of_files(settings: Settings, files: dict[str, dict[str, Any]], records: int) -> None:
    for at, (name, planted) in enumerate(files.items(), start=1):
        new = {"records": records, "first": 1000 * at, "months": (date(2026, at, 1),)}
        land(settings, name, delivery_mode="incremental", sequence=at, **new | planted)


def test_a_damaged_file_in_the_history_lets_no_second_one_pass(settings: Settings) -> None:
    damaged = {"sexes": ("male",)}
    files = {"a": {}, "b": {}, "c": damaged, "d": {}, "e": {}, "f": {}, "g": {}, "h": damaged}
    _months_of_files(settings, files, records=60)
    decided = Decided(extract_accepts=[on_extract("pwani_shelter", "c")])
    assert {name for _, name in judged(settings, decided).holding} == {"c", "h"}


def test_new_records_of_small_files_are_compared_when_there_are_enough(settings: Settings) -> None:
    _months_of_files(settings, {"a": {"records": 200}}, records=0)
    small = {"delivery_mode": "incremental", "records": 15, "sexes": ("male",)}
    for at, name in enumerate("bcde", start=2):
        land(settings, name, first=1000 * at, months=(date(2026, at, 1),), sequence=at, **small)
    verdicts = judged(settings)
    assert {name for _, name in verdicts.holding} == {"d", "e"}, "b and c are 30 records"
    found = _findings(verdicts, "d")["new_records_resemble_earlier_ones"]
    assert found.startswith(
        "Sex: 66 % of the 45 newest records would need another value to look like the earlier ones (Male 34 → 100 %,"
    )
    decided = Decided(extract_accepts=[on_extract("pwani_shelter", name) for name in "de"])
    land(settings, "f", first=9000, months=(date(2026, 6, 1),), sequence=6, **small)
    assert {name for _, name in judged(settings, decided).holding} == {"d"}, "e and f are 30 again"


def test_a_first_extract_has_no_predecessor_to_compare_with(settings: Settings) -> None:
    land(settings, "a", only_country=40, only_period=40, unstated=40)
    land(settings, "b", contract="other_book", only_country=40, sequence=2)
    assert judged(settings).holding == {}


def test_fewer_than_twenty_records_only_warn(settings: Settings) -> None:
    land(settings, "a", delivery_mode="incremental", records=400)
    land(settings, "b", delivery_mode="incremental", records=2, only_country=2, sequence=2)
    land(settings, "c", delivery_mode="incremental", records=19, only_country=19, sequence=3)
    land(settings, "d", delivery_mode="incremental", first=100, only_country=40, sequence=4)
    verdicts = judged(settings)
    assert {extract_id for _, extract_id in verdicts.holding} == {"d"}


def test_a_changed_extract_is_held_again_when_resent(settings: Settings) -> None:
    for sequence, name in enumerate("abc", start=1):
        land(settings, name, only_country=0 if name == "a" else 40, sequence=sequence)
    verdicts = judged(settings)
    assert {extract_id for _, extract_id in verdicts.holding} == {"b", "c"}


@pytest.mark.parametrize("answer", ["accepted", "waived"])
def test_an_accepted_change_becomes_the_new_baseline(settings: Settings, answer: str) -> None:
    for sequence, name in enumerate("abc", start=1):
        land(
            settings, name, sequence=sequence, **({} if name == "a" else {"only_country": 40, "unstated": 40})
        )
    if answer == "accepted":
        decided = Decided(extract_accepts=[on_extract("pwani_shelter", "b")])
    else:
        decided = Decided(waivers=[_waiver(CHANGED, scope="pwani_shelter/b")])
    verdicts = judged(settings, decided)
    fates = settle_fates(landed_extracts(settings), verdicts, decided)
    assert [one.fate for one in fates] == ["in_force"] * 3


def test_corrections_of_a_partner_that_sends_only_what_is_new_are_part_of_their_months(
    settings: Settings,
) -> None:
    months, few = (date(2026, 5, 1),), {"delivery_mode": "incremental", "months": (date(2026, 5, 1),)}
    land(settings, "a", delivery_mode="incremental", records=200, months=months)
    land(settings, "corrected", records=25, sequence=2, only_country=25, **few)
    land(settings, "damaged", records=60, first=100, sequence=3, only_country=60, **few)
    verdicts = judged(settings)
    assert _of(verdicts, "corrected", CHANGED).observed == pytest.approx(25 / 200)
    assert {name for _, name in verdicts.holding} == {"damaged"}


@pytest.mark.parametrize(("first", "held"), [(0, {"b"}), (500, set())])
def test_a_new_contract_takes_over_the_history_of_the_records_it_shares(
    settings: Settings, first: int, held: set[str]
) -> None:
    land(settings, "a", records=100)
    land(settings, "b", contract="new_book", records=100, first=first, only_country=100, sequence=2)
    verdicts = judged(settings)
    assert {name for _, name in verdicts.holding} == held
    assert (_of(verdicts, "b", CHANGED).outcome == "failed") == bool(held)


def _waiver(check: str, **changes: Any) -> dict[str, Any]:
    waiver = {"id": "0123456789ab", "check": check, "check_definition": CHECKS[check].definition}
    return {**waiver, "scope": "pwani_shelter/e1", "expires": "2026-11-24", **changes}


def test_a_waiver_is_honoured_to_its_last_day(settings: Settings) -> None:
    land(settings, "e1", bad_codes=3)
    verdicts = judged(settings, Decided(waivers=[_waiver("codes_are_mapped")]))
    verdict = _of(verdicts, "e1", "codes_are_mapped")
    assert (verdict.outcome, verdict.waived_by) == ("failed", "0123456789ab")
    assert verdicts.holding == {}


@pytest.mark.parametrize(
    "lapsed",
    [
        {"expires": "2026-11-23"},
        {"check_definition": "0" * 16},
        {"scope": "pwani_shelter/e2"},
        {"scope": "another_shelter/e1"},
        {"check": "columns_are_readable"},
    ],
)
def test_a_waiver_lapses(settings: Settings, lapsed: dict[str, Any]) -> None:
    land(settings, "e1", bad_codes=3)
    verdicts = judged(settings, Decided(waivers=[_waiver("codes_are_mapped") | lapsed]))
    assert _of(verdicts, "e1", "codes_are_mapped").holds


def test_reconciliation_checks_cannot_be_waived(settings: Settings) -> None:
    land(settings, "e1", typed_records=39)
    verdicts = judged(settings, Decided(waivers=[_waiver("every_row_is_typed")]))
    assert _of(verdicts, "e1", "every_row_is_typed").holds


def test_a_check_that_raises_is_reported_as_an_error() -> None:
    frame = pd.DataFrame({"share": [0.9, 0.1]})
    checks = [
        Expectation("raises", (Limit("no_such_column", minimum=1),), "hold", "why", "what"),
        Expectation("answers", (Limit("share", minimum=0.5),), "hold", "why", "what"),
    ]
    outcomes = [(j.expectation.name, j.row, j.outcome) for j in judge(frame, checks)]
    assert sorted(outcomes) == [
        ("answers", 0, "passed"), ("answers", 1, "failed"), ("raises", 0, "error"), ("raises", 1, "error"),
    ]  # fmt: skip


def test_an_empty_cell_passes_only_where_nothing_was_to_be_measured() -> None:
    frame = pd.DataFrame({"share": [float("nan")]})
    lenient = Expectation("lenient", (Limit("share", minimum=0.5),), "hold", "why", "what")
    strict = Expectation("strict", (Limit("share", minimum=0.5, empty_fails=True),), "hold", "why", "what")
    assert [j.outcome for j in judge(frame, [lenient, strict])] == ["passed", "failed"]


def tables_of(
    settings: Settings, extract_id: str, partner: str
) -> tuple[dict[str, Any], dict[str, pa.Table]]:
    """Landing note and tables of one extract, as a file that has not landed has them in memory."""
    note = read_json(settings.landing / partner / f"{extract_id}.json")
    tables = {name: pq.read_table(settings.typed / name / f"{extract_id}.parquet") for name in TYPED_TABLES}
    matches = pq.read_table(settings.work / "places" / "matches.parquet")
    return note, tables | {"matches": matches}


def test_a_dry_run_gives_the_verdicts_of_the_landed_file(settings: Settings) -> None:
    planted: list[dict[str, Any]] = [
        {},
        {"received_on": "2022-12-31"},
        {"statistics_agreed": False},
        {"columns_found": ["Date", "Town of victim", "Sex"]},
        {"typed_records": 39},
        {"bad_dates": 9},
        {"bad_dates": 7, "bad_places": 13},
        {"bad_codes": 3},
        {"bad_codes": 2},  # just enough are mapped: 38 of 40
        {"repeated": 3},
        {"records": 3, "bad_places": 3},
        {"records": 10, "bad_places": 4},  # too few to hold: only told
        {"records": 0},
    ]
    for number, changes in enumerate(planted):
        land(settings, f"e{number:02}", partner=f"partner_{number:02}", **changes)
    verdicts = judged(settings)
    for number in range(len(planted)):
        partner = f"partner_{number:02}"
        found = would_fail(*tables_of(settings, f"e{number:02}", partner), AS_OF.date())
        landed = [one for one in verdicts.of_partner(partner) if not one.passed]
        assert [(one.check_name, one.holds, one.observed) for one in found] == [
            (one.check_name, one.holds, one.observed) for one in landed
        ], planted[number]
    assert len(verdicts.holding) == 10


def test_every_expectation_reads_a_measured_column_and_says_why_and_what_to_do() -> None:
    columns = set(SCHEMA.names)
    for check in EXTRACT_GATE:
        assert {limit.column for limit in check.limits} <= columns
        assert check.share_of is None or check.share_of in columns
    names = [check.name for check in (*EXTRACT_GATE, *RELEASE_GATE, *TABLE_GATE)]
    assert len(names) == len(set(names))
    assert all(check.why and check.steward_action for check in (*EXTRACT_GATE, *RELEASE_GATE, *TABLE_GATE))


def test_a_checks_definition_depends_on_its_limits_alone() -> None:
    one = Expectation("c", (Limit("share", minimum=0.5),), "hold", "why", "what")
    other_words = Expectation("c", (Limit("share", minimum=0.5),), "hold", "because", "do")
    other_limit = Expectation("c", (Limit("share", minimum=0.6),), "hold", "why", "what")
    assert one.definition == other_words.definition != other_limit.definition
