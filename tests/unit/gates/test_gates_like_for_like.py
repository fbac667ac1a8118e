"""Records of extracts that feed the current release and the candidate are compared one by one."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.checks import CHECKS
from orchestration.core import Settings, note_artifact
from orchestration.gates.candidate import CheckOutcome, judge_candidate
from orchestration.linkage import LINK
from orchestration.release.candidate import manifest_checks
from orchestration.stewardship import Decisions
from tests.fixtures.gate_world import AS_OF, decisions_of, land, make_settings, write_evidence_base

CURRENT, CANDIDATE = "20261101T020000Z-00000000", "20261124T020000Z-00000001"
CHECK = "partners_records_are_as_last_time"
Row = dict[str, Any]
PLACES = tuple(  # id, name, county, country
    (place, "place", "KEN", *of) for place, *of in (
        ("KE015", "Kitui", "KE015", "KEN"), ("KE047", "Nairobi", "KE047", "KEN"), ("KEN", "Kenya", None, "KEN"),
        ("UGA", "Uganda", None, "UGA"), ("unknown", "unknown", None, "unknown"), ("tn-mwingi", "Mwingi", "KE015", "KEN"),
    )
)  # fmt: skip
NAMES = ("counties_keep_their_movements", "corridors_keep_their_movements")


def records(partner: str, first: int, count: int, **changes: Any) -> list[Row]:
    """Records of one extract, from Kitui to Nairobi."""
    row = {
        "partner": partner, "extract_id": f"{partner}-1", "is_counted": True, "start_place_id": "KE015",
        "end_place_id": "KE047", "month_from": date(2026, 5, 1), "month_to": date(2026, 5, 1),
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
    no_cells = {"cell": pa.array([], pa.string()), "record": pa.array([], pa.int32())}
    for name in ("cells", "counts"):
        pq.write_table(pa.table(no_cells), folder / f"{name}.parquet")


Judged = Callable[..., dict[tuple[str, str], CheckOutcome]]


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    """Judge a candidate of these records beside a current release of those: outcomes by check and subject.

    `lost`: whose lineage is missing; `linked`: what the link step says of partners.
    """

    def judge(
        before: list[Row],
        now: list[Row],
        decisions: Decisions | None = None,
        lost: str = "",
        **linked: list[Row],
    ) -> dict[tuple[str, str], CheckOutcome]:
        settings = make_settings(tmp_path)
        for name, release, rows in ((CURRENT, CURRENT, before), (f".candidate-{CANDIDATE}", CANDIDATE, now)):
            write_evidence_base(settings.releases / name / "members" / "evidence_base.duckdb", places=PLACES)
            (settings.releases / name / "manifest.json").write_text(json.dumps({"release_id": release}))
            # An extract stays in force when a later one has replaced all its records.
            lineage(settings, release, rows, before if release == CURRENT else [*before, *now])
        settings.current.symlink_to(settings.releases / CURRENT)
        if linked:
            note_artifact(settings.work, LINK, "fingerprint", [], linked)
        if lost:
            (settings.lineage / lost / "records.parquet").unlink()
        candidate = settings.releases / f".candidate-{CANDIDATE}"
        verdict = judge_candidate(settings, candidate, AS_OF, decisions or decisions_of(), [])
        return {(check.name, check.subject): check for check in verdict.checks}

    return judge


def outcomes(checks: dict[tuple[str, str], CheckOutcome], *names: str) -> set[str]:
    return {check.outcome for (name, _), check in checks.items() if name in names}


def test_one_partner_whose_places_are_read_otherwise_refuses_beside_a_large_one(judged: Judged) -> None:
    large, small = records("mlima_centre", 0, 900), records("pwani_shelter", 5000, 60)
    checks = judged([*large, *small], [*large, *records("pwani_shelter", 5000, 60, start_place_id="KEN")])
    check = checks[CHECK, "pwani_shelter"]
    assert check.refuses and check.observed == 1
    assert check.finding == "pwani_shelter: Place of origin changed or is missing in 60 of 60 records"
    assert outcomes(checks, *NAMES) == {"passed"}, "900 of 960 are left"


def test_numbers_that_say_nothing_and_partners_that_are_one_are_warned_of(judged: Judged) -> None:
    """Of 40 records of pwani 21 are mlima's persons too; of 19 of ziwa, which are too few, all."""
    shared = [
        {
            "partner": partner,
            "other_partner": "mlima_centre",
            "linked": linked,
            "records": of,
            "shared_persons": linked / of,
        }
        for partner, linked, of in (("pwani_shelter", 21, 40), ("ziwa_desk", 19, 19), ("bonde_post", 20, 40))
    ]
    field = {"partner": "ziwa_desk", "field": "link.incident_ref", "ignored_numbers": 1, "records": 9}
    one = records("mlima_centre", 0, 60)
    checks = judged(one, one, ignored_numbers=[field], shared_persons=shared)
    names = ("numbers_tell_cases_apart", "partners_are_not_one")
    assert {
        (subject, check.severity, check.finding) for (name, subject), check in checks.items() if name in names
    } == {
        ("ziwa_desk", "warn", "ziwa_desk, link.incident_ref: 1 number(s) in 9 records are ignored"),
        ("pwani_shelter", "warn", "pwani_shelter: mlima_centre has the persons of 21 of 40 records too"),
    }


