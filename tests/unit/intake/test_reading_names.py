"""Names of files and sheets are shown unless they identify a person, headings if their words are known."""

import csv
from pathlib import Path

import openpyxl
import pytest

from orchestration.contracts import load_contracts
from orchestration.core import SAMPLE_PARTNERS, Settings
from orchestration.intake import identifies, left_alone, shown_file, still_written
from orchestration.intake.shown_names import extract_name, shown_column, shown_sheet
from tests.fixtures.partner_files import HEADER, ROW, book, read, why_held, workbook

SAMPLES = sorted(SAMPLE_PARTNERS.glob("*/extracts/*.*"))


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.name)
def test_nothing_is_withheld_from_the_samples(file: Path) -> None:
    assert shown_file(file.name) == file.name
    if file.suffix == ".xlsx":
        book_ = openpyxl.load_workbook(file, read_only=True)
        titles = book_.sheetnames
        book_.close()
        assert [shown_sheet(title, 1) for title in titles] == titles


def test_no_column_that_a_sample_contract_names_is_withheld() -> None:
    contracts = [contract for of in load_contracts(SAMPLE_PARTNERS).valid.values() for contract in of]
    assert contracts
    for contract in contracts:
        columns = [column for spec in contract.fields.values() for column in spec.names]
        for column in [*columns, *contract.deny, *contract.delivery.key_parts]:
            assert shown_column(column, 1, [column]) == column


@pytest.mark.parametrize("stem", [
    "hotline case of Nekesa Barasa 0722000111", "Case of Nekesa Barasa", "INTERVIEW WITH Nekesa Barasa",
    "mary_wanjiku", "MARY WANJIKU 2024", "intake-Wanjiku-Mary-v2", "report Mary.Wanjiku", "Mrs Barasa",
    "0722-000-111", "case_0722_000_111_final", "+254 722 000111", "0722.11.12.11", "12345678",
    "mary@example.org",
])  # fmt: skip
def test_name_of_a_person_is_withheld(stem: str) -> None:
    shown = shown_file(f"{stem}.csv")
    assert shown.startswith("name withheld (") and shown.endswith(").csv")
    assert identifies(shown) is None
    assert shown == shown_file(f"{stem}.csv") != shown_file(f"{stem}.xlsx")
    assert shown_sheet(stem, 3) == "sheet 3 (name withheld)"
    assert shown_column(stem, 7) == "column 7"


@pytest.mark.parametrize("name", [
    "report 2026-09.csv", "export_20260901T083000Z.csv", "20260901083000.csv",
    "intake 2026-01-01-10-30-00.xlsx", "01.01.24-31.01.24.xlsx", "2023-10-01_2024-03-31.csv",
    "routes 2019 2020 2021.xlsx", "mercy_house_2026-09.csv", "Faith Home cases May 2024.xlsx",
    "Interview with Busia County.csv", "grace.csv", "no suffix", "survey.v2.1.csv", "a\u00a0b.csv",
    "visa vya Ng\u2019ang\u2019a.csv", "\u12a2\u1275\u12ee\u1335\u12eb.csv", "\u0645\u0644\u0641 1.csv",
])  # fmt: skip
def test_ordinary_names_are_shown(name: str) -> None:
    assert shown_file(name) == name


@pytest.mark.parametrize("heading", [
    "Nationality", "Mode of transport", "jinsia", "_submission_time", "prs_BirthDate", "Date 2", "",
])  # fmt: skip
def test_heading_of_known_words_is_shown(heading: str) -> None:
    assert shown_column(heading, 7) == heading


@pytest.mark.parametrize(
    "heading", ["Mary Sampleton", "Zipporah", "Phone of Sampleton", "0712345678", "MSampleton"]
)
def test_heading_with_an_unknown_word_is_called_by_its_position(heading: str) -> None:
    assert shown_column(heading, 7) == shown_column(heading, 7, ["Nationality"]) == "column 7"
    assert shown_column("Colour of the vehicle", 7, ["Vehicle colour"]) == "Colour of the vehicle"


