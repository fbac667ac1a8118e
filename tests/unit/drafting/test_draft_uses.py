"""Drafted keys, consent, roles, dates and places: values decide where headings do not."""

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.drafting import as_yaml as draft_text
from orchestration.drafting import draft_contract
from orchestration.drafting.column_signs import is_role, personal_heading, personal_values
from tests.fixtures.partner_files import book, typed, workbook

NAMES = ["Achieng Testperson", "Brian Sampleton", "Grace Fixture"]
TOWNS = ["Busia", "Malaba", "Garissa", "Kitale"]


def drafted(path: Path, columns: dict[str, list[Any]], rows: int = 30) -> tuple[dict[str, Any], str]:
    """The draft of a sheet whose columns go through their values in turn: as YAML reads it, and its text."""
    table = [[values[number % len(values)] for values in columns.values()] for number in range(rows)]
    file = workbook(path / "a.xlsx", {"Sheet": [list(columns), *table]})
    text = draft_text(draft_contract(file, "testpartner"))
    return yaml.safe_load(text), text


def days(count: int = 30, form: str = "%d.%m.%Y") -> list[str]:
    return [(date(2026, 1, 5) + timedelta(days=6 * number)).strftime(form) for number in range(count)]


def phones(count: int = 30) -> list[str]:
    return [f"+254 700 000 {number:03}" for number in range(count)]


def numbered(form: str, count: int = 30) -> list[str]:
    return [form.format(number) for number in range(1, count + 1)]


@pytest.mark.parametrize("heading", ["Tel. no.", "Namba ya simu", "No.", "Reference"])
def test_phone_numbers_are_never_the_key(tmp_path: Path, heading: str) -> None:
    content, _ = drafted(tmp_path, {heading: phones(), "Date": days(), "From": TOWNS})
    assert content["delivery"]["key"] == "content"
    assert content["deny"] == [heading]


def test_a_form_number_is_the_key_beside_phones_and_a_running_number(tmp_path: Path) -> None:
    columns = {
        "Namba ya simu": phones(), "No": numbered("{}"), "Form no.": numbered("BW/26/{:03}"), "Date": days(),
        "From": TOWNS,
    }  # fmt: skip
    content, text = drafted(tmp_path, columns)
    assert content["delivery"]["key"] == "Form no."
    assert set(content["deny"]) == {"Namba ya simu", "No"}
    assert '"No"  # another column fills it: key is taken from' in text
    [phone] = [line for line in text.splitlines() if line.startswith('  - "Namba ya simu"')]
    assert "phone" in phone and "another column" not in phone


def test_a_column_of_counts_is_no_second_key(tmp_path: Path) -> None:
    columns = {"S/No": numbered("{}"), "Date": days(), "From": TOWNS, "No. of pple": [1, 2, 1, 3]}
    content, text = drafted(tmp_path, columns)
    assert content["delivery"]["key"] == "S/No"
    assert content["fields"]["person_count"]["column"] == "No. of pple"
    assert "no column counts persons" not in text


@pytest.mark.parametrize(("values", "shown"), [
    (phones(), "phone"),
    ([f"0712 34{n:04}" for n in range(30)], "phone"),
    ([f"A{n:07}" for n in range(30)], "id number"),
    ([f"{23456700 + n}" for n in range(30)], "id number"),
    ([f"a{n}@fixture.example" for n in range(30)], "email"),
    (["Achieng Testperson", "Grace Fixture"] * 9, "person"),
    ([f"MB-2024-{n:05}" for n in range(30)], None),
    ([f"2024{n:04}" for n in range(30)], None),  # the year and a number of that year
    ([f"{n:08}-duma" for n in range(30)], None),
    ([f"{n:08x}-1111-4222-8333-{n:012}" for n in range(30)], None),
    ([*[f"BW/{n}" for n in range(30)], "0712345678"], None),  # one slip
])  # fmt: skip
def test_references_are_distinguished_from_personal_identifiers(values: list[str], shown: str | None) -> None:
    assert personal_values(values) == shown


@pytest.mark.parametrize(("heading", "means"), [
    ("Tel. no.", "phone or address"), ("National ID", "ID number"), ("Jina", "name of a person"),
    ("Form no.", None), ("_uuid", None),
])  # fmt: skip
def test_a_heading_of_persons_is_known(heading: str, means: str | None) -> None:
    assert personal_heading(heading) == means


def test_dates_under_an_unknown_heading_date_the_record(tmp_path: Path) -> None:
    content, text = drafted(tmp_path, {"Qwerty": days(), "From": TOWNS, "Sex": ["F", "M"]})
    assert content["fields"]["event_on"] == {"column": "Qwerty", "required": True}
    assert content["locale"]["dates"] == "dmy", "days above 12 stand first"
    assert "No column dates a record" not in text


def test_dates_of_many_years_are_birth_dates_and_denied(tmp_path: Path) -> None:
    births = [f"05.01.{1970 + number}" for number in range(30)]
    content, _ = drafted(tmp_path, {"Qwerty": births, "From": TOWNS, "Sex": ["F", "M"]})
    assert "event_on" not in content["fields"]
    assert content["deny"] == ["Qwerty"]


@pytest.mark.parametrize("heading", ["Person is", "Qwerty", "Victim/Suspect"])
def test_rows_of_suspects_are_withheld(tmp_path: Path, heading: str) -> None:
    columns = {
        "Form no.": [f"BW/26/{number // 2:03}" for number in range(30)], "Intercepted on": days(),
        heading: ["Victim", "Suspect"], "Group of": [1, 2], "From": TOWNS,
    }  # fmt: skip
    content, text = drafted(tmp_path, columns)
    assert content["accept_if"] == {
        "column": heading, "accept": ["Victim"], "withhold": ["Suspect"],
        "withheld_as": "not_potential_victim",
    }  # fmt: skip
    assert content["grain"] == "interception"
    assert (content["delivery"]["key"], content["delivery"]["person_rows"]) == ("Form no.", True)
    assert content["fields"]["person_count"] == {"count_rows": True, "compare_with": "Group of"}
    assert "basis: TODO" in text


