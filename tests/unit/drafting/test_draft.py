"""Drafted contracts: what a sample shows, TODOs for what only a person knows, no personal value."""

import csv
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from click.testing import CliRunner

from orchestration.cli.root import cli
from orchestration.contracts import Cell, ContractFault, load_contract
from orchestration.core import UsageError
from orchestration.drafting import as_yaml as draft_text
from orchestration.drafting import draft_contract
from orchestration.drafting.check import check_contract
from orchestration.drafting.column_signs import date_order
from orchestration.intake.drift.column_words import basis_of_heading, field_of
from tests.benchmarks.bench_draft import SAMPLES, Share, measure, total
from tests.fixtures.partner_files import HEADER as BOOK_HEADER
from tests.fixtures.partner_files import ROW, add_partner, book, workbook
from tests.fixtures.partner_form import agreed

HEADINGS = Path(__file__).parents[2] / "benchmarks" / "documented_headings.csv"
FIELDS_TOLD = 0.8
PEOPLE = ["Achieng Testperson", "Brian Sampleton", "Grace Fixture", "Salim Testperson", "Hodan Sampleton"]
HEADER = ["No", "Date", "Name", "Tel", "Sex", "Age", "County", "From", "To", "Type", "Remarks", "Extra"]


def rows(count: int = 30, **changed: list[Any]) -> list[list[Any]]:
    made = []
    for number in range(1, count + 1):
        row = {
            "No": number, "Date": f"{number % 28 + 1:02}/03/2024", "Name": PEOPLE[number % 5],
            "Tel": f"07{number:08}", "Sex": "FM"[number % 2], "Age": 10 + number,
            "County": ["Nairobi", "Busia", "Mombasa"][number % 3],
            "From": ["Busia", "Malaba", "Garissa"][number % 3], "To": ["Nairobi", "Mombasa"][number % 2],
            "Type": ["Domestic work", "Begging", "helicopter flights"][number % 3],
            "Remarks": f"{PEOPLE[number % 5]} cried and said that the uncle called Otieno came at night",
            "Extra": f"thing {number} of {PEOPLE[number % 5].split()[1]}",
        }  # fmt: skip
        row |= {column: values[number % len(values)] for column, values in changed.items()}
        made.append(list(row.values()))
    return made


def drafted(path: Path, sheets: dict[str, list[list[Any]]] | None = None) -> dict[str, Any]:
    """The draft of a file, or of a workbook with these sheets, as YAML reads it."""
    file = workbook(path, sheets) if sheets else path
    return yaml.safe_load(draft_text(draft_contract(file, "testpartner")))


