"""What KoboToolbox's own exporter writes, shape by shape: CSV and workbooks, codes and labels, several versions.

Each test names one habit of that exporter; the files are written here in the same shape.
"""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts import Contract, load_vocabulary
from orchestration.drafting.check import check_contract
from orchestration.intake import LandedCell
from orchestration.typing.row_reader import RowReader
from tests.fixtures.partner_files import add_partner, book, read, values, workbook

TAIL = ["_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by"]
TAIL += ["__version__", "_tags", "_index"]
FLAGS = ["transport/bus", "transport/matatu", "transport/foot"]
FORM: dict[str, Any] = {
    "consent": {"basis": "agreement", "reference": "DSA-1"},
    "delivery": {"mode": "full", "cadence": "monthly", "key": "_uuid", "newest_by": "_submission_time"},
    "format": {"kind": "csv", "delimiter": ";"}, "locale": {"dates": "ymd", "languages": ["en", "sw"]},
    "accept_if": {
        "column": "_validation_status", "accept": ["", "validation_status_approved", "Approved"],
        "withhold": ["validation_status_not_approved", "Not Approved"],
        "wait": ["validation_status_on_hold", "On Hold"],
    },
    "fields": {
        "event_on": {"column": "left_on", "required": True}, "submitted_at": "_submission_time",
        "sex": {"column": "sex", "values": {"f": "female", "m": "male"}},
        "transport_mode": {"column": "transport", "select_multiple": "both", "values": {"foot": "foot"}},
        "place(origin).place_text": {"column": "origin", "basis": "home"},
    },
    "deny": ["notes", "_notes", "_submitted_by", "_id", "_status", "__version__", "_tags", "_index"],
}  # fmt: skip


def form(**changes: Any) -> dict[str, Any]:
    return book(**(FORM | changes))


def tail(number: int, status: str = "") -> list[str]:
    sent = "2024-03-05T08:00:00"
    return [f"{9000 + number}", f"u-{number}", sent, status, "", "web", "x", "v2", "", str(number)]


def export(path: Path, *rows: list[str]) -> Path:
    """Kobo's CSV: semicolons, everything quoted, CRLF."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode())
    return path


def modes(cells: list[LandedCell], content: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Transport of every row as typed, with the problems noted."""
    contract = Contract.model_validate(content)
    row_reader = RowReader({"received_on": "2024-05-01"}, contract, load_vocabulary())
    found = []
    for number in sorted({cell.row_number for cell in cells}):
        row = row_reader.main_row(0, "", number, [cell for cell in cells if cell.row_number == number])
        found.append(
            (row.lists.get("transport_mode"), tuple(problem.problem_code for problem in row.problems))
        )
    return found


HEADER = ["left_on", "sex", "origin", "transport", *FLAGS, "notes", *TAIL]
BOTH = ["2024-03-04", "f", "Busia", "bus foot", "1", "0", "1", "said a name"]


def test_quoted_export_lands_as_text_without_quotes(tmp_path: Path) -> None:
    cells, reader = read(export(tmp_path / "a.csv", HEADER, [*BOTH, *tail(1)]), form())
    assert {cell.kind for cell in cells} == {"text", "flag"}
    assert values(cells, "event_on") == ["2024-03-04"] and values(cells, "sex") == ["f"]
    assert reader.tally.stripped["strip:denied_column"] == 6 and not reader.tally.unmapped


@pytest.mark.parametrize(("how", "header", "row"), [
    ("both", ["transport", *FLAGS], ["bus foot", "1", "0", "1"]),
    ("joined", ["transport"], ["bus foot"]),
    ("flags", FLAGS, ["1", "0", "1"]),
])  # fmt: skip
def test_choose_many_question_reads_the_same_in_every_export(
    tmp_path: Path, how: str, header: list[str], row: list[str]
) -> None:
    fields = FORM["fields"] | {"transport_mode": {"column": "transport", "select_multiple": how}}
    content = form(fields=fields)
    rows = [["left_on", "sex", "origin", *header, *TAIL], [*BOTH[:3], *row, *tail(1)]]
    rows.append([*BOTH[:3], *([""] * len(row)), *tail(2)])  # not answered
    cells, _ = read(export(tmp_path / "a.csv", *rows), content)
    assert modes(cells, content) == [(("bus", "foot"), ()), (None, ())]


def test_headers_may_stand_in_another_language(tmp_path: Path) -> None:
    swahili = ["Aliondoka lini", "Jinsia", "Alitoka wapi", "Usafiri", "Usafiri/Basi", "Usafiri/Kwa miguu"]
    fields = {
        "event_on": {"column": ["left_on", "Aliondoka lini"], "required": True},
        "sex": {"column": ["sex", "Jinsia"], "values": {"f": "female", "Mwanamke": "female"}},
        "transport_mode": {"column": ["transport", "Usafiri"], "select_multiple": "both"}
        | {"values": {"Basi": "bus", "Kwa miguu": "foot"}},
        "place(origin).place_text": {"column": ["origin", "Alitoka wapi"], "basis": "home"},
    }
    content = form(fields=fields)
    row = ["2024-03-04", "Mwanamke", "Busia", "Basi Kwa miguu", "1", "1", *tail(1)]
    cells, reader = read(export(tmp_path / "sw.csv", [*swahili, *TAIL], row), content)
    assert values(cells, "place(origin).place_text") == ["Busia"] and values(cells, "sex") == ["Mwanamke"]
    assert modes(cells, content) == [(("bus", "foot"), ())] and not reader.tally.unmapped


