"""Identifiers and consent: rows V of the catalogue, from the file to the typed table."""

from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.dirty_values import Shown, arrive, arrive_file, contract, workbook_bytes

TEXTS = contract(
    {
        "place(origin).admin_text": {"column": "County", "basis": "home"}, "place(origin).country_text": {"column": "Country", "basis": "home"},
        "place(transit).list": {"column": "Through", "split": [">"]},
        "place(exploitation).place_text": {"column": "Where", "basis": "exploited"}, "exploitation_type": "Type",
        "recruitment_method": {"column": "How", "split": [","]}, "nationality": "Nationality",
        "transport_mode": {"column": "Way", "select_multiple": "joined"},
    },
)  # fmt: skip
COLUMNS = ["County", "Country", "Through", "Where", "Type", "How", "Nationality", "Way", "Sex"]


SECRETS = {
    "strip:phone": ["0712345678", "+254 712 345 678", "2.54712E+11"],
    "strip:email": ["fixture@mail.example"],
    "strip:id_number": ["12345678", "A1234567"],
}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("words", ["{}", "Busia near {}", "Nakuru > {} > Thika", "bus, {}"])
def test_identifiers_are_removed_from_every_text_cell(tmp_path: Path, kind: str, words: str) -> None:
    """V1."""
    secrets = [secret for found in SECRETS.values() for secret in found]
    rows = [dict.fromkeys(COLUMNS, words.format(secret)) for secret in secrets]
    found = arrive(tmp_path, rows, TEXTS | {"format": {"kind": kind}})
    assert found.note["stripped"] == {reason: len(of) * len(COLUMNS) for reason, of in SECRETS.items()}
    emptied = {
        (one["column"], one["reason"]): (one["cells"], one["row_numbers"]) for one in found.note["emptied"]
    }
    for reason, rows_of in (("strip:phone", "2-4"), ("strip:email", "5"), ("strip:id_number", "6-7")):
        expected = (len(SECRETS[reason]), rows_of)
        assert [emptied.pop((column, reason)) for column in COLUMNS] == [expected] * len(COLUMNS)
    assert emptied == {}
    assert {cell["field"] for cell in found.landed} == {"event_on", "place(origin).place_text"}
    everything = repr([found.landed, found.note, found.tables])
    assert [secret for secret in secrets if secret in everything] == []


@pytest.mark.parametrize(("column", "value", "reason"), [
    pytest.param("Persons", "0712345678", "strip:phone", id="V1-count"),
    pytest.param("Persons", 254712345678, "strip:phone", id="V1-count-number"),
    pytest.param("Persons", Shown(2.54712e11, "0.00E+00"), "strip:phone", id="V1-count-scientific"),
    pytest.param("Age", "12345678", "strip:id_number", id="V1-age"),
    pytest.param("Age", "ask fixture@mail.example", "strip:email", id="V1-age-email"),
    pytest.param("From", 712345678, "strip:phone", id="V1-place-number"),
    pytest.param("From", Shown(2.54712e11, "General"), "strip:phone", id="V1-place-scientific"),
    pytest.param("From", 12345678, "strip:id_number", id="V1-place-id"),
])  # fmt: skip
def test_identifiers_are_removed_from_numbers(tmp_path: Path, column: str, value: Any, reason: str) -> None:
    found = arrive(tmp_path, [{column: value}], contract(format={"kind": "xlsx"}))
    assert found.note["stripped"] == {reason: 1}
    assert len(found.landed) == (1 if column == "From" else 2)


def test_identifiers_are_removed_from_a_child_sheet(tmp_path: Path) -> None:
    """V1."""
    content = contract(
        {"place(transit).place_text": "legs/Place"},
        format={"kind": "xlsx", "sheet": "Cases", "repeats": {"legs": {"parent": "Case"}}},
    )
    sheets = {
        "Cases": [["Ref", "Date", "From"], ["r1", "04/03/2020", "Busia"]],
        "legs": [["Case", "Place"], ["r1", "ask 0712345678"], ["r1", "Nakuru"]],
    }
    found = arrive_file(tmp_path, "extract.xlsx", workbook_bytes(tmp_path, sheets), content)
    assert found.note["stripped"] == {"strip:phone": 1}
    (one,) = found.note["emptied"]
    assert (one["sheet"], one["column"], one["row_numbers"]) == ("legs", "legs/Place", "2")
    assert "0712345678" not in repr([found.landed, found.note, found.tables])


ASKED = {"column": "Consent", "values": {"Yes": "given", "No": "refused", "Taken back": "withdrawn"}}


@pytest.mark.parametrize(("answer", "reason"), [
    pytest.param(None, "withheld:consent_not_recorded", id="V2"),
    pytest.param("No", "withheld:no_consent", id="V2-refused"),
    pytest.param("Taken back", "withheld:withdrawn", id="V2-withdrawn"),
])  # fmt: skip
def test_a_case_without_consent_does_not_land(tmp_path: Path, answer: str | None, reason: str) -> None:
    rows = [{"Consent": "Yes"}, {"Consent": answer, "From": "Moyale"}]
    found = arrive(tmp_path, rows, contract(grain="case", consent=ASKED))
    assert found.refused == {reason: 1}
    assert found.seen("consent_state") == [("given",)]
    assert "Moyale" not in repr([found.landed, found.tables])


def test_a_withdrawn_record_does_not_land_despite_consent(tmp_path: Path) -> None:
    """V2."""
    rows = [{"Consent": "Yes"}, {"Consent": "Yes", "Withdrawn": "2020-09-01", "From": "Moyale"}]
    content = contract(grain="case", consent=ASKED, withdrawn={"column": "Withdrawn"})
    found = arrive(tmp_path, rows, content)
    assert (found.refused, len(found.records)) == ({"withheld:withdrawn": 1}, 1)
    assert "Moyale" not in repr([found.landed, found.tables])


def test_a_route_report_needs_no_consent(tmp_path: Path) -> None:
    """V2."""
    assert arrive(tmp_path, [{}]).seen("consent_state") == [("not_needed",)]


@pytest.mark.parametrize(("raw", "problems"), [
    pytest.param("31/12/2030", [], id="V3"),
    pytest.param("soon", ["Q:embargo_unreadable"], id="V3-unreadable"),
])  # fmt: skip
def test_an_unreadable_embargo_quarantines_the_row(tmp_path: Path, raw: str, problems: list[str]) -> None:
    found = arrive(tmp_path, [{"Embargo": raw}], contract({"embargo_until": "Embargo"}))
    assert found.problems() == [problems]
    assert (found.records[0]["embargo_until"] is None) == bool(problems)