def filled_in(content: dict[str, Any]) -> dict[str, Any]:
    """A drafted contract of `rows` with what only a person knows."""
    agreed(content)["consent"] = {"basis": "agreement", "reference": "DSA-1 §4"}
    content["data_source"] = "case_management"
    content["fields"]["event_kind"]["constant"] = "registered"
    content["fields"]["exploitation_type"]["values"]["helicopter flights"] = "other"
    return content


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the contract of the partner lies."""
    (tmp_path / "testpartner").mkdir()
    return tmp_path / "testpartner" / "contract.yml"


@pytest.fixture(scope="module")
def shares() -> list[Share]:
    return measure(SAMPLES)


def test_most_columns_of_every_sample_partner_are_drafted_right(shares: list[Share]) -> None:
    assert len(shares) >= 21
    assert total(shares) >= FIELDS_TOLD
    # One of its two files is a workbook of tabs with a row a record each, which a draft does not propose.
    assert {share.partner for share in shares if share.right < 0.6 * share.mappable} == {"duma_children"}


def test_no_column_that_a_sample_partner_denies_is_mapped(shares: list[Share]) -> None:
    assert sum(share.denied for share in shares) > 50
    # The border station is a place, and tells of nobody: that partner has it twice and keeps the other.
    of_a_place = "station_name → place(observation).place_text"
    assert [leak for share in shares for leak in share.leaked if leak != of_a_place] == []


def test_headings_of_documented_layouts_are_recognised() -> None:
    with HEADINGS.open(encoding="utf-8", newline="") as lines:
        known = list(csv.DictReader(lines))
    recognised = [field_of(row["heading"]) for row in known]
    right = [
        (found or "deny").startswith("deny") if row["means"] == "deny" else found == row["means"]
        for row, found in zip(known, recognised, strict=True)
    ]
    assert sum(right) >= 0.9 * len(known)
    denied = [found for row, found in zip(known, recognised, strict=True) if row["means"] == "deny"]
    assert [found for found in denied if found and not found.startswith("deny")] == []


@pytest.mark.parametrize(("heading", "basis"), [
    ("Home town", "home"), ("Origin | Victim city", "home"), ("Mji wa nyumbani", "home"), ("From", None),
    ("Kutoka", None), ("Place of exploitation", "exploited"), ("Alipofanya kazi", "exploited"),
    ("Found in", "identified"), ("Is or was in", "last_known"),
])  # fmt: skip
def test_a_heading_says_what_its_place_is_or_leaves_it_open(heading: str, basis: str | None) -> None:
    assert basis_of_heading(heading) == basis


def test_a_draft_keeps_todos_for_what_only_a_person_knows(tmp_path: Path, path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, *rows()]})
    path.write_text(draft_text(draft_contract(file, "testpartner")), encoding="utf-8")
    with pytest.raises(ContractFault) as caught:
        load_contract(path)
    sentences = "\n".join(caught.value.sentences)
    for key in ("partner.steward", "agreement.id", "agreement.valid_from", "delivery.mode", "consent.basis"):
        assert f"`{key}` still says TODO" in sentences
    report = check_contract(path, file, date(2024, 6, 1))
    assert not report.ok and "TODO" in report.faults[0]


def test_a_completed_draft_lands_the_file_without_private_columns(tmp_path: Path, path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, *rows()]})
    content = drafted(file)
    values = content["fields"]["exploitation_type"]["values"]
    assert (values["Begging"], values["helicopter flights"]) == ("forced_begging", "TODO")
    assert set(content["deny"]) == {"Name", "Tel", "Remarks", "Extra"}, "private and unknown"
    path.write_text(yaml.safe_dump(filled_in(content)), encoding="utf-8")
    report = check_contract(path, file, date(2024, 6, 1))
    assert report.ok, report.faults
    assert (report.rows_landed, report.unmapped_columns) == (30, [])
    assert set(report.stripped) == {"strip:denied_column"}
    assert content["locale"]["dates"] == "dmy"


@pytest.mark.parametrize(
    "secret", [PEOPLE, [f"0712 34{n:04}" for n in range(30)], [f"{p}@fixture.example" for p in "abcdef"]]
)
def test_a_heading_never_lets_a_column_of_persons_through(tmp_path: Path, secret: list[str]) -> None:
    named = ["From", "Sex", "Age", "Type", "County"]
    records = rows(**dict.fromkeys([*named, "Extra"], secret))
    content = drafted(tmp_path / "a.xlsx", {"Cases": [[*HEADER[:-1], "Status"], *records]})
    assert {*named, "Status"} <= set(content["deny"])


def test_a_draft_prints_no_personal_value(tmp_path: Path) -> None:
    mixed = ["Domestic work", "Begging", *PEOPLE[:1], "helicopter flights"]
    records = rows(80, Type=mixed, Sex=["F", "M", "F", "Fixture"])
    file = workbook(
        tmp_path / "case of Mary Wanjiku.xlsx", {"Cases": [[*HEADER[:-1], "mary_wanjiku"], *records]}
    )
    printed = CliRunner().invoke(cli, ["contract", "draft", str(file), "--partner", "testpartner"])
    assert printed.exit_code == 0, printed.output
    shown = printed.output.lower()
    secrets = ("testperson", "sampleton", "fixture", "wanjiku", "otieno", "cried", "07000")
    assert [secret for secret in secrets if secret in shown] == []
    assert "# 1 columns are dropped; their headings name a person." in printed.output


def test_a_hand_kept_book_is_recognised(tmp_path: Path) -> None:
    sheets = {
        month: [["Register of the desk"], [f"Cases of {month}"], HEADER, *rows(8), ["TOTAL", None, 8]]
        for month in ("Jan 24", "FEB-2024", "Machi 2024")
    }
    content = drafted(tmp_path / "a.xlsx", sheets | {"Notes": [["prepared by the desk"]]})
    assert content["format"] == {
        "kind": "xlsx", "sheets": {"pattern": "month", "sheet_month": True}, "header_search": 15,
        "stop_at": ["TOTAL"],
    }  # fmt: skip
    assert content["delivery"]["key"] == ["sheet", "No"]


@pytest.mark.parametrize(("marks", "stops"), [
    (("Sub-total", "TOTAL"), ["TOTAL"]),
    (("Total", "Total"), None),  # the same word ends the first part and the sheet
    (("Total Busia", "TOTAL"), None),  # a stop at TOTAL would stop at Total Busia, too
])  # fmt: skip
def test_a_total_that_more_records_follow_never_ends_the_sheet(
    tmp_path: Path, path: Path, marks: tuple[str, str], stops: list[str] | None
) -> None:
    inner, last = marks
    records = rows(9)
    sheet = [HEADER, *records[:4], [inner, None, 4], *records[4:], [last, None, 9], ["Prepared by: the desk"]]
    file = workbook(tmp_path / "a.xlsx", {"Jan 24": sheet})
    text = draft_text(draft_contract(file, "testpartner"))
    content = yaml.safe_load(text)
    assert content["format"].get("stop_at") == stops
    assert "total rows between records: 1" in text
    path.write_text(yaml.safe_dump(filled_in(content)), encoding="utf-8")
    report = check_contract(path, file, date(2024, 6, 1))
    assert report.rows_landed == 9, report.faults


def test_a_total_in_a_middle_column_ends_no_sheet_and_a_sum_is_warned_of(tmp_path: Path) -> None:
    total = ["Busia", None, None, None, "January total", 9]
    file = workbook(tmp_path / "a.xlsx", {"Cases": [BOOK_HEADER, *rows(9), total]})
    assert "stop_at" not in yaml.safe_load(draft_text(draft_contract(file, "testpartner")))["format"]
    records = [[number, *ROW[1:]] for number in range(9)]
    sums = [total, [None, None, None, None, "Busia", 9]]
    path = add_partner(tmp_path, book())
    report = check_contract(
        path, workbook(tmp_path / "b.xlsx", {"Cases": [BOOK_HEADER, *records, *sums]}), date(2026, 3, 1)
    )
    [warning] = report.warnings
    assert (report.rows_landed, "(row 12)" in warning) == (9, True)
    assert warning.startswith("Sheet 'Cases': 1 rows look like totals and are read as records")


def test_a_contract_that_stops_too_early_is_warned_of(tmp_path: Path) -> None:
    path = add_partner(tmp_path, book(format={"kind": "xlsx", "sheet": 0, "stop_at": ["Sub-total"]}))
    record = ROW[1:]
    sheet = [BOOK_HEADER, [1, *record], ["Sub-total", None, 1], [2, *record], [3, *record], ["TOTAL"]]
    report = check_contract(path, workbook(tmp_path / "a.xlsx", {"Cases": sheet}), date(2026, 3, 1))
    assert report.rows_landed == 1
    [warning] = report.warnings
    assert warning.startswith("Sheet 'Cases': 2 rows look like records")
    assert "`stop_at`" in warning
    notes = [BOOK_HEADER, [1, *record], ["TOTAL", None, 1], ["Prepared by", "the desk"], ["F", 1], ["M", 0]]
    path = add_partner(tmp_path, book(format={"kind": "xlsx", "sheet": 0, "stop_at": ["TOTAL"]}))
    report = check_contract(path, workbook(tmp_path / "b.xlsx", {"Cases": notes}), date(2026, 3, 1))
    assert report.warnings == []


def test_numbers_of_incidents_and_referrals_feed_link_and_names_among_them_are_warned_of(
    tmp_path: Path,
) -> None:
    header = [*BOOK_HEADER, "OB number", "Case number of the referring organisation"]
    sheet = [header, *([at, *ROW[1:], f"OB {at // 2}/2025", f"KR-{at:03}"] for at in range(9))]
    content = drafted(tmp_path / "a.xlsx", {"Cases": sheet})
    link = {"incident_ref": header[-2], "referral_ref": header[-1]}
    assert content["link"] == link and not {*link.values()} & {*content["deny"]}
    # A column whose only number is the incident's is its key.
    assert "link" not in drafted(
        tmp_path / "b.xlsx", {"Cases": [["Incident number", *header[1:-2]], *rows(9)]}
    )
    path = add_partner(tmp_path, book(link=link))
    sheet[1][-1] = "Amina Testperson"
    report = check_contract(path, workbook(tmp_path / "c.xlsx", {"Cases": sheet}), date(2026, 3, 1))
    [warning] = report.warnings
    assert (
        warning.startswith("`link.referral_ref`: 1 of 9 values are mostly letters") and "Amina" not in warning
    )


def test_merged_double_headers_and_merged_cells_are_recognised(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Routes"
    sheet.append(["Journeys as told"])
    sheet.append([])
    sheet.append(["Origin", None, "Destination", None, "County"])
    sheet.append(["City", "Country", "City", "Country", "County"])
    for number in range(12):
        sheet.append(["Kampala", "Uganda", "Nairobi", "Kenya", "Busia" if number % 4 == 0 else None])
    for merged in ("A3:B3", "C3:D3", "E5:E8", "E9:E12", "E13:E16"):
        sheet.merge_cells(merged)
    path = tmp_path / "routes.xlsx"
    book.save(path)
    content = drafted(path)
    assert content["format"]["header_rows"] == [3, 4]
    assert content["format"]["fill_down_merged"] == ["County"]
    assert content["fields"]["place(origin).place_text"] == {"column": "Origin | City", "basis": "TODO"}
    assert content["fields"]["place(intended_destination).country_text"] == "Destination | Country"
    assert (content["grain"], content["delivery"]["key"]) == ("route_report", "content")
    assert content["extracts"] == [{"match": "*", "period": {"from": "TODO", "to": "TODO"}}]


def test_child_sheets_flags_and_hxl_rows_are_recognised(tmp_path: Path) -> None:
    main = ["_uuid", "date", "transport", "transport/bus", "transport/foot", "origin", "_submission_time"]
    tags = ["#meta+id", "#date", "#x", "#x", "#x", "#loc+origin", "#date"]
    cases = [[f"u{n}", "2024-03-04", "bus foot", "1", "1", "Busia", "2024-03-05T10:00:00"] for n in range(10)]
    legs = [["leg_place", "_parent_index", "_submission__uuid"], *(["Malaba", n, f"u{n}"] for n in range(10))]
    content = drafted(tmp_path / "a.xlsx", {"Form": [main, tags, *cases], "legs": legs})
    assert content["format"]["hxl_row"] is True
    assert content["format"]["repeats"] == {"legs": {"sheet": "legs", "parent": "_submission__uuid"}}
    assert content["fields"]["transport_mode"]["select_multiple"] == "both"
    assert content["fields"]["place(transit).place_text"] == "legs/leg_place"
    assert content["delivery"]["key"] == "_uuid"
    assert content["delivery"]["newest_by"] == "_submission_time"


def test_the_records_and_repeats_of_a_json_export_are_found(tmp_path: Path) -> None:
    records = [
        {
            "_uuid": f"u{n}", "_submission_time": "2024-03-14T18:18:35", "case/full_name": PEOPLE[n % 5],
            "journey/left_on": "2024-03-04", "journey/origin": "Busia", "journey/transport": "bus foot",
            "legs": [{"legs/stop": "Nakuru", "legs/transport": "bus"}],
        }
        for n in range(12)
    ]  # fmt: skip
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"count": 12, "next": None, "results": records}), encoding="utf-8")
    content = drafted(path)
    assert content["format"] == {
        "kind": "json", "records": "results", "repeats": {"legs": {"sheet": "legs"}},
    }  # fmt: skip
    assert content["fields"]["place(transit).place_text"] == "legs/legs/stop"
    assert content["fields"]["transport_mode"]["select_multiple"] == "joined"
    assert (content["delivery"]["key"], content["deny"]) == ("_uuid", ["case/full_name"])


def test_the_tables_of_an_odk_zip_are_found(tmp_path: Path) -> None:
    form = "SubmissionDate,left_on,origin,KEY,SubmitterName,ReviewState\n"
    form += "".join(f"2024-03-14T18:18:35Z,2024-03-04,Busia,uuid:{n},desk,approved\n" for n in range(12))
    legs = "place,transport,PARENT_KEY,KEY\n"
    legs += "".join(f"Nakuru,bus,uuid:{n},uuid:{n}/legs[1]\n" for n in range(12))
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (("intake.csv", form), ("intake-legs.csv", legs), ("media/a.jpg", "x")):
            archive.writestr(name, text)
    content = drafted(path)
    assert content["format"] == {"kind": "odk_zip", "repeats": {"legs": {"sheet": "intake-legs"}}}
    assert content["fields"]["place(transit).place_text"] == "legs/place"
    assert content["accept_if"]["column"] == "ReviewState"
    assert (content["delivery"]["key"], content["deny"]) == ("KEY", ["SubmitterName"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_is_sniffed(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["Call ref", "Call date", "Comes from", "Kind"])
        writer.writerows([f"C{n}", "2024-03-04", "Busia", "Bar or café"] for n in range(30))
    content = drafted(path)
    expected = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    assert content["format"] == {"kind": "csv", "encoding": expected, "delimiter": delimiter}
    assert content["fields"]["place(origin).place_text"] == {"column": "Comes from", "basis": "TODO"}


@pytest.mark.parametrize(("texts", "order"), [
    (["25/03/2024", "03/04/2024"], "dmy"),
    (["03/25/2024", "03/04/2024"], "mdy"),
    (["2024-03-25", "2024/03/04"], "ymd"),
    (["25/03/2024 22:15", "03/04/2024 10:15:00 PM"], "dmy"),
    (["03/04/2024", "05/06/2024"], None),
    (["25/03/2024", "03/25/2024"], None),
    (["25/03/2024"] * 20 + ["03/25/2024"], "dmy"),
    (["4 March 2024"], None),
])  # fmt: skip
def test_the_date_order_follows_from_unambiguous_values(texts: list[str], order: str | None) -> None:
    assert date_order(Cell(text) for text in texts).order == order


@pytest.mark.parametrize("content", [b"", b"\xd0\xcf\x11\xe0 old", b"PK\x03\x04 broken"])
def test_an_unreadable_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"a\.xlsx"):
        draft_contract(path, "testpartner")
