"""What decisions would change is told beforehand, by the same checks, and nothing is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.core import Settings, clear_work, refreshes, shown_record
from orchestration.stewardship import review
from orchestration.stewardship.decisions import previews
from orchestration.stewardship.decisions.recording import record_decisions
from orchestration.stewardship.kinds import links, rows
from tests.fixtures import steward_world as world
from tests.fixtures.steward_world import HELD, NOW, PARTNER, SERVING

WAIVER = {"check": "movements_are_plausible", "scope": "release", "expires": date(2026, 3, 20)}
OF_HELD = {"partner": PARTNER, "extract_id": HELD}


OTHER = "00112233aabbccdd"
ALIAS = {"text": "Kwa Fixture", "place_id": "KE040", "country": None}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return world.make_home(tmp_path)


def tried(settings: Settings, *wanted: tuple[str, dict[str, Any]]) -> previews.Preview:
    return previews.try_decisions(settings, wanted, "A. Fixture", "agreed by telephone", NOW)


def by_what(preview: previews.Preview) -> dict[str, tuple[int | str, int | str]]:
    return {one.what: (one.before, one.after) for one in preview.changes}


def unforeseen(preview: previews.Preview) -> str:
    return " ".join(preview.notes)


def test_preview_writes_nothing(settings: Settings) -> None:
    wanted = [("extract_accept", OF_HELD), ("check_waiver", WAIVER)]
    said = tried(settings, *wanted).recorded
    assert not settings.database.exists()
    made = record_decisions(settings, "A. Fixture", "agreed by telephone", NOW, wanted)
    assert len(said) == len(made) == 2


def test_faults_are_numbered_and_the_rest_is_counted(settings: Settings) -> None:
    world.set_aside(settings, (1, "date_invalid"))
    unknown = ("extract_accept", OF_HELD | {"extract_id": "0" * 16})
    found = tried(settings, unknown, ("row_release", {"record": shown_record(1)}))
    assert len(found.recorded) == 1 and len(found.faults) == 1
    assert found.faults[0].startswith("Number 1: Partner swala_post has no landed extract")
    assert by_what(found)["Records set aside"] == (1, 0)
    alone = tried(settings, unknown)
    assert alone.faults[0].startswith("Partner") and alone.changes == alone.notes == []


def test_row_decisions_are_counted_by_rule(settings: Settings) -> None:
    world.set_aside(settings, (1, "date_invalid"), (2, "date_invalid"), (3, "count_zero"))
    released = [("row_release", {"record": shown_record(number)}) for number in (1, 3)]
    found = tried(settings, *released, ("row_exclude", {"record": shown_record(5)}))
    assert by_what(found) == {
        "Records set aside": (3, 1),
        "Rows of swala_post set aside for date_invalid": (2, 1),
        "Rows of swala_post set aside for count_zero": (1, 0),
        "Records among them that are let in": (0, 2),
        "Records left out of extracts in force": (0, 1),
    }
    found = tried(settings, ("row_exclude", {"record": shown_record(7)}))  # of the held extract
    assert by_what(found)["Records left out of extracts in force"] == (0, 0)


def test_acceptance_counts_records_and_those_set_aside(settings: Settings) -> None:
    problem = {"partner": PARTNER, "extract_id": HELD, "record_id": 7, "outcome": "Q"}
    problems = [problem, problem | {"record_id": 8, "outcome": "unk"}]
    world.write_table(settings.typed / "problems" / "x.parquet", problems)
    found = by_what(tried(settings, ("extract_accept", OF_HELD)))
    assert found[f"Records of {PARTNER}/{HELD} in force"] == (0, 3)
    assert found[f"Records of {PARTNER}/{HELD} set aside when they were read"] == (1, 1)
    world.write_extracts(settings, delivery_mode="full")
    found = by_what(tried(settings, ("extract_accept", OF_HELD)))
    assert found[f"Records of {PARTNER} that it no longer holds"] == (6, 0)


@pytest.mark.parametrize(("years_before", "leaves"), [(0, (6, 0)), (1, None)])
def test_acceptance_of_a_period_counts_records_that_leave(
    settings: Settings, years_before: int, leaves: tuple[int, int] | None
) -> None:
    """The six that serve lie in one quarter; a period of the year before takes none of them out."""
    path = settings.typed / "extracts" / "x.parquet"
    year = world.QUARTER[0].year - years_before
    serving, held = pq.read_table(path).to_pylist()
    held |= {"delivery_mode": "full", "period_from": date(year, 1, 1), "period_to": date(year, 12, 31)}
    world.write_table(path, [serving | {"period_from": None}, held])
    found = by_what(tried(settings, ("extract_accept", OF_HELD)))
    assert found.get(f"Records of {PARTNER} that it no longer holds") == leaves


def test_acceptance_without_effect_is_noted(settings: Settings) -> None:
    world.failed(settings, world.HOLDING | {"check_name": "agreement_is_valid"})
    found = tried(settings, ("extract_accept", OF_HELD))
    assert found.changes == [] and "held, by agreement_is_valid, which" in unforeseen(found)


def test_withdrawal_counts_records_in_force_and_names_a_partner_left_with_nothing(settings: Settings) -> None:
    assert tried(settings, ("extract_withdraw", OF_HELD)).changes == []
    found = tried(settings, ("extract_withdraw", OF_HELD | {"extract_id": SERVING}))
    assert by_what(found) == {f"Records of {PARTNER}/{SERVING} in force": (6, 0)}
    assert f"Nothing else of {PARTNER}" in unforeseen(found)


def test_alias_counts_movements_by_place(settings: Settings) -> None:
    texts = {world.OPEN_NAME: "Kwa Fixture", world.COUNTRYLESS: "kwa FIXTURE", world.RESOLVED: "Busia"}
    world.write_mentions(settings, *({"mention_id": one, "place_text": text} for one, text in texts.items()))
    found = tried(settings, ("place_alias", ALIAS))
    assert found.changes == [
        previews.Change(
            "Movements in force: 3; mentions: 2", "no place", "Busia (county, Kenya), to the county"
        ),
        previews.Change("Movements that get Busia (county, Kenya)", 0, 3),
    ]


@pytest.mark.parametrize(
    ("scope", "movements"),
    [({"partner": PARTNER}, 2), ({"partner": "kobe_post"}, 1), ({"role": "origin"}, 2), ({"role": "destination"}, 1),
     ({"partner": PARTNER, "role": "destination"}, 0), ({}, 3)],
)  # fmt: skip
def test_alias_counts_movements_in_its_scope(settings: Settings, scope: dict, movements: int) -> None:
    world.write_mentions(settings, {"mention_id": world.OPEN_NAME, "place_text": "Kwa Fixture"})
    row = {"partner": "kobe_post", "extract_id": OTHER, "record_id": 20, "place_role": "exploitation",
           "mention_id": world.OPEN_NAME}  # fmt: skip
    world.write_table(settings.typed / "place_mentions" / "kobe.parquet", [row])
    path = settings.work / "gates" / "in_force.parquet"
    served = {"partner": "kobe_post", "extract_id": OTHER, "fate": "in_force", "reason": None}
    world.write_table(path, [*pq.read_table(path).to_pylist(), served])
    (settings.landing / "kobe_post").mkdir()
    (settings.landing / "kobe_post" / f"{OTHER}.json").write_text("{}")
    found = tried(settings, ("place_alias", {"text": "Kwa Fixture", "place_id": "KE040", **scope}))
    gets = by_what(found).get("Movements that get Busia (county, Kenya)", (0, 0))
    assert gets == (0, movements)


def test_alias_counts_mentions_of_another_country(settings: Settings) -> None:
    named = {world.OPEN_NAME: "Uganda", world.COUNTRYLESS: "", world.HIDDEN: "KE"}
    stage = {"place_text": "Kwa Fixture"}
    rows = (stage | {"mention_id": one, "country_text": country} for one, country in named.items())
    world.write_mentions(settings, *rows)
    found = by_what(tried(settings, ("place_alias", ALIAS)))
    assert found["Movements among them whose mention names Uganda (country)"] == (0, 2)
    assert not [what for what in found if "names Kenya" in what]


def test_preview_names_places_and_rows(settings: Settings) -> None:
    world.set_aside(settings, (1, "date_invalid"))
    wanted = ("row_release", {"record": shown_record(1)}), ("place_alias", ALIAS)
    released, alias = tried(settings, *wanted).recorded
    assert f"({SERVING}, sheet Jan, row 2)" in released and "KE040 (Busia (county, Kenya))" in alias


@pytest.mark.parametrize(
    ("kind", "status", "before", "after"),
    [("link_accept", "review", 2, 1), ("link_reject", "review", 2, 2), ("link_reject", "taken", 1, 2)],
)
def test_ruling_counts_movements(settings: Settings, kind: str, status: str, before: int, after: int) -> None:
    world.write_table(settings.linkage / "links.parquet", [{"record_a": 1, "record_b": 2, "status": status}])
    found = tried(settings, (kind, {"record_a": shown_record(2), "record_b": shown_record(1)}))
    assert by_what(found)["Movements of these records"] == (before, after)


@pytest.fixture
def refused(settings: Settings) -> Settings:
    """The last release was refused."""
    ended = {"outcome": refreshes.REFUSED, "as_of": NOW.isoformat()}
    refreshes.end(settings, refreshes.End("run", NOW.isoformat()), **ended)
    return settings


def test_waiver_counts_other_refusing_checks(refused: Settings) -> None:
    settings, other = refused, world.REFUSING | {"check_name": "counties_stay_reported"}
    world.failed(settings, world.REFUSING, other)
    found = tried(settings, ("check_waiver", WAIVER))
    assert by_what(found) == {"Checks that refuse the release": (2, 1)}
    assert "refused, by counties_stay_reported" in unforeseen(found)
    world.failed(settings, world.REFUSING)
    assert "would be published" in unforeseen(tried(settings, ("check_waiver", WAIVER)))
    world.failed(settings, world.REFUSING | {"severity": "warn"})
    assert "did not fail" in unforeseen(tried(settings, ("check_waiver", WAIVER)))
    world.failed(settings, other)
    (fault,) = tried(settings, ("check_waiver", WAIVER)).faults
    assert "nothing to waive" in fault


def test_waiver_of_one_partners_check_leaves_those_of_others(refused: Settings) -> None:
    settings, check = refused, "partners_records_are_as_last_time"
    of_check = world.REFUSING | {"check_name": check}
    world.failed(settings, of_check | {"subject": "kobe_post"}, of_check | {"subject": "tai_routes"})
    waiver = WAIVER | {"check": check, "scope": "release/kobe_post"}
    found = tried(settings, ("check_waiver", waiver))
    assert by_what(found) == {"Checks that refuse the release": (2, 1)}
    assert f"refused, by {check} of tai_routes" in unforeseen(found)
    (fault,) = tried(settings, ("check_waiver", waiver | {"scope": "release/swala_post"})).faults
    assert "did not fail" in fault and "swala_post" in fault


@pytest.mark.parametrize("outcome", ["error", "not_run"])
def test_check_that_was_not_judged_cannot_be_waived(refused: Settings, outcome: str) -> None:
    world.failed(refused, world.REFUSING | {"outcome": outcome})
    found = tried(refused, ("check_waiver", WAIVER))
    assert by_what(found) == {"Checks that refuse the release": (1, 1)}
    assert "not be judged" in unforeseen(found)
    assert "refused, by movements_are_plausible" in unforeseen(found)


def test_waiver_of_the_only_holding_check_counts_records(settings: Settings) -> None:
    world.failed(settings, world.HOLDING)
    waiver = {"check": world.HOLDING["check_name"], "scope": HELD, "expires": date(2026, 3, 20)}
    found = tried(settings, ("check_waiver", waiver))
    assert by_what(found)[f"Records of {PARTNER}/{HELD} in force"] == (0, 3)


def test_confirmation_preview_counts_the_effect(settings: Settings) -> None:
    world.failed(settings, world.REFUSING)
    settings = replace(settings, waivers_need_second=True)
    assert "somebody else" in tried(settings, ("check_waiver", WAIVER)).notes[0]
    (made,) = record_decisions(settings, "A. Fixture", "agreed", NOW, [("check_waiver", WAIVER)])
    own = previews.try_confirmations(settings, [made["id"]], "a.  fixture", "agreed", NOW)
    assert "of the same person" in own.faults[0] and own.recorded == own.changes == []
    found = previews.try_confirmations(settings, [made["id"]], "B. Fixture", "agreed", NOW)
    assert by_what(found) == {"Checks that refuse the release": (1, 0)}
    assert "somebody else" not in unforeseen(found)
    waits = previews.try_revocations(settings, [made["id"]], "B. Fixture", "not agreed", NOW)
    assert waits.changes == [] and "has no effect now" in unforeseen(waits)


def test_revoking_an_unused_decision_reverses_its_effect(settings: Settings) -> None:
    (made,) = record_decisions(settings, "A. Fixture", "agreed", NOW, [("extract_accept", OF_HELD)])
    found = previews.try_revocations(settings, [made["id"]], "A. Fixture", "not agreed", NOW)
    assert found.recorded and not found.faults
    assert by_what(found)[f"Records of {PARTNER}/{HELD} in force"] == (3, 0)
    found = previews.try_revocations(settings, ["0" * 12], "A. Fixture", "not agreed", NOW)
    assert found.recorded == found.changes == [] and "No active decision has the id" in found.faults[0]


def test_agreement_change_counts_records_by_term(settings: Settings) -> None:
    (contract,) = world.contracts_of(settings).valid[PARTNER]
    world.write_extracts(settings, contract=contract.contract)
    match = {"mention_id": world.RESOLVED, "kind": "border_point"}
    world.write_table(settings.work / "places" / "matches.parquet", [match])
    terms = {"valid_to": date(2026, 1, 15), "retention_years": 1, "finest_place": "county"}
    change = {"partner": PARTNER, "contract": contract.contract, "terms": terms}
    name = f"{PARTNER}/{contract.contract}"
    assert by_what(tried(settings, ("agreement_change", change))) == {
        f"Records of {name} received under the agreement": (9, 6),
        f"Records of {name} young enough to keep": (9, 0),
        f"Records of {name} with a place that is coarsened": (0, 2),
    }


@pytest.mark.parametrize(
    ("kind", "payload", "left"),
    [
        ("extract_withdraw", OF_HELD | {"extract_id": SERVING}, {}),
        ("extract_accept", OF_HELD, {}),
        ("place_alias", ALIAS, {}),
        ("link_accept", {"record_a": shown_record(1), "record_b": shown_record(2)}, {}),
        ("row_exclude", {"record": shown_record(5)}, {"Records set aside": (0, 0)}),
        ("check_waiver", WAIVER | {"check": world.HOLDING["check_name"], "scope": HELD},
         {f"Checks that hold {PARTNER}/{HELD}": (1, 0)}),
        ("agreement_change", {"partner": PARTNER, "contract": "swala_post_cases", "terms": {"retention_years": 1}}, {}),
    ],
)  # fmt: skip
def test_deleted_work_folder_is_noted_and_nothing_counted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, kind: str, payload: dict[str, Any], left: dict
) -> None:
    """As `work_left.KEPT` leaves it: a count of what is gone would be a false nought."""
    world.failed(settings, world.HOLDING)
    clear_work(replace(settings, delete_work=True))
    monkeypatch.setattr(links, "is_typed", lambda *_: True)
    monkeypatch.setattr(rows, "is_typed", lambda *_: True)
    found = tried(settings, (kind, payload))
    assert found.faults == []
    assert by_what(found) == left
    assert "cannot be counted before a refresh" in unforeseen(found)


def test_preview_leaves_the_lists_unchanged(settings: Settings) -> None:
    world.set_aside(settings, (1, "date_invalid"))
    before = {path: path.read_bytes() for path in settings.home.rglob("*") if path.is_file()}
    wanted = ("row_release", {"record": shown_record(1)}), ("row_exclude", {"record": shown_record(2)})
    tried(settings, *wanted)
    assert {path: path.read_bytes() for path in settings.home.rglob("*") if path.is_file()} == before
    assert review.count(settings, review.QUARANTINED_ROWS) == 1
