"""Drift: changed columns and code lists of a file, reported without values."""

import csv
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.contracts import Contract, load_contracts
from orchestration.core import Settings, read_json
from orchestration.drafting.check import check_contract
from orchestration.intake import TakenExtract, may_be_shown
from orchestration.intake.drift.columns import find_drift, name_likeness
from orchestration.intake.drift.report import drift_items
from orchestration.intake.taking_in import take_in
from orchestration.stewardship import review, worklists
from orchestration.typing.step import type_extracts
from tests.fixtures.drift_home import AS_OF, KEYS, home, renamed, rows, send
from tests.fixtures.partner_files import HEADER, add_partner, book, workbook

__all__ = ["home"]

SECRET = ["Wanjiku Testperson", "Sampleton", "0712345678", "Kwa Fixture", "she cried all night"]


def note(home: Settings, taken: TakenExtract) -> dict[str, Any]:
    return read_json(home.landing / "testpartner" / f"{taken.extract_id}.json")


def without(column: str, records: list[list[Any]]) -> tuple[list[str], list[list[Any]]]:
    """Header and records of a file that lacks a column."""
    at = HEADER.index(column)
    header, *kept = [[*row[:at], *row[at + 1 :]] for row in [HEADER, *records]]
    return header, kept


@pytest.mark.parametrize(("before", "now", "is_alike"), [
    ("Victim city", "Town of victim", True),
    ("Date", "Tarehe", True),
    ("No. of victims", "Number of victims", True),
    ("Remarks", "Comments", True),
    ("Type of exploitation", "Exploitation type", True),
    ("Sex", "Sector", False),
    ("Date", "County", False),
    ("Age", "Village", False),
])  # fmt: skip
def test_a_heading_in_other_words_is_recognised(before: str, now: str, is_alike: bool) -> None:
    likeness = name_likeness(before, now)
    assert likeness > 0.8 if is_alike else likeness < 0.62


def test_a_renamed_required_column_holds_the_file_with_its_new_name(home: Settings) -> None:
    send(home, "first.xlsx", HEADER, rows())
    taken = send(home, "second.xlsx", renamed(From="Town of origin"), rows(31))
    assert taken.outcome == "held"
    assert "'From' is missing and probably renamed 'Town of origin'" in str(taken.reason)
    assert taken.drift is not None
    [one] = taken.drift["renamed"]
    assert (one["before"], one["now"], one["is_required"]) == ("From", "Town of origin", True)
    assert (taken.drift["added"], taken.drift["gone"]) == ([], [])


def test_the_proposed_contract_change_lets_the_held_file_land(home: Settings) -> None:
    taken = send(home, "second.xlsx", renamed(From="Town of origin", Remarks="Comments"), rows())
    assert taken.outcome == "held"
    patch = yaml.safe_load(taken.drift["patch"]) if taken.drift else {}
    content = book()
    for name, change in patch["fields"].items():
        was = content["fields"][name]
        content["fields"][name] = (was if isinstance(was, dict) else {"column": was}) | change
    content["deny"] += patch["deny"]
    add_partner(home.partners, content | {"version": patch["version"]})
    [again] = take_in(home, KEYS, AS_OF)
    assert (again.outcome, again.rows_landed) == ("landed", 30)
    assert note(home, again)["drift"] is None


def test_a_missing_optional_column_is_only_flagged(home: Settings) -> None:
    first = send(home, "first.xlsx", HEADER, rows())
    taken = send(home, "second.xlsx", *without("Persons", rows(31)))
    assert taken.outcome == "landed"
    found = note(home, taken)
    assert found["drift"]["gone"] == [
        {"column": "Persons", "feeds": ["fields.person_count"], "is_required": False, "other_names": []}
    ]
    assert found["drift"]["compared_with"] == first.extract_id
    assert [problem["code"] for problem in found["problems"]] == ["flag:column_missing_optional"]


def test_a_new_column_is_dropped_and_flagged_once(home: Settings) -> None:
    header = [*HEADER, "Nickname"]
    records = [[*row, "Shujaa"] for row in rows()]
    first = note(home, send(home, "first.xlsx", header, records))
    assert first["drift"]["added"] == ["Nickname"]
    assert "flag:column_unmapped" in [problem["code"] for problem in first["problems"]]
    second = note(home, send(home, "second.xlsx", header, records[:20]))
    assert second["drift"] is None


