"""The desk over the scenario: what each view shows, what it decides, and what it never shows."""

from __future__ import annotations

import csv
import json
import re
import shutil
from html import unescape
from typing import Any
from unittest.mock import Mock

import pytest

from orchestration.core import load_keys, load_release_key, read_json, write_json
from orchestration.intake import TakenExtract
from orchestration.intake.inbox import listed_name
from orchestration.linkage.tables import QUESTION_COLUMNS
from orchestration.places import name_token
from orchestration.release import rollback
from orchestration.release.releases import ERASURE
from orchestration.release.signature import sign
from orchestration.stewardship import audit, export_lines, items, list_decisions, review, worklists
from orchestration.stewardship.decisions.recording import record_decisions
from orchestration.stewardship.desk.app import LOOKED_AT, MOVED, make_app
from orchestration.stewardship.desk.views import deciding
from orchestration.stewardship.worklists.listing import open_items
from tests import scenario
from tests.evidence_base import EvidenceBase, copy_of
from tests.fixtures import other_program
from tests.fixtures.desk_world import (
    ELSEWHERE,
    OBSERVER,
    SECOND,
    STEWARD,
    Visitor,
    make_accounts,
    shown,
    visitor,
)

CHECK = "movements_are_plausible"
FAILED = {
    "stage": "release_gate", "partner": "", "extract_id": "", "subject": "marts.fct_movements", "check_name": CHECK,
    "severity": "refuse", "outcome": "failed", "observed": "0.31", "expected": "0.5 ≤ movements_vs_last ≤ 2",
    "waived": "False", "check_definition": "x", "why": "Movements that vanish are a fault.",
    "steward_action": "Compare `rows` first.",
}  # fmt: skip
WORDS = [*scenario.PLANTED_NAMES, scenario.PLANTED_PHONE, "calls often"]


@pytest.fixture(scope="module")
def still(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> EvidenceBase:
    """For tests that change nothing."""
    base = copy_of(published_world, tmp_path_factory.mktemp("still"))
    make_accounts(base.settings)
    return base


@pytest.fixture(scope="module")
def onlooker(still: EvidenceBase) -> Visitor:
    """A steward who decides nothing here."""
    return visitor(still.settings)


@pytest.fixture
def base(evidence_base: EvidenceBase) -> EvidenceBase:
    make_accounts(evidence_base.settings)
    return evidence_base


@pytest.fixture
def steward(base: EvidenceBase) -> Visitor:
    return visitor(base.settings)


def write_failed_check(base: EvidenceBase) -> None:
    with (base.settings.review / review.FAILED_CHECKS).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, review.COLUMNS[review.FAILED_CHECKS])
        writer.writeheader()
        writer.writerow(FAILED)


def newest(base: EvidenceBase, kind: str) -> dict[str, Any]:
    return list_decisions(base.settings, kind)[-1]


def s5(base: EvidenceBase) -> dict[str, str]:
    """The row whose date is the 31st of February."""
    rows = review.read(base.settings, review.QUARANTINED_ROWS)
    return next(row for row in rows if row["rule_code"] == "date_invalid")


def name_of(base: EvidenceBase) -> str:
    """The token of S6's place."""
    return name_token(load_keys(base.settings), "Qwertyville")


def links_in(page: str) -> set[str]:
    """The pages that a page leads to, not the orders and parts of its own lists."""
    found = {unescape(one) for one in re.findall(r'href="(/[^"]*)"', page)}
    own, kept = ("/static", "/files/"), ("/re", "/work?kind=")
    return {one for one in found if not one.startswith(own) and ("?" not in one or one.startswith(kept))}