def test_a_draft_without_a_start_asks_for_one_and_its_basis(tmp_path: Path) -> None:
    columns = {"Date": days(), "Home village": TOWNS, "Where found": TOWNS}
    content, text = drafted(tmp_path, columns)
    assert content["fields"]["place(exploitation).place_text"] == {
        "column": "Where found",
        "basis": "identified",
    }
    assert content["deny"] == ["Home village"]
    assert "no column was understood as a start" in text
    _, text = drafted(tmp_path, columns | {"From": TOWNS})
    assert "no column was understood as a start" not in text


def test_unknown_roles_become_a_todo(tmp_path: Path) -> None:
    columns = {"Date": days(), "Role of person": ["alpha", "beta"], "From": TOWNS}
    content, _ = drafted(tmp_path, columns)
    assert content["accept_if"] == {"column": "Role of person", "accept": "TODO"}


@pytest.mark.parametrize(("answers", "tells"), [
    (["PVOT", "Suspect"], True),
    (["Mhanga", "Mtuhumiwa"], True),
    (["Potential victim", "Suspected trafficker", "Witness"], False),  # a third of them nobody knows
    (["victim", "suspected victim"], False),
    (["Victim"], False),
])  # fmt: skip
def test_a_role_column_needs_victims_and_others(answers: list[str], tells: bool) -> None:
    assert is_role(Counter(answers)) is tells


@pytest.mark.parametrize(("heading", "answers", "values"), [
    ("Je, unakubali taarifa hizi zitumike?", ["Ndiyo", "Hapana"], {"Ndiyo": "given", "Hapana": "refused"}),
    ("Ridhaa", ["Ndio", "Hapana"], {"Ndio": "given", "Hapana": "refused"}),
    ("Does the client agree to share", ["Y", "N"], {"Y": "given", "N": "refused"}),
    ("Type of exploitation may be told: agrees", ["Y", "N"], {"Y": "given", "N": "refused"}),
])  # fmt: skip
def test_a_question_of_consent_becomes_the_consent_column(
    tmp_path: Path, heading: str, answers: list[str], values: dict[str, str]
) -> None:
    content, _ = drafted(tmp_path, {heading: answers, "Date": days(), "From": TOWNS})
    assert content["consent"] == {"column": heading, "values": values}


def test_free_text_under_a_consent_heading_becomes_a_todo(tmp_path: Path) -> None:
    answers = numbered("told at length in the {}th meeting, signed")
    content, text = drafted(tmp_path, {"Consent": answers, "From": TOWNS, "To": ["Nairobi", "Mombasa"]})
    assert content["grain"] == "route_report"
    assert content["consent"] == {"basis": "TODO", "reference": "TODO"}
    assert '"Consent" reads like consent' in text


@pytest.mark.parametrize(("values", "part"), [
    (["Nairobi", "Qatar", "Saudi Arabia", "Uganda"], "place_text"),
    (["Qatar", "Saudi Arabia", "Uganda"], "country_text"),
])  # fmt: skip
def test_places_of_several_kinds_are_no_countries(tmp_path: Path, values: list[str], part: str) -> None:
    content, _ = drafted(tmp_path, {"Date": days(), "Says goes to": values, "From": TOWNS})
    assert f"place(intended_destination).{part}" in content["fields"]


def test_an_answer_that_is_not_shown_is_mapped_once_a_person_types_it(tmp_path: Path) -> None:
    columns = {"Date": days(), "From": TOWNS, "Type": ["Begging", "Domestic work", "Kazi kwa Fixture"]}
    content, text = drafted(tmp_path, columns)
    assert "Fixture" not in text
    assert "1 unknown spellings are not shown, because they may identify a person. Type them here" in text
    field = content["fields"]["exploitation_type"] | {"values": {"Kazi kwa Fixture": "forced_labour"}}
    fields = {
        "event_on": "Date",
        "place(origin).place_text": {"column": "From", "basis": "home"},
        "exploitation_type": field,
    }
    contract = book(
        fields=fields, delivery={"mode": "full", "cadence": "once"}, consent={"basis": "not_needed"}
    )
    codes = {row["code"] for row in typed(tmp_path / "a.xlsx", contract, "2026-12-31")["record_codes"]}
    assert codes == {"forced_begging", "domestic_servitude", "forced_labour"}


def test_fully_known_spellings_need_no_values(tmp_path: Path) -> None:
    columns = {"Date": days(), "From": TOWNS, "Nationality": ["Kenya", "Uganda", "Tanzania", "Ethiopia"]}
    content, text = drafted(tmp_path, columns)
    assert content["fields"]["nationality"] == {"column": "Nationality"}
    assert "4 spellings are known, so they need no `values`" in text


def test_a_choice_with_a_column_of_its_own_is_shown_whole(tmp_path: Path) -> None:
    question, known, new = "Aina ya unyonyaji", "Kuombaomba", "Kazi ya shambani mwa mbali"
    header = ["Date", "From", question, f"{question}/{known}", f"{question}/{new}"]
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for number, day in enumerate(days()):
            writer.writerow([day, TOWNS[number % 4], f"{known} {new}", 1, 1])
    content = yaml.safe_load(draft_text(draft_contract(path, "testpartner")))
    assert content["fields"]["exploitation_type"]["values"] == {known: "forced_begging", new: "TODO"}
