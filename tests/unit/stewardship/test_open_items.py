"""The steward's list: every kind of thing that waits, what it is worth, and what a decision takes off it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration import gates
from orchestration.core import Settings, read_json, refreshes, shown_record
from orchestration.intake import TakenExtract, take_in
from orchestration.intake.inbox import listed_name
from orchestration.operations import read_status
from orchestration.stewardship import items, record_decision, review
from orchestration.stewardship.decisions.recording import confirm, revoke
from orchestration.stewardship.worklists.listing import OpenItem, open_items
from tests.fixtures import steward_world as world
from tests.fixtures.desk_world import make_accounts, shown, visitor
from tests.fixtures.steward_world import HELD, NOW, PARTNER

HELD_ITEM = items.held_extract(PARTNER, HELD)
LATE = [{"partner": PARTNER, "contract": "x", "due": "2026-02-01"}]
CHECK_ITEM = items.extract_check(PARTNER, HELD, "row_volume_is_plausible")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return world.make_home(tmp_path)


def decide(settings: Settings, kind: str, **payload: Any) -> dict[str, Any]:
    return record_decision(settings, kind, "A. Fixture", "agreed by telephone", NOW, **payload)


def names(found: list[OpenItem]) -> list[str]:
    """All but the agreement, which is about to end in this world."""
    return [str(one.item) for one in found if one.item.kind != "agreement"]


def put_names(settings: Settings, *names_of: tuple[int, str, str]) -> None:
    """Open names by number of mention, text and country."""
    world.put(settings, review.UNRESOLVED_PLACES, *(world.open_name(*one) for one in names_of))


def one_of(found: list[OpenItem], item: items.Item) -> OpenItem:
    (only,) = (one for one in found if one.item == item)
    return only


def test_nothing_waits_without_findings(settings: Settings) -> None:
    assert names(world.refreshed(settings)) == []
    assert open_items(replace(settings, home=settings.home / "none")) == []


def test_held_extract_is_worth_its_records(settings: Settings) -> None:
    found = one_of(world.refreshed(settings, held=world.held()), HELD_ITEM)
    assert found.movements == 3
    assert "row_volume_is_plausible" in found.detail


def test_holding_check_stands_under_its_extract_and_is_worth_nothing(settings: Settings) -> None:
    world.failed(settings, world.HOLDING)
    found = world.refreshed(settings, held=world.held())
    assert names(found)[0] == str(HELD_ITEM)
    (check,) = found[0].consequences
    assert (check.item, check.movements) == (CHECK_ITEM, 0)
    assert "0.1; expected: 0.5 to 2" in check.detail
    assert "check" not in {one.item.kind for one in world.refreshed(settings)}, "once it is accepted"
    world.failed(settings, world.HOLDING | {"finding": "12 rows; the extract before had 500"})
    (held, *_) = world.refreshed(settings, held=world.held())
    assert held.detail == held.consequences[0].detail == "12 rows; the extract before had 500."


def test_one_damage_is_one_item_with_its_consequences(settings: Settings) -> None:
    """Its checks, the late partner, the stale one, what it set aside, its new answers and its new names."""
    stale = {"check_name": "no_partner_is_stale", "severity": "warn"}
    world.failed(settings, world.HOLDING, world.REFUSING | stale)
    of_held = {"partner": PARTNER, "extract_id": HELD}
    drifted = {"contract": "x", "landed": "True", "change": "column_added", "column": "Camp", "records": ""}
    world.put(settings, review.DRIFT, of_held | drifted)
    row = {"sheet": "Jan", "row_number": 8, "rule_code": "date_invalid", "record": shown_record(7)}
    world.put(settings, review.QUARANTINED_ROWS, of_held | row)
    only_there, elsewhere = 105, world.OPEN_NAME
    world.mention(settings, HELD, 9, only_there)
    put_names(settings, (only_there, "Kwa Fixture", "KEN"), (elsewhere, "Sampleton", "KEN"))
    found = world.refreshed(settings, held=world.held(), overdue=LATE)
    assert set(names(found)) == {str(HELD_ITEM), str(items.place_name(world.name_of("sampleton"), "KEN"))}
    under = one_of(found, HELD_ITEM).consequences
    assert {one.item for one in under} == {
        CHECK_ITEM, items.release_check("no_partner_is_stale"), items.overdue(PARTNER), items.drift(PARTNER, "x"),
        items.quarantined_rows(PARTNER, "date_invalid"), items.place_name(world.name_of("kwa fixture"), "KEN"),
    }  # fmt: skip


def test_consequence_keeps_its_page_and_is_counted_once(settings: Settings) -> None:
    world.failed(settings, world.HOLDING)
    world.refreshed(settings, held=world.held())
    make_accounts(settings)
    steward = visitor(settings)
    assert "(1) Far fewer or far more rows than last time:" in shown(steward.get("/work").text)
    assert 'class="worth-of"' in steward.get(CHECK_ITEM.path).text
    listed = [one for one in read_status(settings)["open_items"]["most_valuable"] if HELD in one["item"]]
    assert [one["item"] for one in listed] == [str(HELD_ITEM)]
    assert [one["item"] for one in listed[0]["consequences"]] == [str(CHECK_ITEM)]


@pytest.mark.parametrize("kind", ["extract_accept", "extract_withdraw"])
def test_what_follows_from_an_accepted_extract_still_waits(settings: Settings, kind: str) -> None:
    drifted = {"partner": PARTNER, "contract": "x", "extract_id": HELD, "change": "column_added"}
    world.put(settings, review.DRIFT, drifted)
    world.refreshed(settings, held=world.held())
    decide(settings, kind, partner=PARTNER, extract_id=HELD)
    is_listed = str(items.drift(PARTNER, "x")) in names(open_items(settings))
    assert is_listed == (kind == "extract_accept"), "what was withdrawn is over"


def end_serving(settings: Settings) -> None:
    """The extract in force is over, the other one is held."""
    over = gates.ExtractFate(world.SERVING, PARTNER, "in_force", None, is_over=True)
    held = gates.ExtractFate(HELD, PARTNER, "held", None)
    partners = dict.fromkeys(("partners_in_force", "partners_stale", "partners_held", "partners_overdue"), ())
    review.write_in_force(settings, SimpleNamespace(fates=[over, held], held=[held], **partners))


def test_extract_that_is_over_is_on_no_list(settings: Settings) -> None:
    end_serving(settings)
    warning = world.HOLDING | {"extract_id": world.SERVING, "severity": "warn"}
    world.failed(settings, warning)
    of_it = {"partner": PARTNER, "extract_id": world.SERVING}
    drifted = of_it | {"contract": "x", "landed": "True", "change": "column_added", "column": "Camp"}
    world.put(settings, review.DRIFT, drifted)
    refused = {"sheet": "", "rule_code": "row_shape", "rows": 2, "records": 2, "row_numbers": "5"}
    world.put(settings, review.REFUSED_ROWS, of_it | refused | {"file": "register.csv"})
    put_names(settings, (world.COUNTRYLESS, "Kwa Fixture", ""))
    assert names(world.refreshed(settings)) == []
    counts = read_status(settings)["review"]
    assert (counts["failed_checks"], counts["drifted_columns_and_lists"], counts["rows_refused"]) == (0, 0, 0)
    make_accounts(settings)
    assert world.SERVING not in visitor(settings).get("/work?kind=check").text
    put_names(settings, (world.OPEN_NAME, "Sampleton", "KEN"))
    item = items.place_name(world.name_of("sampleton"), "KEN")
    assert one_of(world.refreshed(settings), item).item == item, "another extract uses it too"
    assert read_status(settings)["review"]["unresolved_places"] == 1
    decide(settings, "place_alias", text="Sampleton", place_id="KE040", country="KEN")
    assert read_status(settings)["review"]["unresolved_places"] == 0, "as the desk counts"


def test_file_that_is_gone_is_on_no_list(settings: Settings) -> None:
    path = settings.inbox / PARTNER / "register.csv"
    path.parent.mkdir(parents=True)
    path.write_text("x")
    name = listed_name(PARTNER, path)
    fault = TakenExtract(PARTNER, name, "held", reason=f"x: file {name}", code="hold:column_missing")
    review.write_files_not_taken(settings, [fault])
    assert "file" in {one.item.kind for one in world.refreshed(settings)}
    path.unlink()
    assert "file" not in {one.item.kind for one in open_items(settings)}
    make_accounts(settings)
    assert name not in visitor(settings).get(f"/partners/{PARTNER}").text
    assert read_status(settings)["review"]["files_not_taken"] == 0


def test_refusing_check_is_worth_the_candidate(settings: Settings) -> None:
    world.failed(settings, world.REFUSING, world.REFUSING | {"check_name": "warns", "severity": "warn"})
    found = world.refreshed(settings, 40, outcome=refreshes.REFUSED, held=world.held())
    check = items.release_check("movements_are_plausible")
    assert (found[0].item, found[0].movements) == (check, 40)
    assert one_of(found, items.release_check("warns")).movements == 0
    assert found[0].why == "A fall is most often a mistake."
    assert found[0].what_to_do == "Ask what changed."


def test_rows_are_worth_records_that_one_rule_keeps_out(settings: Settings) -> None:
    world.set_aside(settings, (1, "date_invalid"), (2, "date_invalid"), (2, "count_zero"))
    found = world.refreshed(settings)
    invalid = one_of(found, items.quarantined_rows(PARTNER, "date_invalid"))
    assert invalid.movements == 1 and invalid.detail.startswith("2 record(s) in 1")
    assert one_of(found, items.quarantined_rows(PARTNER, "count_zero")).movements == 0


def test_name_is_worth_records_in_force_in_all_its_spellings(settings: Settings) -> None:
    put_names(settings, (world.OPEN_NAME, "Maraba", "KEN"), (world.COUNTRYLESS, "Maraba", ""))
    found = world.refreshed(settings)
    # Record 8 names it too, and its extract is held.
    assert one_of(found, items.place_name(world.name_of("maraba"), "KEN")).movements == 2
    assert one_of(found, items.place_name(world.name_of("maraba"), None)).movements == 1
    put_names(settings, (world.OPEN_NAME, "Maraba", "KEN"), (world.COUNTRYLESS, "MARABA ", "KEN"))
    (found,) = (one for one in world.refreshed(settings) if one.item.kind == "place")
    assert found.movements == 3


def test_overdue_partner_is_worth_its_newest_extract(settings: Settings) -> None:
    found = one_of(world.refreshed(settings, overdue=LATE), items.overdue(PARTNER))
    assert (found.movements, found.due) == (3, date(2026, 2, 1))
    assert "unknown" in found.detail


def test_file_is_listed_with_its_name_and_the_reason(settings: Settings) -> None:
    paths = settings.inbox / PARTNER / "register.csv", settings.inbox / "register.csv"
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    names = listed_name(PARTNER, paths[0]), listed_name("", paths[1])
    fault = TakenExtract(PARTNER, names[0], "held", reason="x: file …", code="hold:column_missing")
    outside = replace(fault, partner="", file=names[1], code="hold:no_partner")
    review.write_files_not_taken(settings, [fault, outside])
    found = {one.title: one for one in world.refreshed(settings) if one.item.kind == "file"}
    assert len(found) == 2 and {one.why for one in found.values()} == {"x: file …"}
    for name, *words in ((names[0], PARTNER, "Columns missing"), (names[1], "Nobody's file")):
        assert any(title.startswith(name) and all(word in title for word in words) for title in found)


def test_opening_day_is_kept_over_refreshes(settings: Settings) -> None:
    world.refreshed(settings, held=world.held())
    later = (NOW + timedelta(days=9)).isoformat()
    again = world.refreshed(settings, held=world.held(), as_of=later)
    assert one_of(again, HELD_ITEM).opened == NOW.date()
    world.refreshed(settings, as_of=later)
    found = one_of(world.refreshed(settings, held=world.held(), as_of=later), HELD_ITEM)
    assert found.opened == NOW.date() + timedelta(days=9), "it was settled in between"


def test_items_are_sorted_by_worth_then_name(settings: Settings) -> None:
    world.set_aside(settings, (1, "date_invalid"), (3, "count_zero"), (5, "count_zero"))
    found = world.refreshed(settings, held=world.held())
    order = [(-one.movements, str(one.item)) for one in found]
    assert order == sorted(order) and found[0].item == HELD_ITEM


REFUSALS = [
    {"sheet": "", "reason": "Q:row_shape", "rows": 2, "row_numbers": "51, 71"},
    {"sheet": "", "reason": "skip:blank", "rows": 9, "row_numbers": "80-88"},
]
OTHER_WIDTH = items.quarantined_rows(PARTNER, "row_shape")


@pytest.fixture
def refused(settings: Settings) -> Settings:
    """Both extracts have two rows of another width than their header; the second is held."""
    for note in settings.landing.glob("*/*.json"):
        told = read_json(note) | {"file": "register.csv", "refusals": REFUSALS}
        note.write_text(json.dumps(told), encoding="utf-8")
    of = ((world.SERVING, "in_force"), (HELD, "held"))
    fates = [gates.ExtractFate(extract_id, PARTNER, fate, None) for extract_id, fate in of]
    review.write(settings, review.REFUSED_ROWS, gates.refused_rows(settings, fates))
    return settings


def test_rows_refused_at_reading_wait_with_file_and_line_numbers(refused: Settings) -> None:
    found = one_of(world.refreshed(refused), OTHER_WIDTH)
    assert PARTNER in found.title and "Other width than the header" in found.title
    assert "2 row(s) in register.csv: 51, 71" in found.detail and found.movements == 2
    assert read_status(refused)["review"]["rows_refused"] == 2, "the held extract is an item of its own"


def test_desk_shows_refused_rows_beside_those_set_aside(refused: Settings) -> None:
    world.set_aside(refused, (1, "date_invalid"))
    world.refreshed(refused)
    make_accounts(refused)
    steward = visitor(refused)
    rows = shown(steward.get("/work?kind=rows").text)
    assert "Other width than the header" in rows and "2 row(s) in register.csv: 51, 71" in rows
    assert "No such day" in rows
    page = steward.get(OTHER_WIDTH.path).text
    assert "register.csv" in shown(page) and "51, 71" in page
    assert 'value="row_release"' not in page, "no decision lets such a row in"
    decide(refused, "row_exclude", record=shown_record(1))
    assert str(OTHER_WIDTH) in names(open_items(refused)), "when others are decided"


@pytest.mark.parametrize("kind", ["extract_accept", "extract_withdraw"])
def test_decision_on_an_extract_settles_it_and_its_checks(settings: Settings, kind: str) -> None:
    world.failed(settings, world.HOLDING)
    world.refreshed(settings, held=world.held())
    made = decide(settings, kind, partner=PARTNER, extract_id=HELD)
    assert [one for one in names(open_items(settings)) if HELD in one] == []
    again = world.refreshed(settings, held=world.held())
    assert str(HELD_ITEM) in names(again), "no decision before a refresh answers what it holds"
    revoke(settings, made["id"], "A. Fixture", "it was the other one", NOW)
    assert str(HELD_ITEM) in names(open_items(settings)), "what is taken back is open again"


def test_waiver_settles_its_check_once_confirmed(settings: Settings) -> None:
    world.failed(settings, world.REFUSING)
    settings = replace(settings, waivers_need_second=True)
    world.refreshed(settings, 40, outcome=refreshes.REFUSED)
    check = items.release_check("movements_are_plausible")
    waiver = {"check": "movements_are_plausible", "scope": "release", "expires": date(2026, 3, 30)}
    made = decide(settings, "check_waiver", **waiver)
    waiting = open_items(settings)
    assert str(check) in names(waiting)
    second = one_of(waiting, items.decision(made["id"]))
    assert (second.movements, second.due) == (40, date(2026, 3, 30)), "worth what it would let through"
    confirm(settings, made["id"], "B. Fixture", "looked at it", NOW)
    assert [one for one in names(open_items(settings)) if one.startswith(("check", "decision"))] == []


def test_last_released_record_settles_the_item(settings: Settings) -> None:
    world.set_aside(settings, (1, "date_invalid"), (3, "date_invalid"))
    item = items.quarantined_rows(PARTNER, "date_invalid")
    assert one_of(world.refreshed(settings), item).movements == 2
    decide(settings, "row_release", record=shown_record(1))
    left = one_of(open_items(settings), item)
    assert left.movements == 1 and left.detail.startswith("1 record(s)")
    decide(settings, "row_exclude", record=shown_record(3))
    assert str(item) not in names(open_items(settings))


def test_alias_settles_the_names_it_reaches(settings: Settings) -> None:
    put_names(settings, (world.OPEN_NAME, "Maraba stage", "KEN"), (world.COUNTRYLESS, "maraba STAGE", ""))
    world.refreshed(settings)
    decide(settings, "place_alias", text="Maraba Stage", place_id="KE040", country="KEN")
    left = [one for one in names(open_items(settings)) if one.startswith("place")]
    assert left == [str(items.place_name(world.name_of("maraba stage"), None))]


def test_alias_with_a_scope_settles_a_name_once_all_who_name_it_are_covered(settings: Settings) -> None:
    named_by = f"{PARTNER}/origin/2;kobe_post/origin/1;kobe_post//1"
    row = world.open_name(world.OPEN_NAME, "Kwa Fixture", named_by=named_by)
    world.put(settings, review.UNRESOLVED_PLACES, row)
    world.refreshed(settings)
    item = str(items.place_name(world.name_of("kwa fixture"), None))
    (settings.landing / "kobe_post").mkdir()
    (settings.landing / "kobe_post" / "00112233aabbccdd.json").write_text("{}")
    stage = {"text": "Kwa Fixture", "place_id": "KE040"}
    for scope in ({"partner": PARTNER}, {"role": "origin"}):
        decide(settings, "place_alias", **stage, **scope)
        assert item in names(open_items(settings)), "kobe_post names it elsewhere too"
    last = decide(settings, "place_alias", **stage, partner="kobe_post")
    assert item not in names(open_items(settings))
    revoke(settings, last["id"], "A. Fixture", "it is elsewhere", NOW)
    assert item in names(open_items(settings))


def test_ruling_settles_a_pair_in_either_order(settings: Settings) -> None:
    a, b = shown_record(1), shown_record(2)
    pair = {"record_a": a, "record_b": b, "partner_a": PARTNER, "partner_b": PARTNER, "reason": "unsure",
            "probability": "0.8"}  # fmt: skip
    world.put(settings, review.LINKS, pair)
    assert str(items.doubtful_link(a, b)) in names(world.refreshed(settings))
    decide(settings, "link_reject", record_a=b, record_b=a)
    assert str(items.doubtful_link(a, b)) not in names(open_items(settings))


def test_renewal_settles_an_agreement(settings: Settings) -> None:
    (contract,) = world.contracts_of(settings).valid[PARTNER]
    item = items.agreement(PARTNER, contract.contract)
    near = contract.agreement.valid_to - timedelta(days=20)
    found = world.refreshed(settings, as_of=f"{near}T02:00:00+00:00")
    assert one_of(found, item).due == contract.agreement.valid_to
    terms = {"valid_to": date(2031, 12, 31)}
    decide(settings, "agreement_change", partner=PARTNER, contract=contract.contract, terms=terms)
    assert str(item) not in names(open_items(settings))


def test_waiver_is_listed_two_weeks_before_it_ends(settings: Settings) -> None:
    world.failed(settings, world.REFUSING | {"waived": "True"})
    waiver = {"check": "movements_are_plausible", "scope": "release", "expires": date(2026, 3, 20)}
    made = decide(settings, "check_waiver", **waiver)
    item = items.decision(made["id"])
    days = {NOW: False, NOW + timedelta(days=6): True, NOW + timedelta(days=20): False}
    assert {day: str(item) in names(open_items(settings, day)) for day in days} == days


@pytest.mark.parametrize("planted", ["Amina Testperson", "0712 345 678", "r.testperson@example.org"])
def test_list_holds_no_name_of_a_place_and_a_stand_in_of_a_file(settings: Settings, planted: str) -> None:
    name = world.open_name(world.HIDDEN, planted)
    world.put_names(settings, {world.HIDDEN: [planted]}, name)
    path = settings.inbox / PARTNER / f"{planted}.xlsx"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not yet whole")
    listed = listed_name(PARTNER, path)
    review.write_files_not_taken(settings, take_in(settings, world.KEYS, NOW))
    (found,) = (one for one in world.refreshed(settings) if one.item.kind == "file")
    written = (settings.review / review.OPEN_ITEMS).read_text(encoding="utf-8")
    assert found.title.startswith(listed) and name["name"] in written and planted not in written