def test_a_county_and_a_corridor_that_empty_are_named_with_the_partner(judged: Judged) -> None:
    kept = records("mlima_centre", 0, 60)
    moved = records("pwani_shelter", 5000, 40)
    checks = judged([*kept, *moved], [*kept, *records("pwani_shelter", 5000, 40, start_place_id="UGA")])
    county, corridor = (next(one for one in checks.values() if one.name == name) for name in NAMES)
    assert county.refuses and county.observed == pytest.approx(0.6)
    assert county.finding == "Kitui: 60 of 100 movements remain; 40 of the lost ones were pwani_shelter's"
    assert corridor.refuses
    assert corridor.finding.startswith("Kitui → Nairobi: 60 of 100 movements remain")


def test_records_of_each_partner_are_compared(judged: Judged) -> None:
    """Records before and now, what is found, and the share of changed records."""
    cases: dict[str, tuple[list[Row], list[Row], str, float]] = {}

    def case(name: str, before: int, now: int, finding: str = "", share: float = 1, **changes: Any) -> None:
        first = 1000 * len(cases)
        cases[name] = records(name, first, before), records(name, first, now, **changes), finding, share

    case("sex", 40, 40, "Sex changed or is missing in 40 of 40", sex="other")
    case("age", 40, 40, "Age band changed or is missing in 40 of 40", age_band="other")
    case("form", 40, 40, "Kind of exploitation changed or is missing in 40 of 40", form_label="other")
    case("set_aside", 40, 30, "Age band changed or is missing in 10 of 40", 0.25)
    case("few", 19, 19, start_place_id="UGA")
    # Old records beside new ones of an incremental extract.
    case("beside_new", 60, 60, "Sex changed or is missing in 60 of 60", sex="male")
    cases["beside_new"][1].extend(records("beside_new", 9000, 20, extract_id="beside_new-2"))
    before, now = ([row for one in cases.values() for row in one[at]] for at in (0, 1))
    found = {
        subject: (one.finding, one.observed)
        for (name, subject), one in judged(before, now).items()
        if name == CHECK
    }
    assert found == {
        name: (f"{name}: {finding} records", pytest.approx(share)) for name, (*_, finding, share) in cases.items() if finding
    }  # fmt: skip


def test_what_becomes_known_or_comes_new_passes(judged: Judged) -> None:
    changes: list[tuple[int, Row, Row]] = [
        (60, {"start_place_id": "KEN"}, {}),  # a place that was not known is known
        (60, {"start_place_id": "unknown"}, {}),
        (60, {}, {"start_place_id": "tn-mwingi"}),  # a town of the same county
        (60, {"sex": "unknown"}, {"sex": "male"}),
        # A new extract, and a full register that is sent again, are the other gate's.
        (60, {}, {"extract_id": "new", "start_place_id": "UGA"}),
        (100, {}, {"extract_id": "new", "start_place_id": "UGA"}),
    ]
    before, now = records("mlima_centre", 0, 300), records("mlima_centre", 0, 300)
    for at, (count, known, told) in enumerate(changes, start=1):
        before += records(f"shelter_{at}", 5000 * at, count, **known)
        now += records(f"shelter_{at}", 5000 * at, 60, **told)
    assert outcomes(judged(before, now), CHECK, *NAMES) == {"passed"}


def test_a_movement_within_a_county_counts_there_once(judged: Judged) -> None:
    within = records("pwani_shelter", 0, 100, end_place_id="tn-mwingi")
    checks = judged(within, records("pwani_shelter", 0, 100))
    assert outcomes(checks, NAMES[0]) == {"passed"}, "all still start in Kitui"


def test_an_extract_that_a_full_one_replaced_is_read_again_under_todays_contract(
    judged: Judged, tmp_path: Path
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
    said = {"start_place_id": "KE047", "end_place_id": "KEN", "form_label": "Other / Begging"}
    before, now = list[Row](), list[Row]()
    for at, (partner, (planted, _)) in enumerate(cases.items()):
        first = 1000 * at + planted.get("first", 0)
        land(make_settings(tmp_path), f"{partner}-1", partner, **as_typed | planted | {"first": first})
        before += records(partner, 1000 * at, 60, age_band="a18_20", **said)
        now += records(partner, 1000 * at, 60, extract_id=f"{partner}-2", **said)
    checks = judged(before, now)
    found = {subject: one.finding for (name, subject), one in checks.items() if name == CHECK and one.refuses}
    assert found == {
        partner: f"{partner}: {finding} records" for partner, (_, finding) in cases.items() if finding
    }


def test_a_waiver_is_for_one_partner(judged: Judged) -> None:
    names = ("pwani_shelter", "mlima_centre")
    before = [one for at, name in enumerate(names) for one in records(name, 1000 * at, 40)]
    waiver = {
        "id": "0123456789ab", "check": CHECK, "check_definition": CHECKS[CHECK].definition,
        "scope": "release/pwani_shelter", "expires": "2026-12-24",
    }  # fmt: skip
    checks = judged(before, [one | {"sex": "male"} for one in before], decisions_of(check_waiver=[waiver]))
    assert [checks[CHECK, name].refuses for name in names] == [False, True]
    printed = manifest_checks({"checks": [vars(check) for check in checks.values()]})
    assert not [one for one in printed if one["subject"] in names], "a manifest names no partner"


@pytest.mark.parametrize("lost", [CURRENT, CANDIDATE])
def test_a_missing_lineage_warns(judged: Judged, lost: str) -> None:
    checks = judged(records("pwani_shelter", 0, 40), [], lost=lost).values()
    [check] = [one for one in checks if one.name == "last_release_is_compared"]
    assert (check.outcome, check.severity) == ("failed", "warn")
    assert check.finding.startswith("No record was compared with the last release")
