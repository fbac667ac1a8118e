"""Records of extracts that feed the current release and the candidate are compared one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.checks import CHECKS
from orchestration.core import Settings
from orchestration.gates.candidate import CheckOutcome, judge_candidate
from orchestration.release.verdict import manifest_checks
from tests.fixtures.gate_world import AS_OF, Decided, land, make_settings, write_evidence_base

CURRENT, CANDIDATE = "20261101T020000Z-00000000", "20261124T020000Z-00000001"
CHECK = "partners_records_are_as_last_time"
Row = dict[str, Any]
PLACES = [  # id, name, county, country
    ("KE015", "Kitui", "KE015", "KEN"), ("KE047", "Nairobi", "KE047", "KEN"), ("KEN", "Kenya", None, "KEN"),
    ("UGA", "Uganda", None, "UGA"), ("unknown", "unknown", None, "unknown"), ("tn-mwingi", "Mwingi", "KE015", "KEN"),
]  # fmt: skip


def records(partner: str, first: int, count: int, **changes: Any) -> list[Row]:
    """Records of one extract, from Kitui to Nairobi."""
    row = {
        "partner": partner, "extract_id": f"{partner}-1", "is_counted": True, "origin_place_id": "KE015",
        "destination_place_id": "KE047", "month_from": date(2026, 5, 1), "month_to": date(2026, 5, 1),
        "form_label": "Begging", "sex": "female", "age_band": "a09_17",
    }  # fmt: skip
    return [{**row, "record_id": first + at, **changes} for at in range(count)]


def lineage(settings: Settings, release: str, rows: list[Row], in_force: list[Row]) -> None:
    folder = settings.lineage / release
    folder.mkdir(parents=True)
    numbered = [{**row, "record": at, "movement": at} for at, row in enumerate(rows, 1)]
    pq.write_table(pa.Table.from_pylist(numbered), folder / "records.parquet")
    extracts = {(row["partner"], row["extract_id"]) for row in in_force}
    named = [{"partner": partner, "extract_id": one, "contract": "book"} for partner, one in extracts]
    pq.write_table(pa.Table.from_pylist(named), folder / "extracts.parquet")
    no_lines = {"counting_table": [], "counting_role": [], "counting_id": [], "record": []}
    pq.write_table(pa.table(no_lines), folder / "lines.parquet")


@pytest.fixture
def judged(tmp_path: Path) -> Callable[[list[Row], list[Row]], Mapping[str, CheckOutcome]]:
    """Judge a candidate of these records beside a current release of those.

    `lost`: whose lineage is missing.
    """

    def judge(
        before: list[Row], now: list[Row], decisions: Decided | None = None, lost: str = ""
    ) -> Mapping[str, CheckOutcome]:
        settings = make_settings(tmp_path)
        for name, release, rows in (
            (CURRENT, CURRENT, before),
            (f".candidate-{CANDIDATE}", CANDIDATE, now),
        ):
            base = settings.releases / name / "members" / "evidence_base.duckdb"
            write_evidence_base(base)
            with duckdb.connect(str(base)) as con:
                con.execute("drop table marts.dim_place")
                con.execute(
                    "create table marts.dim_place (place_id varchar, name varchar, county_place_id varchar, "
                    "country_place_id varchar, kind varchar, iso_alpha3 varchar)"
                )
                con.executemany("insert into marts.dim_place values (?, ?, ?, ?, 'place', 'KEN')", PLACES)
            (settings.releases / name / "manifest.json").write_text(json.dumps({"release_id": release}))
            # An extract stays in force when a later one has replaced all its records.
            lineage(settings, release, rows, before if release == CURRENT else [*before, *now])
        settings.current.symlink_to(settings.releases / CURRENT)
        if lost:
            (settings.lineage / lost / "records.parquet").unlink()
        candidate = settings.releases / f".candidate-{CANDIDATE}"
        verdict = judge_candidate(settings, candidate, AS_OF, decisions or Decided(), [])
        return {
            f"{check.name} of {check.subject}" if decisions else check.name: check for check in verdict.checks
        }

    return judge


def test_one_partner_whose_places_are_read_otherwise_refuses_and_is_named(judged: Any) -> None:
    large, small = records("mlima_centre", 0, 900), records("pwani_shelter", 5000, 60)
    checks = judged([*large, *small], [*large, *records("pwani_shelter", 5000, 60, origin_place_id="KEN")])
    check = checks["partners_records_are_as_last_time"]
    assert check.refuses and check.observed == 1
    assert check.finding == "pwani_shelter: Place of origin changed or is missing in 60 of 60 records"
    assert checks["counties_keep_their_movements"].outcome == "passed", "900 of 960 are left"
    assert checks["corridors_keep_their_movements"].outcome == "passed"


def test_a_county_and_a_corridor_that_empty_are_named_with_the_partner(judged: Any) -> None:
    kept = records("mlima_centre", 0, 60)
    moved = records("pwani_shelter", 5000, 40)
    checks = judged([*kept, *moved], [*kept, *records("pwani_shelter", 5000, 40, origin_place_id="UGA")])
    county, corridor = checks["counties_keep_their_movements"], checks["corridors_keep_their_movements"]
    assert county.refuses and county.observed == pytest.approx(0.6)
    assert county.finding == "Kitui: 60 of 100 movements remain; 40 of the lost ones were pwani_shelter's"
    assert corridor.refuses
    assert corridor.finding.startswith("Kitui → Nairobi: 60 of 100 movements remain")


@pytest.mark.parametrize(
    ("name", "label"), [("sex", "Sex"), ("age_band", "Age band"), ("form_label", "Kind of exploitation")]
)
def test_a_swapped_list_of_choices_refuses(judged: Any, name: str, label: str) -> None:
    checks = judged(records("pwani_shelter", 0, 40), records("pwani_shelter", 0, 40, **{name: "other"}))
    assert checks["partners_records_are_as_last_time"].finding == (
        f"pwani_shelter: {label} changed or is missing in 40 of 40 records"
    )


def test_records_that_are_set_aside_count_as_gone(judged: Any) -> None:
    checks = judged(records("pwani_shelter", 0, 40), records("pwani_shelter", 0, 30))
    assert checks["partners_records_are_as_last_time"].observed == pytest.approx(0.25)


def test_what_becomes_known_or_comes_new_passes(judged: Any) -> None:
    changes: list[tuple[Row, Row]] = [
        ({"origin_place_id": "KEN"}, {}),  # a place that was not known is known
        ({"origin_place_id": "unknown"}, {}),
        ({}, {"origin_place_id": "tn-mwingi"}),  # a town of the same county
        ({}, {"extract_id": "pwani_shelter-2", "origin_place_id": "UGA"}),  # a new extract: the other gate's
        ({"sex": "unknown"}, {"sex": "male"}),
    ]
    kept, before, now = records("mlima_centre", 0, 300), list[Row](), list[Row]()
    for at, (known, told) in enumerate(changes, start=1):
        before += records(f"shelter_{at}", 5000 * at, 60, **known)
        now += records(f"shelter_{at}", 5000 * at, 60, **told)
    checks = judged([*kept, *before], [*kept, *now])
    names = ("partners_records", "counties_keep", "corridors_keep")
    found = [one for one in checks.values() if one.name.startswith(names)]
    assert {one.outcome for one in found} == {"passed"}, [one.finding for one in found]


def test_a_full_register_that_is_sent_again_is_judged_by_the_other_gate(judged: Any) -> None:
    sent_again = records("pwani_shelter", 0, 60, extract_id="pwani_shelter-2", origin_place_id="UGA")
    checks = judged(records("pwani_shelter", 0, 100), sent_again)
    names = ("partners_records", "counties_keep", "corridors_keep")
    assert {one.outcome for one in checks.values() if one.name.startswith(names)} == {"passed"}


def test_old_records_beside_new_ones_of_an_incremental_extract_are_compared(judged: Any) -> None:
    new = records("pwani_shelter", 500, 20, extract_id="pwani_shelter-2")
    checks = judged(records("pwani_shelter", 0, 60), [*records("pwani_shelter", 0, 60, sex="male"), *new])
    assert checks["partners_records_are_as_last_time"].finding == (
        "pwani_shelter: Sex changed or is missing in 60 of 60 records"
    )


def test_a_movement_within_a_county_counts_there_once(judged: Any) -> None:
    within = records("pwani_shelter", 0, 100, destination_place_id="tn-mwingi")
    checks = judged(within, records("pwani_shelter", 0, 100))
    assert checks["counties_keep_their_movements"].outcome == "passed", "all still start in Kitui"


def test_few_records_are_not_compared(judged: Any) -> None:
    checks = judged(records("pwani_shelter", 0, 19), records("pwani_shelter", 0, 19, origin_place_id="UGA"))
    assert checks["partners_records_are_as_last_time"].outcome == "passed"


def test_an_extract_that_a_full_one_replaced_is_read_again_under_todays_contract(
    judged: Any, tmp_path: Path
) -> None:
    cases: dict[str, tuple[dict[str, Any], str | None]] = {
        "same": ({}, None),
        "sex": ({"sexes": ("male",)}, "Sex changed or is missing in 60 of 60"),
        "country": ({"only_country": 12}, "Place of origin changed or is missing in 12 of 60"),
        "month": (
            {"months": (date(2026, 5, 1), date(2026, 6, 1))},
            "Month changed or is missing in 30 of 60",
        ),
        "form": ({"unstated": 60}, "Kind of exploitation changed or is missing in 60 of 60"),
        "gone": ({"first": 1}, None),  # one record
        "age": ({"first": 30}, "Age band changed or is missing in 30 of 60"),
    }
    as_typed = {"records": 60, "sexes": ("female",), "months": (date(2026, 5, 1),), "same_day": True}
    said = {"origin_place_id": "KE047", "destination_place_id": "KEN", "form_label": "Other / Begging"}
    before, now = list[Row](), list[Row]()
    for at, (partner, (planted, _)) in enumerate(cases.items()):
        first = 1000 * at + planted.get("first", 0)
        land(
            make_settings(tmp_path), f"{partner}-1", partner=partner, **as_typed | planted | {"first": first}
        )
        before += records(partner, 1000 * at, 60, age_band="a18_20", **said)
        now += records(partner, 1000 * at, 60, extract_id=f"{partner}-2", **said)
    checks = judged(before, now, Decided()).values()
    found = {one.subject: one.finding for one in checks if one.name == CHECK and one.refuses}
    assert found == {
        partner: f"{partner}: {finding} records" for partner, (_, finding) in cases.items() if finding
    }


def test_a_waiver_is_for_one_partner(judged: Any) -> None:
    names = ("pwani_shelter", "mlima_centre")
    before = [one for at, name in enumerate(names) for one in records(name, 1000 * at, 40)]
    waiver = {
        "id": "0123456789ab", "check": CHECK, "check_definition": CHECKS[CHECK].definition,
        "scope": "release/pwani_shelter", "expires": "2026-12-24",
    }  # fmt: skip
    checks = judged(before, [one | {"sex": "male"} for one in before], Decided(waivers=[waiver]))
    assert {name: checks[f"{CHECK} of {name}"].refuses for name in names} == {
        "pwani_shelter": False,
        "mlima_centre": True,
    }
    printed = manifest_checks({"checks": [vars(check) for check in checks.values()]})
    assert not [one for one in printed if one["subject"] in names], "a manifest names no partner"


@pytest.mark.parametrize("lost", [CURRENT, CANDIDATE])
def test_a_missing_lineage_warns(judged: Any, lost: str) -> None:
    check = judged(records("pwani_shelter", 0, 40), [], lost=lost)["last_release_is_compared"]
    assert (check.outcome, check.severity) == ("failed", "warn")
    assert check.finding.startswith("No record was compared with the last release")
