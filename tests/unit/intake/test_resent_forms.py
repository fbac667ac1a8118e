"""Forms sent again with other stops: only the stops of the newest copy count."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.partner_files import book, problems, read, typed, workbook

MAIN = ["_uuid", "_id", "_index", "left_on", "origin", "_submission_time"]
LEGS = ["stop", "_index", "_parent_table_name", "_parent_index", "_submission__id", "_submission__uuid"]
FORM = book(
    consent={"basis": "agreement", "reference": "§4"},
    delivery={"mode": "full", "cadence": "monthly", "key": "_uuid", "newest_by": "_submission_time"},
    format={"kind": "xlsx", "sheet": 0, "repeats": {"legs": {"parent": "_submission__uuid"}}},
    locale={"dates": "ymd", "default_country": "KEN"},
    fields={
        "event_on": "left_on", "submitted_at": "_submission_time", "place(origin).place_text": {"column": "origin", "basis": "home"},
        "place(transit).place_text": "legs/stop",
    },
    deny=["_id", "_index"],
)  # fmt: skip
EARLY, LATE = "2024-03-05T08:00:00", "2024-03-09T08:00:00"


def copy(number: int, sent: str | None, origin: str = "Busia", uuid: str = "u1") -> list[Any]:
    return [uuid, 910000 + number, number, "2024-03-04", origin, sent]


def stops(number: int, *places: str, uuid: str = "u1") -> list[list[Any]]:
    return [[place, at, "Form", number, 910000 + number, uuid] for at, place in enumerate(places, start=1)]


def kobo(path: Path, main: list[list[Any]], legs: list[list[Any]], without: tuple[str, ...] = ()) -> Path:
    tables = {"Form": [MAIN, *main], "legs": [LEGS, *legs]}
    for title, rows in tables.items():
        kept = [at for at, name in enumerate(rows[0]) if name not in without]
        tables[title] = [[row[at] for at in kept] for row in rows]
    return workbook(path / "a.xlsx", tables)


def named(tables: dict[str, Any]) -> list[str]:
    texts = {mention["mention_id"]: mention["place_text"] for mention in tables["mentions"]}
    found = [mention for mention in tables["place_mentions"] if mention["place_role"] == "transit"]
    return [texts[mention["mention_id"]] for mention in sorted(found, key=lambda one: one["seq"] or 0)]


@pytest.mark.parametrize("newest", [1, 2])
@pytest.mark.parametrize("origin", ["Busia", "Malaba"])
def test_only_the_stops_of_the_newest_copy_count(tmp_path: Path, newest: int, origin: str) -> None:
    times = (LATE, EARLY) if newest == 1 else (EARLY, LATE)
    main = [copy(1, times[0]), copy(2, times[1], origin), copy(3, EARLY, uuid="u2")]
    legs = [*stops(1, "Nakuru", "Eldoret"), *stops(2, "Nakuru", "Kisumu", "Moyale"), *stops(3, uuid="u2")]
    tables = typed(kobo(tmp_path, main, legs), FORM)
    assert named(tables) == (["Nakuru", "Eldoret"] if newest == 1 else ["Nakuru", "Kisumu", "Moyale"])
    assert set(problems(tables)) - {"flag:duplicate_rows"} == {"flag:older_copy_in_file"}


def test_a_newer_copy_without_stops_leaves_none(tmp_path: Path) -> None:
    tables = typed(kobo(tmp_path, [copy(1, EARLY), copy(2, LATE)], stops(1, "Nakuru")), FORM)
    assert named(tables) == []


def test_identical_copies_keep_their_stops_once(tmp_path: Path) -> None:
    legs = [*stops(1, "Nakuru", "Kisumu"), *stops(2, "Nakuru", "Kisumu")]
    for times in ((EARLY, LATE), (None, None)):
        tables = typed(kobo(tmp_path, [copy(1, times[0]), copy(2, times[1])], legs), FORM)
        assert (named(tables), problems(tables)) == (["Nakuru", "Kisumu"], ["flag:duplicate_rows"])


def test_conflicting_copies_of_equal_age_are_quarantined(tmp_path: Path) -> None:
    legs = [*stops(1, "Nakuru"), *stops(2, "Kisumu")]
    tables = typed(kobo(tmp_path, [copy(1, EARLY), copy(2, EARLY)], legs), FORM)
    assert "Q:duplicate_key_conflict" in problems(tables)


def test_copies_are_distinguished_by_the_matched_column(tmp_path: Path) -> None:
    repeats = {"legs": {"parent": "_parent_index", "matches": "_index"}}
    content = FORM | {"format": FORM["format"] | {"repeats": repeats}}
    legs = [*stops(1, "Nakuru"), *stops(2, "Kisumu")]
    file = kobo(tmp_path, [copy(1, EARLY), copy(2, LATE)], legs, ("_id", "_submission__id"))
    assert named(typed(file, content)) == ["Kisumu"]


def test_json_copies_keep_their_own_stops(tmp_path: Path) -> None:
    content = FORM | {
        "format": {"kind": "json", "repeats": {"legs": {"sheet": "legs"}}},
        "fields": FORM["fields"] | {"place(transit).place_text": "legs/legs/stop"},
    }
    entries = [
        {"_uuid": "u1", "left_on": "2024-03-04", "origin": "Busia", "_submission_time": sent}
        | {"legs": [{"legs/stop": place} for place in places]}
        for sent, places in ((LATE, ["Nakuru", "Eldoret"]), (EARLY, ["Kisumu"]))
    ]
    file = tmp_path / "a.json"
    file.write_text(json.dumps(entries))
    assert named(typed(file, content)) == ["Nakuru", "Eldoret"]


def test_mixed_stops_of_copies_are_flagged(tmp_path: Path) -> None:
    file = kobo(
        tmp_path, [copy(1, EARLY), copy(2, LATE)],
        [*stops(1, "Nakuru", "Eldoret"), *stops(2, "Nakuru", "Kisumu")], ("_id", "_submission__id"),
    )  # fmt: skip
    _, reader = read(file, FORM)
    assert reader.tally.problems == [
        {"code": "flag:child_copies_mixed", "detail": "1 records, rows of 'legs'"}
    ]
    assert reader.tally.child_refusals == {("legs", "dup:duplicate_uuid"): 1}
    assert named(typed(file, FORM)) == ["Nakuru", "Eldoret", "Kisumu"]
