"""Whole extracts as partners send them: rows X of the catalogue that end before the warehouse.

What two extracts of one partner mean for each other is in tests/pipeline/test_dirty_values.py.
"""

import re
import zipfile
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import UsageError
from orchestration.drafting.reading import read_sample
from orchestration.intake import kind_of
from tests.fixtures.dirty_values import (
    CONSENT,
    SETTING,
    arrive,
    arrive_file,
    contract,
    csv_bytes,
    workbook_bytes,
)

NEWEST = contract({"submitted_at": "Sent"})
ROW = {"Ref": "u1", "Date": "04/03/2020", "From": "Busia", "Sex": "F", "Sent": "2020-03-05T10:00:00"}


def test_the_same_bytes_again_land_nothing(tmp_path: Path) -> None:
    """X1."""
    sent = csv_bytes([["Ref", "Date", "From"], ["r1", "04/03/2020", "Busia"]])
    first = arrive_file(tmp_path, "march.csv", sent, contract())
    landed = sorted(first.settings.landing.rglob("*"))
    again = arrive_file(tmp_path, "march (1).csv", sent, contract(), datetime(2020, 11, 1, tzinfo=UTC))
    assert (first.taken.outcome, again.taken.outcome) == ("landed", "already_landed")
    assert sorted(first.settings.landing.rglob("*")) == landed
    assert again.note["received_on"] == "2020-10-15"
    assert not list((again.settings.inbox / "testpartner").iterdir())


def test_identical_copies_of_one_record_are_one(tmp_path: Path) -> None:
    """X2: three rows of the file, one record; its other two rows share its fate."""
    found = arrive(tmp_path, [ROW, ROW, ROW], NEWEST)
    assert found.seen("source_row_count", "sex") == [(3, "female")]
    assert found.problems() == [["flag:duplicate_rows"]]


def test_the_newest_of_conflicting_copies_is_kept(tmp_path: Path) -> None:
    """X3."""
    later = ROW | {"Sex": "M", "Sent": "2020-03-06T10:00:00"}
    found = arrive(tmp_path, [ROW, later], NEWEST)
    newest = (2, "male", datetime(2020, 3, 6, 7, tzinfo=UTC))
    assert found.seen("source_row_count", "sex", "submitted_at") == [newest]
    assert found.problems() == [["flag:older_copy_in_file"]]


def test_conflicting_copies_without_a_time_are_quarantined(tmp_path: Path) -> None:
    """X3."""
    found = arrive(tmp_path, [ROW | {"Sent": None}, ROW | {"Sex": "M", "Sent": None}], NEWEST)
    assert found.seen("source_row_count") == [(2,)]
    assert found.problems() == [["Q:duplicate_key_conflict"]]