def test_every_page_that_can_be_reached_opens_and_shows_no_value_that_was_planted(
    base: EvidenceBase, steward: Visitor
) -> None:
    write_failed_check(base)
    steward.decide("row_exclude", record=s5(base)["record"])
    waiting, seen = {path for path in LOOKED_AT if "{" not in path}, {}
    waiting = (waiting | MOVED.keys() | {items.release_check(CHECK).path}) - {"/record"}
    while waiting:
        path = waiting.pop()
        answer = steward.get(path)
        if path in MOVED:
            answer = steward.get(answer.headers["location"])
        assert answer.status_code == 200, path
        seen[path] = answer.text
        waiting |= links_in(answer.text) - seen.keys()
        assert len(seen) < 300
    views = {path.split("/")[2] for path in seen if path.startswith("/items/")}
    assert {"check", "extract", "rows", "place", "decision", "agreement"} <= views
    assert any(path.startswith("/record?") for path in seen)
    assert [(path, word) for path, text in seen.items() for word in WORDS if word in text] == []
    assert any("Qwertyville" in text for text in seen.values()), "the search would have found a value"


def test_front_page_shows_extracts_in_force_and_the_most_valuable_items(
    still: EvidenceBase, onlooker: Visitor
) -> None:
    said = shown(onlooker.get("/").text)
    assert "is in force" in said and "You can settle these now" in said and "a partner’s word" in said
    assert "“Qwertyville”: which place is it?" in said and name_of(still) not in said


def test_every_page_works_without_a_release(empty_base: EvidenceBase) -> None:
    make_accounts(empty_base.settings)
    guest = visitor(empty_base.settings)
    for path in LOOKED_AT:
        if "{" not in path and path != "/record":
            assert guest.get(path).status_code == 200, path
    assert "There is no release yet" in guest.get("/").text


def test_running_refresh_is_shown_with_its_effect_on_decisions(base: EvidenceBase, steward: Visitor) -> None:
    from filelock import FileLock

    assert "A refresh is running" not in steward.get("/").text
    with FileLock(base.settings.lock):
        assert "A refresh is running since" in steward.get("/").text
        done = steward.decide("row_exclude", record=s5(base)["record"])
        assert "takes part in the next one" in done.text


def test_a_row_is_let_in_after_a_preview_and_taken_back(base: EvidenceBase, steward: Visitor) -> None:
    row = s5(base)
    path = items.quarantined_rows("swala_post", "date_invalid").path
    page = steward.get(path).text
    assert row["record"] in page and row["row_number"] in shown(page)
    asked = steward.preview("row_release", record=row["record"])
    assert "although it fails date_invalid" in asked.text
    assert export_lines(base.settings) == [], "a preview writes nothing"
    done = steward.confirm(asked)
    entry = newest(base, "row_release")
    assert (entry["author"], entry["reason"]) == (STEWARD, "the partner says so")
    assert entry["id"] in done.text
    undone = steward.decide("revoke", "it was the other row", id=entry["id"])
    assert undone.status_code == 200
    assert list_decisions(base.settings, "row_release")[0]["revoked_by"]


def test_a_form_that_is_sent_twice_decides_once(base: EvidenceBase, steward: Visitor) -> None:
    asked = steward.preview("row_exclude", record=s5(base)["record"])
    first, second = steward.confirm(asked), steward.confirm(asked)
    restarted = visitor(base.settings)
    sent_again = Mock(status_code=200, text=asked.text.replace(steward.csrf(), restarted.csrf()))
    (made,) = [entry["id"] for entry in list_decisions(base.settings, "row_exclude")]
    for done in (first, second, restarted.confirm(sent_again)):
        assert done.status_code == 200 and made in done.text
    assert len(list_decisions(base.settings)) == 1


