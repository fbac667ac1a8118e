"""Minimising: nothing that identifies a person lands; dates, ages, counts and codes stay."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts import Cell, FieldSpec
from orchestration.intake.minimising.detectors import findings
from tests.fixtures.partner_files import HEADER, ROW, book, read, workbook

PLACE, CODE = "place(origin).place_text", "industry"
SPEC = FieldSpec(column="x")


def found(field: str, text: str, kind: str = "text", spec: FieldSpec = SPEC) -> str | None:
    return findings(field, spec, Cell(text, kind))


@pytest.mark.parametrize("field", [PLACE, CODE, "person_count", "age_band", "event_on"])
@pytest.mark.parametrize(("text", "reason"), [
    ("0712345678", "strip:phone"), ("+254 712 345 678", "strip:phone"), ("call 0110-345-678", "strip:phone"),
    ("fixture@mail.example", "strip:email"),
])  # fmt: skip
def test_phones_and_mails_are_removed_from_every_field(field: str, text: str, reason: str) -> None:
    assert found(field, text) == reason


@pytest.mark.parametrize(("text", "reason"), [
    ("254712345678", "strip:phone"),
    ("+971 50 123 4567", "strip:phone"),
    ("ID 12345678", "strip:id_number"),
    ("AK1234567", "strip:id_number"),
    ("-1.2921, 36.8219", "strip:coordinates"),
    ("-1.33922 36.91135 0 0", "strip:coordinates"),
    ("kept in a house near the market until a neighbour came to help her out", "strip:free_text"),
])  # fmt: skip
@pytest.mark.parametrize("field", [PLACE, CODE])
def test_places_and_codes_lose_what_identifies(field: str, text: str, reason: str) -> None:
    assert found(field, text) == reason


@pytest.mark.parametrize(
    "text", ["Mary Sampleton's house", "with Mrs. Testperson", "house of uncle Fixture", "Kwa Maina"]
)
def test_name_of_a_person_is_removed_unless_it_is_the_text_of_a_place(text: str) -> None:
    """The text of a place lands encrypted, and a steward decides what it means."""
    assert (found(CODE, text), found(PLACE, text)) == ("strip:person", None)


@pytest.mark.parametrize(("field", "text"), [
    ("event_on", "20200304"),
    ("event_on", "2020-03-04T18:18:35.000+03:00"),
    ("event_on", "12th to 15th March 2020"),
    ("event_on", "43894"),
    ("submitted_at", "2024-03-04 10:11:12"),
    ("age_band", "9--17"),
    ("age_band", "16, 17 & 19"),
    ("person_count", "1,200"),
    ("person_count", "between 5 and 10"),
    ("person_count", "5 (2 minors)"),
    (PLACE, "Nairobi (Eastleigh)"),
    (PLACE, "Eldoret/Uasin Gishu"),
    (PLACE, "Trans-Nzoia"),
    (PLACE, "KE034185"),
    (PLACE, "ET040101"),
    (PLACE, "دبي"),
    (PLACE, "Near Mandera, Somalia"),
    (PLACE, "Mama Ngina Street"),
    (PLACE, "In the sea near Mombassa, Kenya"),
    (CODE, "Mining, Quarrying, Oil/Gas Extraction;Other"),
    (CODE, "TFD2H"),
    (CODE, "-99"),
])  # fmt: skip
def test_dates_ages_counts_places_and_codes_stay(field: str, text: str) -> None:
    assert found(field, text) is None


def test_lists_are_judged_by_their_parts() -> None:
    stops = FieldSpec(column="x", split=[">"])
    assert found("place(transit).list", " > ".join(["Nakuru", "Moyale"] * 8), spec=stops) is None
    assert found("place(transit).list", "Nakuru > 0712345678", spec=stops) == "strip:phone"
    chosen = FieldSpec(column="x", select_multiple="joined")
    assert found("means_of_control", "DebtBondage ThreatOfAction " * 5, spec=chosen) is None


def test_a_long_label_stays_where_the_contract_lists_it() -> None:
    label = "Debt bondage or the taking of earnings, wages, documents or belongings"
    assert found(CODE, label) == "strip:free_text"
    assert found(CODE, label, spec=FieldSpec(column="x", values={label: "debt_bondage"})) is None


def rows_with(**changes: Any) -> list[Any]:
    return [changes.get(name, value) for name, value in zip(HEADER, ROW, strict=True)]


@pytest.mark.parametrize(("birth", "event", "age"), [
    ("14/02/2004", "04/03/2020", "16"), ("05/03/2004", "04/03/2020", "15"),
    ("2004-02-14", "4 March 2020", "16"), ("2004", "04/03/2020", "15-16"), ("14/02/2004", "2020", "15-16"),
    ("about 2004", "04/03/2020", "unknown"), ("14/02/2004", "sijui", "unknown"),
    ("14/02/2024", "04/03/2020", "unknown"),
])  # fmt: skip
def test_a_birth_date_becomes_an_age_and_is_gone(tmp_path: Path, birth: str, event: str, age: str) -> None:
    content = book()
    content["fields"]["age_band"] = {"column": "Age", "from": "birth_date"}
    path = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, rows_with(Age=birth, Date=event)]})
    cells, reader = read(path, content)
    assert [(cell.value, cell.kind) for cell in cells if cell.field == "age_band"] == [(age, "derived")]
    assert reader.tally.stripped["strip:birth_date"] == 1


@pytest.mark.parametrize(("source", "value", "landed"), [
    ("age_text", "14/02/2004", ("", "date")),
    ("age_text", "14.2.04", ("", "date")),
    ("age_text", date(2004, 2, 14), ("", "date")),
    ("age_text", "14-17", ("14-17", "text")),
    ("birth_year", "14/02/2004", ("2004", "derived")),
    ("birth_year", "2004", ("2004", "text")),
])  # fmt: skip
def test_no_date_in_an_age_column_lands(
    tmp_path: Path, source: str, value: Any, landed: tuple[str, str]
) -> None:
    content = book()
    content["fields"]["age_band"] = {"column": "Age", "from": source}
    cells, _ = read(workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, rows_with(Age=value)]}), content)
    assert [(cell.value, cell.kind) for cell in cells if cell.field == "age_band"] == [landed]
