"""A workbook with one tab a form: rows of all tabs join their main row."""

from operator import itemgetter
from pathlib import Path
from typing import Any

from tests.fixtures.partner_files import book, read, typed, values, why_held, workbook

CASES = book(
    delivery={"mode": "full", "cadence": "monthly", "key": "ID"},
    consent={"column": "consent/Agrees", "values": {"Yes": "given", "No": "refused"}},
    format={
        "kind": "xlsx", "sheet": "Record",
        "tabs": {"identity": {"sheet": "Basic Identity", "parent": "ID"}, "consent": {"parent": "ID"}},
        "repeats": {"legs": {"sheet": "Journey-Record", "parent": "ID"}},
    },
    fields={
        "event_on": {"column": "Date of Registration", "required": True}, "sex": "identity/Sex",
        "age_band": {"column": "identity/Date of Birth", "from": "birth_date"},
        "place(origin).place_text": {"column": "identity/Home", "basis": "home"}, "place(transit).place_text": "legs/Place",
    },
    deny=["identity/Name"],
)  # fmt: skip
SHEETS: dict[str, list[list[Any]]] = {
    "Basic Identity": [
        ["ID", "Name", "Sex", "Date of Birth", "Home", "Extra"],
        ["a2", "Juma Testperson", "Male", "2000-01-01", "Garissa", "x"],
        ["a1", "Amina Testperson", "Female", "2008-01-01", "Busia", None],
        ["a9", "Nobody Fixture", "Female", "2008-01-01", "Busia", None],
    ],
    "Record": [["ID", "Date of Registration"], *([f"a{n}", f"2024-03-0{3 + n}"] for n in (1, 2, 3))],
    "consent": [["ID", "Agrees"], ["a1", "Yes"], ["a2", "No"], ["a3", "Yes"]],
    "Journey-Record": [["ID", "Place"], ["a1", "Nakuru"], ["a2", "Kitale"]],
}
MONTH_FIRST = {"dates": "ymd", "default_country": "KEN"}


def file(path: Path, **changes: list[list[Any]]) -> Path:
    return workbook(path / "a.xlsx", SHEETS | changes)


def content() -> dict[str, Any]:
    return CASES | {"locale": MONTH_FIRST}


def test_record_is_built_from_its_tabs_in_any_order(tmp_path: Path) -> None:
    tables = typed(file(tmp_path), content())
    first, third = sorted(tables["records"], key=itemgetter("row_number"))
    assert (first["sex"], first["age_band"], first["row_number"]) == ("female", "a09_17", 2)
    assert (third["sex"], third["source_row_count"]) == (None, 1)
    assert sorted(row["place_text"] for row in tables["mentions"]) == ["Busia", "Nakuru"]


def test_consent_in_a_tab_withholds_the_record_and_nothing_of_its_tabs_lands(tmp_path: Path) -> None:
    cells, reader = read(file(tmp_path), content())
    assert reader.tally.refusals == {("Record", "withheld:no_consent"): 1}
    assert values(cells, "place(origin).place_text") == ["Busia"]
    assert not any("Testperson" in cell.value or "2008" in cell.value for cell in cells)


def test_every_row_of_every_tab_is_accounted_for(tmp_path: Path) -> None:
    again = [*SHEETS["Basic Identity"], SHEETS["Basic Identity"][2]]
    _, reader = read(file(tmp_path, **{"Basic Identity": again}), content())
    tally = reader.tally
    assert (tally.child_read["identity"], tally.child_landed["identity"]) == (4, 1)
    refused = {reason: n for (sheet, reason), n in tally.child_refusals.items() if sheet == "Basic Identity"}
    assert refused == {"withheld:no_consent": 1, "Q:orphan_leg": 1, "dup:duplicate_uuid": 1}
    assert list(tally.unmapped) == ["identity/Extra"]
    assert tally.stripped["strip:denied_column"] == 2  # withheld rows are counted too


def test_tab_with_several_rows_of_a_record_is_held(tmp_path: Path) -> None:
    again = [*SHEETS["consent"], ["a1", "No"]]
    assert "Declare 'consent' under format.repeats" in why_held(file(tmp_path, consent=again), content())


def test_missing_tab_is_flagged_or_holds_the_file(tmp_path: Path) -> None:
    sheets = {name: rows for name, rows in SHEETS.items() if name != "Basic Identity"}
    optional = {"place(origin).place_text": {"column": "identity/Home", "required": False, "basis": "home"}}
    _, reader = read(
        workbook(tmp_path / "a.xlsx", sheets), content() | {"fields": CASES["fields"] | optional}
    )
    missing = {"code": "flag:repeat_missing", "detail": "no sheet for the tab 'identity'"}
    assert missing in reader.tally.problems
    assert "has no column 'identity/Home'" in why_held(tmp_path / "a.xlsx", content())


def test_a_tab_without_the_reference_is_held(tmp_path: Path) -> None:
    path = file(tmp_path, consent=[["Case", "Agrees"], ["a1", "Yes"]])
    assert "by which format.tabs.consent finds its record" in why_held(path, content())