def test_a_form_that_is_sent_again_meanwhile_decides_once(
    base: EvidenceBase, steward: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = steward.preview("row_exclude", record=s5(base)["record"])

    def overtaken(*given: Any) -> Any:
        monkeypatch.undo()
        assert steward.confirm(asked).status_code == 200
        return record_decisions(*given)

    monkeypatch.setattr(deciding, "record_decisions", overtaken)
    done = steward.confirm(asked)
    assert newest(base, "row_exclude")["id"] in done.text
    assert len(list_decisions(base.settings, "row_exclude")) == 1


def test_a_record_that_fails_another_rule_by_now_is_not_let_in_from_it_unseen(
    base: EvidenceBase, steward: Visitor
) -> None:
    row = s5(base)
    asked = steward.preview("row_release", record=row["record"])
    path = base.settings.review / review.QUARANTINED_ROWS
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.DictWriter(file, row).writerow(row | {"rule_code": "count_zero"})
    late = steward.confirm(asked)
    assert late.status_code == 400 and "count_zero" in shown(late.text)
    assert list_decisions(base.settings) == []
    assert steward.decide("row_release", record=row["record"]).status_code == 200
    assert newest(base, "row_release")["rules"] == ["count_zero", "date_invalid"]


def test_of_several_rows_all_are_decided_or_none(base: EvidenceBase, steward: Visitor) -> None:
    rows = review.read(base.settings, review.QUARANTINED_ROWS)
    records = sorted({row["record"] for row in rows})
    assert len(records) > 1
    refused = steward.preview("row_exclude", record=[*records, "r-0000000000000000"])
    assert refused.status_code == 400 and 'action="/decide"' not in refused.text
    steward.decide("row_exclude", record=records)
    assert {entry["record"] for entry in list_decisions(base.settings, "row_exclude")} == set(records)


def test_second_steward_sees_who_decided_first(base: EvidenceBase) -> None:
    desk = make_app(base.settings, 3030, ELSEWHERE)
    first, second = Visitor(desk), Visitor(desk)
    first.login(STEWARD)
    second.login(SECOND)
    asked = [guest.preview("row_exclude", record=s5(base)["record"]) for guest in (first, second)]
    assert first.confirm(asked[0]).status_code == 200
    late = second.confirm(asked[1])
    assert late.status_code == 400 and STEWARD in shown(late.text)


def test_the_fields_of_a_row_are_shown_and_the_way_to_the_original(
    still: EvidenceBase, onlooker: Visitor
) -> None:
    row = s5(still)
    where = f"partner=swala_post&extract={row['extract_id']}&sheet={row['sheet']}&row={row['row_number']}"
    said = shown(onlooker.get(f"/record?{where}").text)
    assert f"njia unseal swala_post {row['extract_id']} --row {row['row_number']}" in said
    assert "event on" in said or "origin" in said


def test_a_failed_check_says_why_and_is_waived_by_two(base: EvidenceBase) -> None:
    from dataclasses import replace

    write_failed_check(base)
    settings = replace(base.settings, waivers_need_second=True)
    steward, second = visitor(settings), visitor(settings, SECOND)
    said = shown(steward.get(items.release_check(CHECK).path).text)
    assert all(word in said for word in ("0.31", "Movements that vanish are a fault.", "Compare rows first."))
    done = steward.decide("check_waiver", check=CHECK, scope="release", expires="2026-03-15")
    assert "second person" in shown(done.text)
    waiver = newest(base, "check_waiver")
    assert "of the same person" in shown(steward.preview("confirm", id=waiver["id"]).text)
    assert second.decide("confirm", id=waiver["id"]).status_code == 200
    assert list_decisions(base.settings, "check_waiver")[0]["confirmed_by"] == SECOND
    assert "is waived until" in shown(steward.get("/decisions?kind=check_waiver").text)


def test_a_check_that_guards_reconciliation_has_no_form_to_waive_it(onlooker: Visitor) -> None:
    page = onlooker.get(items.release_check("reconciliation_is_exact").path)
    assert page.status_code == 200
    assert 'value="check_waiver"' not in page.text
    refused = onlooker.preview("check_waiver", check="reconciliation_is_exact", expires="2026-03-15")
    assert refused.status_code == 400


def test_trend_of_a_check_is_drawn_and_described(base: EvidenceBase, steward: Visitor) -> None:
    verdict = read_json(base.settings.review / "last_verdict.json")
    check = next(one for one in verdict["checks"] if one.get("name") == CHECK)
    for day, observed, outcome in (("20260227", 0.9, "passed"), ("20260228", 0.31, "failed")):
        earlier = {**verdict, "checks": [{**check, "observed": observed, "outcome": outcome}]}
        path = base.settings.review / "history" / f"{day}T020000Z-00000000.json"
        path.write_text(json.dumps(earlier))
    page = steward.get(items.release_check(CHECK).path).text
    assert 'class="bar failed"' in page and "0.31" in page


def open_name(base: EvidenceBase) -> items.Item:
    return next(one.item for one in open_items(base.settings) if one.item.kind == "place")


def test_a_name_gets_its_place(base: EvidenceBase, steward: Visitor) -> None:
    sent = {"csrf": steward.csrf(), "to": open_name(base).path, "list": "search", "search": "Malaba"}
    page = steward.get(steward.browser.post("/search", data=sent).headers["location"]).text
    assert "bp-ken-malaba" in page and '<svg class="map"' in page and "not authoritative" in page
    steward.decide("place_alias", text=name_of(base), place_id="bp-ken-malaba")
    made = newest(base, "place_alias")
    assert (made["text"], made["place_id"]) == ("Qwertyville", "bp-ken-malaba")


def test_a_name_that_means_no_place_is_decided_by_its_token(base: EvidenceBase, steward: Visitor) -> None:
    steward.decide("place_alias", text=name_of(base), place_id="unknown")
    assert newest(base, "place_alias")["text"] == name_of(base)
    assert "Qwertyville" not in "".join(export_lines(base.settings))


def test_a_name_is_shown_with_its_rows_and_each_view_is_logged(base: EvidenceBase, steward: Visitor) -> None:
    row = next(row for row in review.read(base.settings, review.QUARANTINED_ROWS) if row["row_number"] == "7")
    for path in ("/work?kind=place", open_name(base).path):
        page = steward.get(path).text
        assert "Qwertyville" in page and name_of(base) not in shown(page)
        viewed = audit.read(base.settings).lines[-1]
        assert (viewed["who"], viewed["action"]) == (STEWARD, "viewed")
        assert viewed["details"] == {"names": [name_of(base)]}
    assert f"extract={row['extract_id']}" in page and " · 7" in shown(page)
    assert "Qwertyville" not in json.dumps(audit.read(base.settings).lines)
    assert visitor(base.settings, None).get("/work?kind=place").status_code == 303


def test_an_extract_is_withdrawn_and_an_agreement_changed(base: EvidenceBase, steward: Visitor) -> None:
    extract_id = s5(base)["extract_id"]
    assert steward.decide("extract_withdraw", extract=f"swala_post/{extract_id}").status_code == 200
    steward.decide(
        "agreement_change", partner="swala_post", contract="swala_post_cases", valid_to="2036-12-31"
    )
    assert newest(base, "agreement_change")["terms"]["valid_to"] == "2036-12-31"
    assert "31 Dec 2036" in shown(steward.get("/partners/swala_post").text)


def test_rolling_back_gives_readers_the_earlier_release_at_once(base: EvidenceBase, steward: Visitor) -> None:
    current = str(base.release_id())
    earlier = copied_release(base, "0" * 8)
    asked = steward.preview("rollback", release=earlier)
    assert earlier in asked.text and current in asked.text
    assert base.release_id() == current, "a preview switches nothing"
    assert steward.confirm(asked).status_code == 200
    assert base.release_id() == earlier


def test_a_release_whose_tables_were_deleted_cannot_be_chosen(base: EvidenceBase, steward: Visitor) -> None:
    earlier = copied_release(base, "0" * 8)
    chosen = f'name="release" value="{earlier}"'
    assert chosen in steward.get("/releases").text
    write_json(base.settings.releases / earlier / ERASURE, {"erased_on": "2026-02-02"})
    page = steward.get("/releases").text
    assert chosen not in page and "they held a forgotten record" in page


def copied_release(base: EvidenceBase, digits: str) -> str:
    """An earlier release, of the same tables as the current one."""
    current, earlier = str(base.release_id()), f"20260201T000000Z-{digits}"
    folder = base.settings.releases / earlier
    shutil.copytree(base.settings.releases / current, folder)
    manifest = folder / "manifest.json"
    write_json(manifest, json.loads(json.dumps(read_json(manifest)).replace(current, earlier)))
    sign(folder, manifest.name, manifest.read_bytes(), load_release_key(base.settings))
    return earlier


def test_rollback_applies_only_to_the_previewed_release(base: EvidenceBase, steward: Visitor) -> None:
    wanted, other = copied_release(base, "0" * 8), copied_release(base, "1" * 8)
    asked = steward.preview("rollback", release=wanted)
    rollback(base.settings, other, SECOND, "a fault in the newest", scenario.AS_OF)
    late = steward.confirm(asked)
    assert late.status_code == 400 and other in shown(late.text)
    assert base.release_id() == other


def test_a_release_that_was_changed_is_no_choice_to_go_back_to(base: EvidenceBase, steward: Visitor) -> None:
    manifest = base.settings.releases / copied_release(base, "0" * 8) / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    asked = steward.preview("rollback", release=manifest.parent.name)
    assert asked.status_code == 400 and "does not hold" in shown(asked.text)


def in_inbox(base: EvidenceBase, name: str) -> str:
    """Put a file into the inbox, as lists leave out what has gone from there; return what they call it."""
    path = base.settings.inbox / "swala_post" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a fixture that only has to be there")
    return listed_name("swala_post", path)


def test_waiting_file_is_shown_with_its_name_and_why(base: EvidenceBase, steward: Visitor) -> None:
    name = in_inbox(base, "register of May.csv")
    reason = f"swala_post: file {name} matches no contract's `files`. Rename the file."
    fault = TakenExtract("swala_post", name, "held", reason=reason, code="hold:contract_missing")
    review.write_files_not_taken(base.settings, [fault])
    page = shown(steward.get(items.file_not_taken("swala_post", name).path).text)
    assert name in page and "File name not known" in page and "matches no contract's files" in page
    listed = shown(steward.get("/partners/swala_post").text)
    assert f"{name} File name not known" in listed


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("row_exclude", {}),
        ("nothing", {"record": "x"}),
        ("check_waiver", {"check": CHECK, "expires": "tomorrow"}),
        ("check_waiver", {"check": CHECK}),
        ("extract_accept", {"extract": "swala_post"}),
        ("agreement_change", {"partner": "swala_post", "contract": "x", "retention_years": "many"}),
        ("place_alias", {"text": "Qwertyville", "place_id": "no-such-place"}),
        ("link_accept", {"pair": "r-0000000000000000"}),
        ("revoke", {"id": "000000000000"}),
        ("rollback", {"release": "20260101T000000Z-00000000"}),
    ],
)
def test_refused_decision_is_explained_and_not_recorded(
    still: EvidenceBase, onlooker: Visitor, kind: str, fields: dict[str, str]
) -> None:
    answer = onlooker.preview(kind, **fields)
    assert answer.status_code == 400
    assert 'action="/decide"' not in answer.text and 'class="note stop"' in answer.text
    assert list_decisions(still.settings) == []


