"""The share of known counties is compared partner by partner with the last release."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from orchestration.core import Settings
from orchestration.gates.candidate import CheckOutcome, ReleaseVerdict, judge_candidate
from orchestration.gates.release_profile import county_change
from orchestration.release import county_counts
from tests.unit.gate_world import AS_OF, Decided, make_settings, write_evidence_base

Counts = dict[str, tuple[int, int]]
CHECK = "counties_are_as_last_time"


def counts(given: Counts) -> dict[str, dict[str, int]]:
    return {code: {"records": records, "with_county": known} for code, (records, known) in given.items()}


def judged(tmp_path: Path, last: Counts, now: Counts) -> tuple[CheckOutcome, ReleaseVerdict]:
    settings: Settings = make_settings(tmp_path)
    folders = {"20261101T020000Z-00000000": last, ".candidate-20261124T020000Z-00000001": now}
    for name, given in folders.items():
        base = settings.releases / name / "members" / "evidence_base.duckdb"
        # The share of the whole falls from 1 to 0.7, whatever the partners' own shares do.
        write_evidence_base(base, known_counties=70 if name.startswith(".") else 100)
        (settings.releases / name / "manifest.json").write_text(
            json.dumps({"counties_by_partner": counts(given)})
        )
    settings.current.symlink_to(settings.releases / "20261101T020000Z-00000000")
    verdict = judge_candidate(settings, settings.releases / name, AS_OF, Decided(), [])
    return next(one for one in verdict.checks if one.name == CHECK), verdict


def test_new_partners_with_few_known_counties_do_not_refuse(tmp_path: Path) -> None:
    check, _ = judged(tmp_path, {"p-a": (50, 50)}, {"p-a": (50, 49), "p-b": (25, 5), "p-c": (25, 16)})
    assert (check.outcome, check.observed) == ("passed", -0.02)


def test_a_fall_within_the_same_partners_refuses_and_names_them(tmp_path: Path) -> None:
    # Of 150 records now: p-a 100 at -0.30, p-b 50 at +0.10: (-30 + 5) / 150.
    check, verdict = judged(
        tmp_path, {"p-a": (100, 90), "p-b": (50, 40), "p-c": (40, 4)}, {"p-a": (100, 60), "p-b": (50, 45)}
    )
    assert check.outcome == "failed" and check.observed == pytest.approx(-25 / 150)
    (reason,) = [one for one in verdict.reasons if one.startswith(CHECK)]
    assert "Lowered by: p-a (90% → 60%)." in reason and "p-b" not in reason and "p-c" not in reason


def test_a_growing_partner_counts_by_its_own_share() -> None:
    """The whole falls from 0.75 to 0.55; neither partner reads a name otherwise than before."""
    last = counts({"p-a": (100, 100), "p-b": (100, 50)})
    assert county_change(counts({"p-a": (100, 100), "p-b": (900, 450)}), last).change == 0


def test_a_share_of_few_records_is_ignored_beside_a_larger_partner() -> None:
    last = counts({"p-a": (100, 90), "p-b": (5, 5)})
    now = counts({"p-a": (100, 90), "p-b": (100, 80)})
    assert county_change(now, last).change == 0
    assert county_change(counts({"p-b": (100, 80)}), counts({"p-b": (5, 5)})).change == pytest.approx(-0.2)


def test_releases_without_a_common_partner_are_not_compared() -> None:
    assert county_change(counts({"p-a": (50, 1)}), counts({"p-b": (50, 50)})).change is None


def test_an_unknown_place_lowers_the_share_and_a_place_abroad_does_not() -> None:
    con = duckdb.connect()
    con.execute(
        "create table places as select * from (values ('KE047', 'county', 'KEN'), ('KEN', 'country', 'KEN'), "
        "('UGA', 'country', 'UGA'), ('unknown', 'unknown', null)) t(place_id, kind, iso_alpha3)"
    )
    con.execute(
        "create table movements as select * from (values (1, 'p-a', 'UGA', 'KE047'), (2, 'p-a', 'UGA', 'KEN'), "
        "(3, 'p-a', 'UGA', 'unknown'), (4, 'p-a', 'UGA', 'UGA'), (5, 'p-b', 'unknown', 'unknown')) "
        "t(movement_id, partner_code, origin_place_id, destination_place_id)"
    )
    found = con.execute(county_counts("movements", "places", "partner_code")).fetchall()
    assert found == [("p-a", 3, 1), ("p-b", 1, 0)]