def zipped(**members: bytes) -> bytes:
    """A zip with these members; `__` in a name stands for `/`."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in members.items():
            archive.writestr(name.replace("__", "/"), part)
    return content.getvalue()


STRICT = {
    "[Content_Types].xml": b"<Types/>",
    "xl/workbook.xml": b'<?xml version="1.0"?><workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"/>',
}
OLD_WORD = b"\xd0\xcf\x11\xe0" + bytes(508) + "WordDocument".encode("utf-16-le")


@pytest.mark.parametrize(("sent", "kind"), [
    (zipped(word__document=b"x"), "a Word document"),
    (OLD_WORD, "a Word document"),
    (zipped(ppt__slides=b"x"), "a presentation"),
    (zipped(mimetype=b"x", **{"content.xml": b"x"}), "an OpenDocument file (.ods or .odt)"),
    (b"%PDF-1.7 ...", "a PDF"),
    (b"\xff\xd8\xff\xe0 ...", "a picture"),
    (b"RIFF....WEBPVP8 ", "a picture"),
    (b"{\\rtf1 ...}", "a text document (RTF)"),
    (b"Rar!\x1a\x07", "an archive (RAR or 7-Zip)"),
    (b"$FL2@(#) SPSS DATA FILE", "a data file of SPSS (.sav; SPSS saves it as .xlsx or .csv"),
    (b"$FL3@(#) SPSS DATA FILE", "a data file of SPSS"),
    (b"<stata_dta><header>", "a data file of Stata (.dta; `export excel`"),
    (b"\x72\x02\x01\x00\x05\x00", "a data file of Stata"),
    (zipped(xl__workbook=b"x", **STRICT), "a Strict Open XML workbook (Excel saves it anew"),
    (b'\xef\xbb\xbf{"a": 1}\n\n{"a": 2}', "JSON lines, an object a line"),
    ('\ufeff[{"a": "é"}]'.encode("utf-16-be"), "JSON in UTF-16"),
])  # fmt: skip
def test_a_document_or_picture_is_always_called_so(tmp_path: Path, sent: bytes, kind: str) -> None:
    """X6."""
    expected = {"csv": "text such as CSV", "json": "JSON", "xlsx": "an Excel workbook (.xlsx)"}
    for name, wanted in expected.items():
        found = arrive_file(tmp_path / name, "sent.csv", sent, contract(format={"kind": name}))
        assert found.taken.outcome == "unreadable" and found.taken.code in ("document", "other_format")
        reason = str(found.taken.reason)
        assert kind in reason and f", from which no table is read. Ask the partner for {wanted}." in reason
    (tmp_path / "sent.docx").write_bytes(sent)
    with pytest.raises(UsageError, match=re.escape(kind)):
        read_sample(tmp_path / "sent.docx", "testpartner")


def test_pretty_json_and_utf16_text_are_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "sent"
    for sent, kind in (
        (b'{\n"results": [\n{"a": 1},\n{"a": 2}]}', "json"),
        (b'{"results": [{"a": 1}]}\n', "json"),
        (b'{"a": 1}\nnothing', "json"),
        ("\ufeffRef\tDate\n".encode("utf-16-le"), "text"),
        (b"rs, a heading\n", "text"),
    ):
        path.write_bytes(sent)
        assert kind_of(path) == kind


@pytest.mark.parametrize("name", ["xlsx", "json"])
def test_a_kobo_csv_without_the_repeats_of_the_contract_is_called_so(tmp_path: Path, name: str) -> None:
    repeat = {"sheet": "legs"} | ({"parent": "_submission__uuid"} if name == "xlsx" else {})
    content = contract(format={"kind": name, "repeats": {"legs": repeat}})
    sent = b'"Ref";"Date";"_id";"_uuid";"_submission_time";"_index"\r\n"r1";"04/03/2020";"1";"u";"";"1"\r\n'
    found = arrive_file(tmp_path, "sent.csv", sent, content).taken
    assert found.code == "no_repeats" and "XLS exports and the API's JSON" in str(found.reason)
    other = arrive_file(tmp_path / "other", "sent.csv", b"Ref;Date\nr1;04/03/2020\n", content).taken
    assert other.code in ("not_a_workbook", "broken_json")


ENCRYPTED = b"\xd0\xcf\x11\xe0" + bytes(508) + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(("sent", "sentence"), [
    pytest.param(b"PK\x03\x04" + bytes(200), "broken or incomplete workbook", id="X5-broken-zip"),
    pytest.param(ENCRYPTED, "protected with a password", id="X5-password"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_waits(tmp_path: Path, sent: bytes, sentence: str) -> None:
    found = arrive_file(tmp_path, "sent.xlsx", sent, contract(format={"kind": "xlsx"}))
    assert found.taken.outcome == "unreadable" and sentence in str(found.taken.reason)
    assert (found.settings.inbox / "testpartner" / "sent.xlsx").read_bytes() == sent


def test_a_file_of_a_header_alone_is_flagged_as_empty(tmp_path: Path) -> None:
    """X5; whether it counts as a reported zero or is held, the gate says by the kind of delivery."""
    content = contract(delivery=SETTING["delivery"] | {"mode": "incremental"}, fields={"person_count": None})
    sent = csv_bytes([["Ref", "Date", "From", "Sex", "Age"]])
    found = arrive_file(tmp_path, "zero.csv", sent, content)
    assert (found.taken.outcome, found.taken.rows_read) == ("landed", 0)
    assert found.file_problems == ["flag:extract_empty"]


ORIGINS = contract({"place(origin).place_text": {"column": "Victim city", "required": True, "basis": "home"}})


def test_a_renamed_column_is_held_with_the_name_it_may_have_now(tmp_path: Path) -> None:
    """X6."""
    found = arrive(tmp_path, [{"Town of victim": "Busia"}], ORIGINS)
    why = str(found.taken.reason)
    assert found.taken.outcome == "held" and "no column 'Victim city'" in why and "'Town of victim'" in why


def test_the_order_of_columns_does_not_matter(tmp_path: Path) -> None:
    """X6."""
    sent = [["Ref", "r1"], ["Date", "04/03/2020"], ["From", "Busia"], ["Sex", "F"], ["Age", "16"]]
    ids, content = [], contract({"person_count": None})
    for name, columns in (("one", sent), ("other", sent[::-1])):
        lines = [list(line) for line in zip(*columns, strict=True)]
        found = arrive_file(tmp_path / name, "extract.csv", csv_bytes(lines), content)
        ids.append(found.seen("record_id", "event_on", "sex", "age_band"))
    assert ids[0] == ids[1]


def test_a_column_the_contract_does_not_name_is_dropped_and_counted(tmp_path: Path) -> None:
    """X7."""
    found = arrive(tmp_path, [{"Camp": "Hut 7"}])
    assert found.note["unmapped_columns"] == ["Camp"]
    assert "Hut 7" not in repr([found.landed, found.note, found.tables])


@pytest.mark.parametrize("column", ["Name", "Jina", "full_name", "SubmitterName"])
def test_a_denied_column_is_dropped_and_its_cells_are_counted(tmp_path: Path, column: str) -> None:
    """X7."""
    rows = [{column: "Amani Testperson"}, {column: None}, {column: "Neema Sampleton"}]
    found = arrive(tmp_path, rows, contract(deny=[column]))
    assert found.note["stripped"] == {"strip:denied_column": 2}
    assert found.note["unmapped_columns"] == []
    assert "Testperson" not in repr([found.landed, found.note, found.tables])


@pytest.mark.parametrize(("old", "new"), [
    pytest.param(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', id="X8-dimension"),
    pytest.param(rb"</worksheet>", b'<drawing r:id="rId9"/></worksheet>', id="X8-drawing"),
])  # fmt: skip
def test_a_wrong_dimension_or_a_lost_drawing_hides_no_row(tmp_path: Path, old: bytes, new: bytes) -> None:
    lines = [["Ref", "Date", "From"], *[[f"r{n}", "04/03/2020", "Busia"] for n in range(40)]]
    good, odd = tmp_path / "good.xlsx", tmp_path / "odd.xlsx"
    good.write_bytes(workbook_bytes(tmp_path, {"Sheet1": lines}))
    names = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(odd, "w") as changed:
        for name in source.namelist():
            part = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert re.search(old, part)
                part = re.sub(old, new, part)
                part = part.replace(b"<worksheet ", f'<worksheet xmlns:r="{names}" '.encode(), 1)
            changed.writestr(name, part)
    found = arrive_file(tmp_path, "odd.xlsx", odd.read_bytes(), contract(format={"kind": "xlsx"}))
    assert (found.taken.outcome, found.taken.rows_landed) == ("landed", 40)


LEGS = contract(
    {"place(transit).place_text": "legs/Place"},
    format={"kind": "xlsx", "sheet": "Cases", "repeats": {"legs": {"parent": "Case"}}},
)


def test_a_leg_without_its_record_is_refused(tmp_path: Path) -> None:
    """X10."""
    sheets = {
        "Cases": [["Ref", "Date", "From"], ["r1", "04/03/2020", "Busia"]],
        "legs": [["Case", "Place"], ["r1", "Nakuru"], ["r9", "Moyale"]],
    }
    found = arrive_file(tmp_path, "extract.xlsx", workbook_bytes(tmp_path, sheets), LEGS)
    assert found.places("transit") == [[(1, "Nakuru", None)]]
    (refused,) = found.note["child_refusals"]
    assert refused == {"sheet": "legs", "reason": "Q:orphan_leg", "rows": 1, "row_numbers": "3"}


@pytest.mark.parametrize(("condition", "answers", "reason"), [
    pytest.param({"column": "Status", "accept": [""],
                  "wait": ["not decrypted", "missing encrypted form data"], "waits_as": "not_decrypted"},
        ["not decrypted", "Missing encrypted form data"], "Q:not_decrypted", id="X10-not-decrypted"),
    pytest.param({"column": "Status", "accept": [""], "wait": ["validation_status_on_hold"]},
        ["validation_status_on_hold"], "Q:awaiting_partner", id="X10-on-hold"),
    pytest.param({"column": "Status", "accept": [""], "withhold": ["true"], "withheld_as": "void"},
        ["True", "TRUE"], "withheld:void", id="X11-void"),
    pytest.param({"column": "Status", "accept": [""], "withhold": ["validation_status_not_approved"]},
        ["validation_status_not_approved"], "withheld:not_approved", id="X11-not-approved"),
    pytest.param({"column": "Status", "accept": ["PVOT", ""], "otherwise": "withhold", "withheld_as": "not_potential_victim"},
        ["SUSPECT", "Trafficker"], "withheld:not_potential_victim", id="X11-role"),
])  # fmt: skip
def test_the_partners_own_status_column_keeps_rows_out(
    tmp_path: Path, condition: dict[str, Any], answers: list[str], reason: str
) -> None:
    rows = [{"Status": None}, *[{"Status": answer} for answer in answers]]
    found = arrive(tmp_path, rows, contract(accept_if=[condition]))
    assert found.refused == {reason: len(answers)}
    assert found.seen("row_number") == [(2,)]


INTERCEPTED = contract(
    {"person_count": {"count_rows": True, "compare_with": "number_of_victims"}},
    grain="interception",
    consent=CONSENT,
    accept_if=[
        {"column": "role", "accept": ["PVOT"], "otherwise": "withhold", "withheld_as": "not_potential_victim"}
    ],
    delivery={"mode": "incremental", "cadence": "weekly", "key": "irf_number", "person_rows": True},
)


def persons(count: int, stated: int, **last: Any) -> list[dict[str, Any]]:
    """Rows of one incident, a suspect's among them."""
    row = {"Ref": None, "irf_number": "i1", "number_of_victims": str(stated), "role": "PVOT"}
    return [row | {"role": "Suspect"}, *[row] * (count - 1), row | last]