@pytest.mark.parametrize("reason", ["", "ask Amina on 0712345678"])
def test_a_reason_that_is_empty_or_holds_a_phone_number_is_refused_and_not_repeated(
    still: EvidenceBase, onlooker: Visitor, reason: str
) -> None:
    answer = onlooker.preview("row_exclude", reason, record=s5(still)["record"])
    assert answer.status_code == 400
    assert "0712345678" not in answer.text


def test_broken_decision_is_reported_by_id_without_its_content(base: EvidenceBase, steward: Visitor) -> None:
    entry = {"id": "a" * 12, "kind": "row_exclude", "reason": "Amina Testperson"}
    other_program.add(base.settings, entry)
    answer = steward.get("/decisions")
    assert answer.status_code == 503
    assert "a" * 12 in shown(answer.text) and "Testperson" not in answer.text


def test_who_only_reads_has_no_form_to_decide(still: EvidenceBase, onlooker: Visitor) -> None:
    reader = visitor(still.settings, OBSERVER)
    for item in (items.quarantined_rows("swala_post", "date_invalid"), items.release_check(CHECK)):
        assert 'action="/preview"' not in reader.get(item.path).text


def test_the_desk_never_opens_the_work_file(base: EvidenceBase, steward: Visitor) -> None:
    base.settings.warehouse.write_bytes(b"not for the desk")
    for path in LOOKED_AT:
        if "{" not in path and path != "/record":
            assert steward.get(path).status_code == 200, path