def test_extract_is_called_by_partner_day_and_id() -> None:
    assert extract_name("kobe_post", "2026-11-30", "3fa9c1d2" + 56 * "0") == "kobe_post 2026-11-30 3fa9c1d2…"
    names = [extract_name("kobe_post", "2026-11-30", f"{number:08}c" + 55 * "0") for number in range(400)]
    assert not any(map(identifies, names)), "the id never looks like an ID number"


@pytest.mark.parametrize("name", ["Mary.Wanjiku", "0722000111.Wanjiku"])
def test_name_in_the_suffix_is_withheld(name: str) -> None:
    assert "Wanjiku" not in shown_file(name)


def test_stand_in_never_looks_like_an_id_number() -> None:
    """They would look like an ID number to every detector after this one."""
    assert not [name for at in range(400) if identifies(name := shown_file(f"Mary Wanjiku {at}.csv"))]


@pytest.mark.parametrize(
    "title", ["Jan 24", "FEB-2024", "Machi 2024", "2024 June", "Cases", "legs", "Sheet1"]
)
def test_titles_of_months_are_shown(title: str) -> None:
    assert shown_sheet(title, 2) == title


def test_withheld_sheets_keep_their_own_records_and_months(tmp_path: Path) -> None:
    rows = [HEADER, ROW]
    path = workbook(
        tmp_path / "a.xlsx", {"Cases Mary Wanjiku": rows, "Cases Jan 24": rows, "Cases Asha Juma": rows}
    )
    by_pattern = {"kind": "xlsx", "sheets": {"pattern": "*wanjiku"}}
    assert {cell.sheet for cell in read(path, book(format=by_pattern))[0]} == {"sheet 1 (name withheld)"}
    everywhere = {"kind": "xlsx", "sheets": {"pattern": "Cases*"}}
    key = {"mode": "full", "cadence": "monthly", "key": ["sheet", "No"]}
    cells, _ = read(path, book(format=everywhere, delivery=key))
    assert list(dict.fromkeys(cell.sheet for cell in cells)) == [
        "sheet 1 (name withheld)", "Cases Jan 24", "sheet 3 (name withheld)",
    ]  # fmt: skip
    assert len({cell.record_id for cell in cells}) == 3, "references use the real titles"


def test_errors_never_show_a_withheld_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "Mary Wanjiku.xlsx", {"Mary Wanjiku": [["a", "b"], ROW]})
    for layout in ({"kind": "xlsx"}, {"kind": "xlsx", "header_search": 2}):
        why = why_held(path, book(format=layout))
        assert "Wanjiku" not in why and "sheet 'sheet 1 (name withheld)'" in why
    file = tmp_path / "0722000111.csv"
    with file.open("w", newline="") as lines:
        csv.writer(lines, delimiter=";").writerows([HEADER, ROW])
    why = why_held(file, book(format={"kind": "csv"}))
    assert "file name withheld (" in why and "0722000111" not in why


STEERING = ["\n", "\r", "\x1b", "\x00", "\x7f", "\x9b", "\u202e", "\u2066", "\u2028", "\u2029", "\u200f"]


@pytest.mark.parametrize("sign", STEERING, ids=ascii)
def test_a_name_cannot_steer_a_terminal_or_forge_a_line(sign: str) -> None:
    name = f"cases{sign} publish: done.csv"
    shown = shown_file(name)
    assert shown == name.replace(sign, sign.encode("unicode_escape").decode())
    assert {shown_sheet(name, 1), shown_column(name, 1, [name]), shown_file(shown)} == {shown}


def test_lists_of_the_inbox_escape_names(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys")
    folder = settings.inbox / "kobe\x1b[2Jpost"
    folder.mkdir(parents=True)
    for name in ("new\nline.csv", ".hidden\x1b]0;", "link\u202e"):
        (folder / name).write_text("x")
    texts = [
        f"{one.partner} {one.file} {one.reason}" for one in (*left_alone(settings), *still_written(settings))
    ]
    assert len(texts) == 4 - 1 and all(text.isprintable() for text in texts), texts