def test_heading_with_an_unknown_word_is_in_no_proposal(home: Settings) -> None:
    header = [*renamed(From="Zipporah"), "Mary Sampleton"]
    taken = send(home, "a.xlsx", header, [[*row, "x"] for row in rows()])
    assert (taken.outcome, taken.drift and taken.drift["added"]) == ("held", ["column 5", "column 9"])
    assert taken.drift and (taken.drift["renamed"], taken.drift["patch"]) == ([], "")
    assert not re.search("Zipporah|Sampleton", f"{taken}")


@pytest.mark.parametrize("change", ["another order", "another of its names"])
def test_reordered_or_alternative_columns_are_no_drift(home: Settings, change: str) -> None:
    content = book()
    content["fields"]["place(origin).place_text"] = {"column": ["From", "Kutoka"], "basis": "home"}
    add_partner(home.partners, content)
    send(home, "first.xlsx", HEADER, rows())
    if change == "another order":
        taken = send(home, "second.xlsx", HEADER[::-1], [row[::-1] for row in rows(31)])
    else:
        taken = send(home, "second.xlsx", renamed(From="Kutoka"), rows(31))
    assert (taken.outcome, note(home, taken)["drift"]) == ("landed", None)


def test_a_column_that_some_files_lack_is_no_drift(home: Settings) -> None:
    content = book()
    content["fields"]["person_count"] = {"column": "Persons", "optional_column": True}
    contract = Contract.model_validate(content)
    last = {"extract_id": "0" * 16, "columns_found": HEADER}
    there = [column for column in HEADER if column != "Persons"]
    assert not find_drift(contract, there, [], last)


def test_a_rename_below_a_title_row_is_recognised(home: Settings) -> None:
    add_partner(home.partners, book(format={"kind": "xlsx", "sheet": 0, "header_search": 15}))
    folder = home.inbox / "testpartner"
    folder.mkdir(parents=True)
    table = [["Register"], [], renamed(From="Town of origin"), *rows()]
    workbook(folder / "a.xlsx", {"Cases": table})
    [taken] = take_in(home, KEYS, AS_OF)
    assert taken.outcome == "held"
    assert "'From' is missing and probably renamed 'Town of origin'" in str(taken.reason)


def test_a_row_that_may_not_be_the_header_is_never_quoted(home: Settings) -> None:
    taken = send(home, "a.xlsx", ["Wanjiku Testperson", "0712345678", "Sampleton"], [HEADER, *rows(5)])
    assert taken.outcome == "held"
    assert taken.drift is None
    assert "Sampleton" not in str(taken.reason)


def test_new_codes_are_counted_and_shown_only_if_they_identify_no_person(home: Settings) -> None:
    answers = ["F", "M", "F", "Fixture", "woman or girl", "Helicopter pilot", "Sampleton", "0712345678"]
    taken = send(home, "a.xlsx", HEADER, rows(80, Sex=answers))
    assert taken.outcome == "landed"
    type_extracts(home, KEYS)
    [item] = drift_items(home, KEYS, load_contracts(home.partners), [])
    [codes] = item["new_codes"]
    assert (codes["field"], codes["column"], codes["spellings"]) == ("sex", "Sex", 4)
    assert (codes["records"], codes["answered"]) == (40, 70), "the phone never landed"
    assert (codes["shown"], codes["not_shown"]) == ({"woman or girl": 10}, 3)
    assert yaml.safe_load(item["patch"])["fields"] == {"sex": {"values": {"woman or girl": "TODO"}}}
    assert not [word for word in SECRET if word in json.dumps(item)]


@pytest.mark.parametrize(("spelling", "records", "is_shown"), [
    ("domestic work", 1, True),
    ("helicopter", 1, False),
    ("helicopter", 5, True),
    ("Sampleton", 50, False),
    ("Wanjiku", 50, False),
    ("my uncle Otieno", 50, False),
    ("0712 345 678", 50, False),
    ("she was taken from the market by two men", 50, False),
    ("house 4567", 1, False),
])  # fmt: skip
def test_a_spelling_is_shown_if_known_or_frequent(spelling: str, records: int, is_shown: bool) -> None:
    assert may_be_shown(spelling, records, spellings_in_list=3) is is_shown