def test_two_records_stand_side_by_side_and_are_ruled_on(base: EvidenceBase, steward: Visitor) -> None:
    rows = {row["record"]: row for row in review.read(base.settings, review.QUARANTINED_ROWS)}
    ends = list(rows.values())[:2]
    question = dict.fromkeys(QUESTION_COLUMNS, "not known") | {
        f"{name}_{letter}": end[column]
        for letter, end in zip("ab", ends, strict=True)
        for name, column in (
            ("record", "record"), ("partner", "partner"), ("extract", "extract_id"), ("sheet", "sheet"),
            ("row", "row_number"),
        )
    }  # fmt: skip
    said = {"reason": "rival", "names": "1 of 2 shared", "origin": "differs", "days": "3 apart"}
    likely = {"probability_low": "0.8", "probability": "0.93", "probability_high": "0.97"}
    review.write(base.settings, review.LINKS, [question | said | likely], QUESTION_COLUMNS)
    pair = (ends[0]["record"], ends[1]["record"])
    assert "93 %" in shown(steward.get("/work?kind=link").text)
    page = shown(steward.get(items.doubtful_link(*pair).path).text)
    assert all(
        word in page
        for word in (
            *pair,
            "name (1 of 2 words)",
            "days of the events (3 apart)",
            "fits better",
            "event month",
        )
    )
    assert steward.decide("link_reject", pair=" ".join(pair)).status_code == 200
    assert newest(base, "link_reject")["record_b"] in pair
    assert "Nothing of this waits" in shown(steward.get("/work?kind=link").text)


def test_drift_is_shown_with_the_change_that_answers_it(base: EvidenceBase, steward: Visitor) -> None:
    listed = in_inbox(base, "Amina Testperson.csv")
    told = {
        "partner": "swala_post", "contract": "swala_post_cases", "file": listed, "extract_id": None,
        "received_on": "2026-02-27", "landed": False, "added": ["Route"],
        "renamed": [{"before": "From", "now": "Start", "feeds": ["place(origin).place_text"], "likeness": 0.87}],
        "gone": [{"column": "Travel", "feeds": ["transport_mode"]}],
        "new_codes": [{"column": "Form", "field": "exploitation_type", "records": 7, "shown": {"Begging": 5}, "not_shown": 1}],
        "patch": "fields:\n  place(origin).place_text: Start\n", "effects": ["The file is taken in."],
    }  # fmt: skip
    worklists.write_drift(base.settings, [told])
    page = steward.get(items.drift("swala_post", "swala_post_cases").path).text
    wanted = (
        "From → Start",
        "87 % alike",
        "Travel",
        "“Begging” 5",
        "place(origin).place_text: Start",
        "is taken in",
    )
    assert [word for word in wanted if word not in shown(page)] == [], shown(page)
    assert "Testperson" not in page
