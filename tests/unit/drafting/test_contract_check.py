"""`njia contract check`: what a refresh would make of a file, before it is sent."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from orchestration.cli.root import cli
from orchestration.core import Settings
from orchestration.drafting import try_contract
from orchestration.drafting.check import ContractReport, check_contract, title_of
from tests.fixtures.drift_home import rows
from tests.fixtures.partner_files import BOOK, HEADER, ROW, add_partner, book, case, kobo, kobo_file, workbook

TODAY = date(2026, 3, 1)


def tried(folder: Path, records: list[list[Any]], **changes: Any) -> ContractReport:
    path = add_partner(folder / "partners", book(**changes))
    file = workbook(folder / "a.xlsx", {"Cases": [HEADER, *records]})
    settings = Settings(folder / "home", folder / "partners", folder / "keys")
    return try_contract(settings, path, file)


def shown(folder: Path, content: dict[str, Any], file: Path, columns: int = 80) -> tuple[int, str]:
    path = add_partner(folder / "partners", content)
    ran = CliRunner().invoke(
        cli,
        ["contract", "check", str(path), str(file), "--home", str(folder / "home")],
        env={"COLUMNS": str(columns), "NO_COLOR": "1"},
    )
    return ran.exit_code, ran.output


def test_a_good_file_passes(tmp_path: Path) -> None:
    report = tried(tmp_path, rows())
    assert (report.ok, report.held_because, report.warnings) == (True, [], [])
    assert report.places == {"names": 1, "open": 0}
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(("changed", "check"), [
    ({"Sex": ["F", "M", "Qwerty"]}, "codes_are_mapped"),
    ({"No": [*range(1, 41)]}, "record_refs_are_unique"),
    ({"From": ["Busia", "Qwertyville", "Asdfgh"]}, "places_are_known"),
    ({"Date": ["04/03/2024", "soon"]}, "columns_are_readable"),
])  # fmt: skip
def test_a_check_names_what_would_be_held(tmp_path: Path, changed: dict[str, list[Any]], check: str) -> None:
    report = tried(tmp_path, rows(60, **changed))
    assert not report.ok and not report.faults
    found = {one["check_name"]: one for one in report.held_because}
    assert check in found
    assert found[check]["steward_action"]
    exit_code, output = shown(tmp_path, book(), tmp_path / "a.xlsx")
    assert exit_code == 1
    words = " ".join(output.split())
    assert f"Would be held: {check} fails" in words and "but the file would be held" in words
    assert found[check]["finding"] in words


COMMA = {"locale": {"dates": "dmy", "decimal": ",", "thousands": "."}}


@pytest.mark.parametrize(("count", "column", "cells", "changes", "cause"), [
    (24, "Persons", ["1,0"], {}, "numbers have another decimal sign"),
    (10, "Persons", ["1,0"], {}, "numbers have another decimal sign"),
    (24, "Persons", ["watatu au wanne"], {}, "the words are not known"),
    (24, "Age", ["43894"], {}, "another column stands there"),
    (24, "Age", [2004], {}, "years of birth stand there"),
    (24, "Date", ["25/03/2024"], {"locale": {"dates": "mdy"}}, "day and month stand in another order"),
    (12, "Sex", ["Qwerty"], {}, "the answers are not in the contract"),
    (24, "Persons", ["1,0"], COMMA, None),
    (9, "Persons", ["1,0"], {}, None),
    (24, "Persons", ["1,0", "1"], {}, None),
    (24, "Persons", ["several"], {}, None),
    (24, "Persons", ["N/A"], {}, None),
    (24, "Age", ["17-19"], {}, None),
])  # fmt: skip
def test_a_column_that_cannot_be_read_would_hold_the_file(
    tmp_path: Path, count: int, column: str, cells: list[Any], changes: dict[str, Any], cause: str | None
) -> None:
    report = tried(tmp_path, rows(count, **{column: cells}), **changes)
    found = [one["finding"] for one in report.held_because if one["check_name"] == "columns_are_readable"]
    if cause is None:
        assert report.ok
    else:
        [finding] = found
        assert f"“{column}”: 100 % of {count} filled cells cannot be read. Probably {cause}" in finding


def test_a_column_that_is_rarely_filled_is_judged_by_its_filled_cells(tmp_path: Path) -> None:
    report = tried(tmp_path, rows(60, Persons=["1,0", None, None]))
    [held] = report.held_because
    assert (held["check_name"], held["observed"]) == ("columns_are_readable", 1.0)


def test_unknown_places_are_counted_for_the_steward(tmp_path: Path) -> None:
    report = tried(tmp_path, rows(60, From=["Busia"] * 9 + ["Qwertyville"]))
    assert report.ok
    assert report.places == {"names": 2, "open": 1, "unresolved": 1}


@pytest.mark.parametrize(("moment", "locale", "moved"), [
    (datetime(2025, 1, 31, 23, 59, 59), {}, "As UTC, 6 records would lie on another day, 6 of them in another"),
    ("30/01/2025 11:15 PM", {}, "As UTC, 6 records would lie on another day, 0 of them in another month"),
    (datetime(2025, 1, 31, 12), {}, None),
    (datetime(2025, 1, 31), {}, None),
    ("31/01/2025 23:15 EAT", {}, None),
    (datetime(2025, 1, 31, 23, 59, 59), {"naive_times_are": "Africa/Nairobi"}, None),
])  # fmt: skip
def test_times_whose_zone_decides_the_day_are_warned_of(
    tmp_path: Path, moment: Any, locale: dict[str, str], moved: str | None
) -> None:
    report = tried(tmp_path, rows(6, Date=[moment]), locale={"dates": "dmy"} | locale)
    assert [moved in warning for warning in report.warnings if moved] == ([True] if moved else [])
    assert moved or report.warnings == []


def test_an_expired_agreement_would_hold_the_file(tmp_path: Path) -> None:
    agreement = {"id": "DSA-1", "valid_from": "2001-01-01", "valid_to": "2001-12-31"}
    report = tried(tmp_path, rows(), agreement=agreement)
    assert "agreement_is_valid" in [one["check_name"] for one in report.held_because]


def test_the_report_quotes_no_value(tmp_path: Path) -> None:
    report = tried(tmp_path, rows(60, From=["Busia", "Qwertyville"], Remarks=["Testperson called"]))
    shown_text = json.dumps(report.as_dict())
    assert not [word for word in ("Qwertyville", "Busia", "Testperson") if word in shown_text]


@pytest.mark.parametrize("column", ["Tel. no.", "Reference"])
def test_a_key_column_of_phone_numbers_is_warned_of(tmp_path: Path, column: str) -> None:
    header = [column, *HEADER[1:]]
    records = [[f"0712 34{number:04}", *ROW[1:]] for number in range(30)]
    path = add_partner(tmp_path, book(delivery={"mode": "full", "cadence": "monthly", "key": column}))
    report = check_contract(path, workbook(tmp_path / "a.xlsx", {"Cases": [header, *records]}), TODAY)
    [warning] = report.warnings
    assert warning.startswith(f"`delivery.key`: column {column!r} is no reference (phone")
    assert "0712" not in warning


@pytest.mark.parametrize(
    ("heading", "warns"), [("Name of person", True), ("Jina", True), ("Name of town", False), ("From", False)]
)
def test_a_place_read_from_a_column_of_names_is_warned_of(tmp_path: Path, heading: str, warns: bool) -> None:
    header = [heading if name == "From" else name for name in HEADER]
    path = add_partner(
        tmp_path,
        book(fields=BOOK["fields"] | {"place(origin).place_text": {"column": heading, "basis": "home"}}),
    )
    report = check_contract(path, workbook(tmp_path / "a.xlsx", {"Cases": [header, *rows(3)]}), TODAY)
    assert any("holds names by its heading" in warning for warning in report.warnings) is warns


@pytest.mark.parametrize(("campaigns", "warnings"), [
    ([{}], []),
    ([{"places": ["bp-ken-busia"]}, {"places": ["KE047"]}], []),
    ([{"to": "2029-02-28"}], ["'Fixture screening' has 1,461 days"]),
    ([{"places": ["KE001"]}], ["'Fixture screening' was at KE001, which no entry under `coverage` watches"]),
])  # fmt: skip
def test_campaigns_that_can_hardly_be_meant_are_warned_of(
    tmp_path: Path, campaigns: list[dict[str, Any]], warnings: list[str]
) -> None:
    written = {"name": "Fixture screening", "from": "2025-03-01", "to": "2025-04-30"}
    watched = {"places": ["KE040", "KE047"], "roles": ["origin"], "from": "2020-01-01"}
    made = [written | one for one in campaigns]
    report = tried(tmp_path, rows(), coverage=[watched], campaigns=made)
    assert report.ok
    assert len(report.warnings) == len(warnings)
    assert all(words in found for words, found in zip(warnings, report.warnings, strict=True))


def test_an_unknown_choice_is_asked_about_whole(tmp_path: Path) -> None:
    question, known, new = "Aina", "Kuombaomba", "Kazi za ndani"
    header = [*HEADER, question, f"{question}/{known}", f"{question}/{new}"]
    records = [[*row, f"{new} {known}", 1, 1] for row in rows(6)]
    fields = BOOK["fields"] | {
        "exploitation_type": {
            "column": question, "select_multiple": "both", "values": {known: "forced_begging"},
        },
    }  # fmt: skip
    path = add_partner(tmp_path, book(fields=fields))
    report = check_contract(path, workbook(tmp_path / "a.xlsx", {"Cases": [header, *records]}), TODAY)
    assert report.drift is not None
    patch = yaml.safe_load(report.drift["patch"])
    assert patch["fields"] == {"exploitation_type": {"values": {new: "TODO"}}}


def test_the_filled_share_of_a_child_sheet_is_of_its_own_rows(tmp_path: Path) -> None:
    legs = [["Nakuru", "bus", 1, "u1"], ["Moyale", None, 1, "u1"], ["Nairobi", None, 1, "u1"]]
    file = kobo_file(tmp_path / "a.xlsx", [case("u1"), case("u2")], legs)
    report = check_contract(add_partner(tmp_path, kobo()), file, TODAY)
    assert report.filled_share["place(transit).place_text"] == 1.0
    assert report.filled_share["place(transit).transport_mode"] == pytest.approx(1 / 3, abs=1e-4)


def test_a_faulty_contract_is_reported_without_the_file(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, ROW]})
    exit_code, output = shown(tmp_path, book(grian="case"), file)
    assert exit_code == 1
    assert "testpartner/contract.yml cannot be used yet" in output
    assert not [words for words in ("rows read", "Filled share", "does not fit") if words in output]


def test_a_file_that_does_not_fit_shows_no_sums(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", {"Cases": [["No", "Tarehe"], [1, "04/03/2024"]]})
    _, output = shown(tmp_path, book(), file)
    assert "does not fit a.xlsx" in output
    assert not [words for words in ("rows read", "Filled share") if words in output]


@pytest.mark.parametrize("columns", [60, 80])
def test_rules_have_their_title_and_no_line_is_too_wide(tmp_path: Path, columns: int) -> None:
    file = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, *rows(Age=["15, 17", "16"])]})
    _, output = shown(tmp_path, book(), file, columns)
    shown_text = " ".join(output.split())
    assert f"{title_of('age_list')} (unk:age_list)" in shown_text
    assert "Columns never kept (strip:denied_column)" in shown_text
    assert max(len(line.rstrip()) for line in output.splitlines()) <= columns


def test_rule_titles_are_plain_words() -> None:
    assert title_of("unk:age_list") == title_of("age_list") != "age_list"
    assert title_of("withheld:no_consent") == "Consent refused"
    assert title_of("Q:orphan_leg") != "Orphan leg", "from quality_rules.csv"


def test_a_trial_shows_what_each_basis_makes_of_the_first_records(tmp_path: Path) -> None:
    """Malaba is a border point: no start unless people live there."""
    places = ["Malaba", "Nakuru", "Malaba", "Nakuru", "Nakuru"]
    report = tried(tmp_path, [[at, *ROW[1:4], place, *ROW[5:]] for at, place in enumerate(places)])
    starts = {one["basis"]: (one["is_stated"], one["counts"]) for one in report.bases}
    assert starts["home"] == (True, {"start there": 3, "start in its county": 2})
    met = {"start there": 3, "first known at the border": 2}
    assert starts["recruited"] == starts["not_said"] == (False, met)
    assert {one["role"] for one in report.bases} == {"origin"}
    _, output = shown(tmp_path, book(), tmp_path / "a.xlsx", columns=60)
    words = " ".join(output.split())
    assert "What each `basis` makes of the first 5 records (* stated)" in words
    assert "* place(origin): home" in words and "2 first known at the border" in words
