"""Columns become fields by the contract alone; repeats become child rows of their record."""

from pathlib import Path

from tests.fixtures import partner_files as files
from tests.fixtures.partner_files import BOOK, HEADER, KEYS, ROW, book, read, values, why_held, workbook


def test_child_rows_follow_their_record_in_order(tmp_path: Path) -> None:
    legs = [["Nakuru", "bus", 1, "u1"], ["Moyale", "foot", 2, "u2"], ["Nairobi", "bus", 1, "u1"]]
    cells, reader = read(
        files.kobo_file(tmp_path / "a.xlsx", [files.case("u1"), files.case("u2")], legs), files.kobo()
    )
    first = KEYS.record_id("testpartner", "book|u1")
    stops = [cell for cell in cells if cell.record_id == first and cell.part]
    found = [(stop.seq, stop.value) for stop in stops]
    assert found == [(1, "Nakuru"), (1, "bus"), (2, "Nairobi"), (2, "bus")]
    assert {(stop.sheet, stop.part) for stop in stops} == {("legs", "legs")}
    assert reader.tally.child_landed == {"legs": 3}


def test_child_rows_share_the_fate_of_their_record(tmp_path: Path) -> None:
    legs = [["Nakuru", "bus", 1, "u1"], ["Moyale", "foot", 2, "u2"], ["Lamu", "foot", 3, "nobody"]]
    cells, reader = read(
        files.kobo_file(tmp_path / "a.xlsx", [files.case("u1"), files.case("u2", consent=False)], legs),
        files.kobo(),
    )
    assert values(cells, "place(transit).place_text") == ["Nakuru"]
    assert reader.tally.child_refusals == {("legs", "withheld:no_consent"): 1, ("legs", "Q:orphan_leg"): 1}


def test_a_record_sent_twice_keeps_one_copy_of_its_child_rows(tmp_path: Path) -> None:
    legs = [["Nakuru", "bus", 1, "u1"], ["Nairobi", "bus", 1, "u1"]] * 2
    cells, reader = read(
        files.kobo_file(tmp_path / "a.xlsx", [files.case("u1"), files.case("u1")], legs), files.kobo()
    )
    assert values(cells, "place(transit).place_text") == ["Nakuru", "Nairobi"]
    assert reader.tally.child_refusals == {("legs", "dup:duplicate_uuid"): 2}


def test_child_rows_may_name_their_record_by_another_column(tmp_path: Path) -> None:
    main = [["u1", 1, *files.case("u1")[2:]], ["u2", 2, *files.case("u2")[2:]]]
    by_index = {"legs": {"parent": "_parent_index", "matches": "_index"}}
    content = files.kobo(
        format={"kind": "xlsx", "sheet": 0, "repeats": by_index},
        delivery={"mode": "full", "cadence": "monthly", "key": "content"},
    )
    cells, _ = read(files.kobo_file(tmp_path / "a.xlsx", main, [["Nakuru", "bus", 2, "x"]]), content)
    assert values(cells, "place(transit).place_text") == ["Nakuru"]


def test_header_in_the_wrong_row_is_held_without_its_cells(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Cases": [["Mary Sampleton", "0712345678"], HEADER, ROW]})
    why = why_held(path, book())
    assert "check `format`" in why and "Sampleton" not in why


def test_repeated_mapped_column_is_held(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Cases": [[*HEADER, "From"], [*ROW, "Moyale"]]})
    why = why_held(path, book())
    assert "column 'From' twice" in why and "hold:header_ambiguous" in why
    cells, _ = read(path, book(deny=["Remarks", "From.2"]))
    assert values(cells, "place(origin).place_text") == ["Busia"]


def test_heading_that_names_a_person_is_withheld(tmp_path: Path) -> None:
    header = ["Mary Wanjiku" if name == "From" else name for name in HEADER]
    path = workbook(tmp_path / "a.xlsx", {"Cases": [header, ROW]})
    why = why_held(
        path,
        book(
            fields=BOOK["fields"] | {"place(origin).place_text": {"column": "Mary Wanjru", "basis": "home"}}
        ),
    )
    assert "Wanjiku" not in why
    path = workbook(tmp_path / "b.xlsx", {"Cases": [[*HEADER, "mary_wanjiku"], [*ROW, "x"]]})
    _, reader = read(path, book())
    assert list(reader.tally.unmapped) == ["column 9"]
    assert list(reader.tally.columns_found)[-1] == "column 9"
    _, reader = read(path, book(deny=["Remarks", "mary_wanjiku"]))
    assert list(reader.tally.columns_found)[-1] == "mary_wanjiku", "the contract names it already"


def test_record_id_comes_from_the_reference_else_from_content(tmp_path: Path) -> None:
    rows = [HEADER, ROW, [2, *ROW[1:]], [None, *ROW[1:]], [None, *ROW[1:]]]
    cells, reader = read(workbook(tmp_path / "a.xlsx", {"Cases": rows}), book())
    ids = list(dict.fromkeys(cell.record_id for cell in cells))
    assert ids[:2] == [KEYS.record_id("testpartner", "book|1"), KEYS.record_id("testpartner", "book|2")]
    assert len(ids) == 4
    assert {"code": "flag:key_missing", "detail": "2 rows without a reference"} in reader.tally.problems