@pytest.mark.parametrize(("rows", "expected", "problems"), [
    pytest.param(persons(3, 3), (3, 3, 3, "stated"), [], id="X9"),
    pytest.param(persons(2, 3), (2, 2, 3, "range"), ["flag:victim_count_mismatch"], id="X9-fewer-rows"),
])  # fmt: skip
def test_rows_of_one_incident_are_its_persons(
    tmp_path: Path, rows: list[dict[str, Any]], expected: tuple[Any, ...], problems: list[str]
) -> None:
    found = arrive(tmp_path, rows, INTERCEPTED)
    assert found.seen("person_count", "person_count_low", "person_count_high", "count_basis") == [expected]
    assert (found.seen("source_row_count"), found.problems()) == ([(len(rows) - 1,)], [problems])
    assert found.refused == {"withheld:not_potential_victim": 1}


def test_conflicting_rows_of_one_incident_are_quarantined(tmp_path: Path) -> None:
    """X9."""
    found = arrive(tmp_path, persons(3, 3, Date="05/03/2020"), INTERCEPTED)
    assert (len(found.records), found.problems()) == (1, [["Q:incident_conflict"]])


def test_without_a_valid_agreement_the_extract_lands_and_says_until_when_it_had_one(tmp_path: Path) -> None:
    """X12: what the gate holds it by."""
    ended = {"id": "A", "valid_from": "2010-01-01", "valid_to": "2020-10-14"}
    found = arrive(tmp_path, [{}], contract(agreement=ended))
    [extract] = found.tables["extracts"]
    assert extract["agreement_to"] < date(2020, 10, 15) == extract["received_on"]
