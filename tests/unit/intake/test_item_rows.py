"""A case system's long export: one row per code becomes one record with its codes."""

import csv
import tempfile
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.contracts import Contract
from tests.fixtures.partner_files import book, problems, read, typed

CODES = {"crosswalk": "ke_ctip"}
CASES = book(
    consent={"basis": "agreement", "reference": "§4"},
    delivery={"mode": "full", "cadence": "quarterly", "key": ["case_id", "person_id"]},
    format={"kind": "csv", "items": {"type": "item_type", "code": "item_code"}},
    accept_if={"column": "is_void", "accept": ["", "False"], "withhold": ["True"], "withheld_as": "void"},
    fields={
        "event_on": {"column": "case_date", "required": True}, "sex": "sex",
        "age_band": {"column": "age", "from": "age_text"}, "place(origin).country_text": {"column": "country", "basis": "home"},
        "act": {"column": "item_type=TACT"} | CODES, "means": {"column": "item_type=TMNS"} | CODES,
        "exploitation_type": {"column": "item_type=TPPS"} | CODES,
        "recruitment_method": {"column": "item_type=FD21"} | CODES,
        "trafficking_status": {"column": "item_type=STAT"},
    },
    deny=["item_label"],
)  # fmt: skip
ROW = {
    "case_id": "C1", "case_date": "14-Feb-2020", "person_id": "P1", "sex": "Female", "age": "16",
    "country": "NA", "item_type": "TACT", "item_code": "TARC", "item_label": "Recruitment",
    "is_void": "False",
}  # fmt: skip


def cases(path: Path, *rows: dict[str, Any]) -> Path:
    file = path / "ctip.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, ROW)
        writer.writeheader()
        writer.writerows(ROW | row for row in rows)
    return file


def item(kind: str, code: str, label: str = "") -> dict[str, str]:
    return {"item_type": kind, "item_code": code, "item_label": label}


def codes(tables: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str]]:
    return sorted((row["domain"], row["code"]) for row in tables["record_codes"])


def test_the_rows_of_a_record_become_one(tmp_path: Path) -> None:
    rows = [{}, item("TACT", "TATS"), item("TMNS", "TMDC"), item("TPPS", "TPSE"), item("FD21", "TFD2B")]
    tables = typed(cases(tmp_path, *rows, {"person_id": "P2"}), CASES)
    first, second = sorted(tables["records"], key=itemgetter("row_number"))
    assert (first["source_row_count"], second["source_row_count"]) == (5, 1)
    assert (first["sex"], first["age_band"], str(first["event_on"])) == ("female", "a09_17", "2020-02-14")
    assert codes(tables) == [
        ("act", "recruitment"), ("act", "recruitment"), ("act", "transport"), ("exploitation_type", "sexual_exploitation"),
        ("means", "deception"), ("recruitment_method", "employment_agency"),
    ]  # fmt: skip
    assert problems(tables) == []


def test_the_country_code_na_is_namibia_and_no_blank(tmp_path: Path) -> None:
    tables = typed(cases(tmp_path, {}), CASES)
    assert [mention["country_text"] for mention in tables["mentions"]] == ["NA"]


def test_a_void_row_never_lands_and_is_counted(tmp_path: Path) -> None:
    file = cases(
        tmp_path, {}, item("TMNS", "TMDC") | {"is_void": "True"}, {"case_id": "C2", "is_void": "True"}
    )
    _, reader = read(file, CASES)
    assert reader.tally.refusals == {("", "withheld:void"): 2}
    tables = typed(file, CASES)
    assert (len(tables["records"]), codes(tables)) == (1, [("act", "recruitment")])