@pytest.mark.parametrize(("status", "fate"), [
    ("validation_status_approved", None),
    ("Approved", None),
    ("", None),
    ("validation_status_not_approved", "withheld:not_approved"),
    ("Not Approved", "withheld:not_approved"),
    ("On Hold", "Q:awaiting_partner"),
    ("validation_status_new", "Q:status_unmapped"),
])  # fmt: skip
def test_validation_status_is_read_as_code_or_label(tmp_path: Path, status: str, fate: str | None) -> None:
    _, reader = read(export(tmp_path / "a.csv", HEADER, [*BOTH, *tail(1, status)]), form())
    assert dict(reader.tally.refusals) == ({("", fate): 1} if fate else {})


@pytest.mark.parametrize("hxl_row", ["auto", True])
def test_hxl_tags_are_no_record(tmp_path: Path, hxl_row: bool | str) -> None:
    tags = ["#date+start", "#gender", "#loc+origin", *[""] * (len(HEADER) - 3)]
    path = export(tmp_path / "a.csv", HEADER, tags, [*BOTH, *tail(1)])
    cells, reader = read(path, form(format=FORM["format"] | {"hxl_row": hxl_row}))
    assert reader.tally.refusals == {("", "skip:hxl_row"): 1}
    assert {cell.row_number for cell in cells} == {3}


def test_one_uuid_sent_again_unchanged_is_one_record(tmp_path: Path) -> None:
    """`_id` and `_index` differ in every copy: neither is part of what the record says."""
    copies = [[*BOTH, "7", *tail(1)[1:-1], str(n)] for n in range(1, 4)]
    path = export(tmp_path / "a.csv", HEADER, *copies)
    report = check_contract(add_partner(tmp_path / "partners", form()), path, date(2024, 5, 1))
    found = {problem["code"]: problem["count"] for problem in report.typing_problems}
    assert (report.faults, report.records, found) == ([], 1, {"duplicate_rows": 1})


@pytest.mark.parametrize(("sheet", "title"), [
    ("Places that were passed on the way", "Places that were passed on t..."),
    ("Places that were passed on the way", "Places that were passed on the "),
    ("Stops: from/to", "Stops_ from_to"),
    ("legs", "Legs"),
])  # fmt: skip
def test_a_repeats_sheet_is_found_where_its_name_was_cut(tmp_path: Path, sheet: str, title: str) -> None:
    child = ["leg_place", "_index", "_parent_table_name", "_parent_index", "_submission__uuid"]
    content = form(
        format={"kind": "xlsx", "sheet": 0}
        | {"repeats": {"legs": {"sheet": sheet, "parent": "_submission__uuid"}}},
        fields=FORM["fields"] | {"place(transit).place_text": {"column": "legs/leg_place", "required": True}},
    )
    stops = [child, ["Nakuru", 1, "Form", 1, "u-1"], ["Kisumu", 2, "Form", 1, "u-1"]]
    path = workbook(tmp_path / "a.xlsx", {title: stops, "Form": [HEADER, [*BOTH, *tail(1)]]})
    cells, _ = read(path, content)
    assert values(cells, "place(transit).place_text") == ["Nakuru", "Kisumu"]


def test_google_sheets_download_is_read_below_its_title_lines(tmp_path: Path) -> None:
    columns = ["No", "Date", "From", "Sex", "Remarks"]
    lines = [["Case list 2024"], ["Last edited", "2024-05-01"], [], columns]
    lines += [["1", "04/03/2024", "Busia, Kenya", "F", "tel 0712345678"], [], columns]
    lines += [["2", "5-Mar-2024", "Moyale", "M"], ["TOTAL", "2"], ["Compiled by the desk"]]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([*line, *[""] * (5 - len(line))] for line in lines)
    path = tmp_path / "Cases - Sheet1.csv"
    path.write_bytes(text.getvalue().encode())
    content = book(
        consent={"basis": "agreement", "reference": "DSA-1"},
        format={"kind": "csv", "header_search": 15, "stop_at": ["TOTAL"]},
        fields={
            "event_on": {"column": "Date", "required": True},
            "sex": "Sex",
            "place(origin).place_text": {"column": "From", "basis": "home"},
        },
    )
    cells, reader = read(path, content)
    dates = [(c.row_number, c.value) for c in cells if c.field == "event_on"]
    assert dates == [(5, "04/03/2024"), (8, "5-Mar-2024")]
    assert values(cells, "place(origin).place_text") == ["Busia, Kenya", "Moyale"]
    reasons = ["skip:blank", "skip:header_repeat", "skip:note_row", "skip:total_row"]
    assert sorted(reason for _, reason in reader.tally.refusals) == reasons