def test_a_long_list_of_spellings_is_not_shown() -> None:
    assert not may_be_shown("helicopter", records=5, spellings_in_list=40)


def test_the_review_list_holds_drift_without_values(home: Settings) -> None:
    records = [[*row, SECRET[4]] for row in rows(Sex=["F", "Sampleton"])]
    first = send(home, "first.xlsx", [*HEADER, "Nickname"], records)
    held = send(home, "held.xlsx", renamed(From="Town of origin"), rows(31))
    type_extracts(home, KEYS)
    worklists.write_drift(home, drift_items(home, KEYS, load_contracts(home.partners), [held]))
    lines = list(csv.DictReader((home.review / "drift.csv").open(encoding="utf-8")))
    assert [(line["file"], line["change"], line["column"], line["now"]) for line in lines] == [
        (held.file, "column_renamed", "From", "Town of origin"),
        (held.file, "column_gone", "Nickname", ""),
        (first.file, "column_added", "Nickname", ""),
        (first.file, "new_codes", "Sex", ""),
    ]
    details = read_json(home.review / "drift.json")["drift"]
    assert [item["landed"] for item in details] == [False, True]
    written = (home.review / "drift.csv").read_text() + (home.review / "drift.json").read_text()
    assert not [word for word in SECRET if word in written]
    assert review.count(home, review.DRIFT) == 4


def test_drift_answered_by_the_contract_is_dropped(home: Settings) -> None:
    send(home, "first.xlsx", [*HEADER, "Nickname"], [[*row, "x"] for row in rows()])
    assert drift_items(home, KEYS, load_contracts(home.partners), [])
    add_partner(home.partners, book(deny=["Remarks", "Nickname"]))
    assert drift_items(home, KEYS, load_contracts(home.partners), []) == []


def test_a_rename_answered_by_the_contract_is_no_drift(home: Settings) -> None:
    send(home, "first.xlsx", HEADER, rows())
    content = book()
    content["fields"]["place(origin).place_text"] = {"column": "Town of origin", "basis": "home"}
    path = add_partner(home.partners, content)
    second = workbook(home.home / "second.xlsx", {"Cases": [renamed(From="Town of origin"), *rows(31)]})
    assert check_contract(path, second, date(2026, 11, 24), home.landing).drift is None
    assert note(home, send(home, "second.xlsx", renamed(From="Town of origin"), rows(31)))["drift"] is None


def test_a_vanished_unmapped_column_is_reported(home: Settings) -> None:
    send(home, "first.xlsx", [*HEADER, "Nickname"], [[*row, "x"] for row in rows()])
    drift = note(home, send(home, "second.xlsx", HEADER, rows(31)))["drift"]
    assert [(use["column"], use["feeds"]) for use in drift["gone"]] == [("Nickname", [])]


def test_a_missing_column_without_replacement_proposes_no_change(home: Settings) -> None:
    taken = send(home, "first.xlsx", *without("Date", rows()))
    assert taken.drift is not None and taken.drift["patch"] == ""
    assert "review/drift.json" not in str(taken.reason)
    assert str(taken.reason).endswith(
        "No change to the contract resolves that. Nothing replaces 'Date': ask the partner for the file with it."
    )


def test_contract_check_reports_drift(tmp_path: Path) -> None:
    path = add_partner(tmp_path, book())
    fits = workbook(tmp_path / "a.xlsx", {"Cases": [renamed(Persons="People"), *rows()]})
    report = check_contract(path, fits, date(2026, 3, 1))
    assert report.ok and report.drift is not None
    assert [(one["before"], one["now"]) for one in report.drift["renamed"]] == [("Persons", "People")]
    unfit = workbook(tmp_path / "b.xlsx", {"Cases": [renamed(Date="Tarehe"), *rows()]})
    report = check_contract(path, unfit, date(2026, 3, 1))
    assert not report.ok and report.drift is not None
    assert yaml.safe_load(report.drift["patch"])["fields"] == {"event_on": {"column": "Tarehe"}}