@pytest.mark.parametrize(("kind", "code", "label", "field", "expected", "problem"), [
    ("FD21", "TFD2H", "Other", "recruitment_method", "unknown", []),
    ("FD21", "TFD2K", "", "recruitment_method", "unknown", []),
    ("FD21", "TFD2B", "Radio", "recruitment_method", "employment_agency", []),
    ("FD21", "TFD2Z", "Radio", "recruitment_method", "unknown", ["unk:code_unmapped"]),
])  # fmt: skip
def test_a_code_is_read_without_its_label(
    tmp_path: Path, kind: str, code: str, label: str, field: str, expected: str, problem: list[str]
) -> None:
    tables = typed(cases(tmp_path, item(kind, code, label)), CASES)
    assert [row["code"] for row in tables["record_codes"] if row["domain"] == field] == [expected]
    assert problems(tables) == problem


@pytest.mark.parametrize("differs", [{"case_date": "15-Feb-2020"}, {"sex": "Male"}, {"country": "KE"}])
def test_a_record_with_conflicting_rows_is_quarantined_once(tmp_path: Path, differs: dict[str, str]) -> None:
    tables = typed(cases(tmp_path, {}, item("TMNS", "TMDC") | differs), CASES)
    assert (len(tables["records"]), problems(tables)) == (1, ["Q:rows_disagree"])


def test_a_repeated_fault_is_reported_once_and_a_code_fault_per_row(tmp_path: Path) -> None:
    rows = [item("TACT", "TARC"), item("TMNS", "TMXX"), item("TPPS", "TPXX")]
    tables = typed(cases(tmp_path, *(row | {"age": "teen"} for row in rows)), CASES)
    faults = [(row["problem_code"], row["row_number"]) for row in tables["problems"]]
    assert sorted(faults) == [("age_vague", 2), ("code_unmapped", 3), ("code_unmapped", 4)]


def test_two_codes_in_a_single_code_field_become_unknown(tmp_path: Path) -> None:
    tables = typed(cases(tmp_path, item("STAT", "confirmed"), item("STAT", "presumed")), CASES)
    [record] = tables["records"]
    assert (record["trafficking_status"], problems(tables)) == ("unknown", ["unk:codes_disagree"])


def test_codes_of_an_unmapped_type_are_dropped_and_flagged(tmp_path: Path) -> None:
    file = cases(tmp_path, {}, item("FDXX", "TFDXX", "Amina Testperson"))
    cells, reader = read(file, CASES)
    assert [found["code"] for found in reader.tally.problems] == ["flag:item_type_unmapped"]
    assert not any("Testperson" in cell.value for cell in cells)


def test_a_code_that_identifies_somebody_never_lands(tmp_path: Path) -> None:
    cells, reader = read(cases(tmp_path, item("FD21", "called 0712345678")), CASES)
    assert not any("0712345678" in cell.value for cell in cells)
    assert reader.tally.stripped == {"strip:phone": 1}


@settings(max_examples=30, deadline=None)
@given(st.permutations([("TACT", "TARC"), ("TACT", "TATS"), ("TMNS", "TMDC"), ("TPPS", "TPSE")]))
def test_the_order_of_the_rows_changes_nothing(rows: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tables = typed(cases(Path(folder), *(item(*row) for row in rows)), CASES)
        ordered = typed(cases(Path(folder), *(item(*row) for row in sorted(rows))), CASES)
    assert tables["records"] == ordered["records"]
    assert codes(tables) == codes(ordered)


@pytest.mark.parametrize(("changes", "message"), [
    ({"delivery": CASES["delivery"] | {"key": "content"}}, "format.items needs delivery.key"),
    ({"fields": CASES["fields"] | {"event_on": "item_type=DATE"}}, "feeds a field of codes"),
    ({"fields": CASES["fields"] | {"act": {"column": ["item_type=TACT", "act"]}}}, "nothing else beside"),
    ({"fields": CASES["fields"] | {"act": {"column": "item_type=TACT", "required": True}}}, "`required`"),
])  # fmt: skip
def test_an_inconsistent_contract_of_items_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Contract.model_validate(CASES | changes)
