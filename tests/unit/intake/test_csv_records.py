"""Damaged CSV files: stray quotes and delimiters never swallow or shift rows unseen."""

from pathlib import Path
from typing import Any

import pytest

from orchestration.intake import ExtractHeld
from tests.fixtures.partner_files import HEADER, book, read, values, why_held

CONTRACT = book(format={"kind": "csv", "encoding": "utf-8", "delimiter": ","})


def lines(rows: int, *changes: tuple[int, str, str]) -> list[str]:
    """A header and rows of eight cells, changed by (line, old, new); row N of the table is line N + 1."""
    made = [
        ",".join(HEADER),
        *(f"{number},04/03/2024,F,16,Busia,1,Yes,seen" for number in range(1, rows + 1)),
    ]
    return changed(made, *changes)


def write(path: Path, rows: list[str]) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def changed(rows: list[str], *changes: tuple[int, str, str]) -> list[str]:
    for line, old, new in changes:
        assert old in rows[line - 1]
        rows[line - 1] = rows[line - 1].replace(old, new)
    return rows


def with_format(**changes: Any) -> dict[str, Any]:
    return CONTRACT | {"format": CONTRACT["format"] | changes}


OPEN = (21, "Busia", '"Busia')


@pytest.mark.parametrize(("first", "second", "named"), [
    (OPEN, None, "line 21 .* lines 21 to 61 "),
    (OPEN, (35, "Busia", 'Busia"'), "lines 21 to 35 "),
    (OPEN, (22, "Busia", 'Busia"'), "lines 21 to 22 "),
    ((21, ",F,", ',"F,'), (35, "Busia", 'Busia"'), "lines 21 to 35 "),
    (OPEN, (35, "Busia", '"Busia'), "lines 21 to 35 "),
    (OPEN, (35, "Busia", '"Busia, Kenya"'), "lines 21 to 35 "),
    ((61, "Busia", '"Busia'), None, "line 61 is not closed"),
], ids=[
    "an open quote", "a pair in one column", "a pair in the next line", "in two columns",
    "two opening quotes", "before a good one", "in the last line",
])  # fmt: skip
def test_a_stray_quote_that_swallows_rows_holds_the_file(
    tmp_path: Path, first: tuple[int, str, str], second: tuple[int, str, str] | None, named: str
) -> None:
    rows = lines(60, first, *([second] if second else []))
    with pytest.raises(ExtractHeld, match=named) as caught:
        read(write(tmp_path / "a.csv", rows), CONTRACT)
    assert caught.value.code == "hold:stray_quote"
    assert "Busia" not in caught.value.sentence


def test_a_title_above_the_header_does_not_hide_swallowed_rows(tmp_path: Path) -> None:
    table = lines(10, (3, "Busia", '"Busia'), (4, "Busia", 'Busia"'))
    file = write(tmp_path / "a.csv", ["Register of cases", "Second quarter", *table])
    assert "lines 5 to 6 " in why_held(file, with_format(header_search=5))


def test_a_blank_line_does_not_hide_swallowed_rows(tmp_path: Path) -> None:
    rows = lines(60, (21, "seen", '"seen\n'), (22, "seen", 'seen"'))
    assert "lines 21 to 23 " in why_held(write(tmp_path / "a.csv", rows), CONTRACT)


def test_a_stray_pair_deep_in_a_large_file_holds_it(tmp_path: Path) -> None:
    rows = lines(6000, (4021, "Busia", '"Busia'), (4035, "Busia", 'Busia"'))
    assert "lines 4021 to 4035 " in why_held(write(tmp_path / "a.csv", rows), CONTRACT)


@pytest.mark.parametrize("column", range(8))
@pytest.mark.parametrize("swallowed", [1, 2, 14])
def test_a_stray_pair_in_any_column_holds_the_file(tmp_path: Path, column: int, swallowed: int) -> None:
    rows = [line.split(",") for line in lines(60)]
    rows[40][7] = rows[20 + swallowed][7] = '"two lines,\nof the last row"' if column < 7 else "seen"
    rows[20][column] = f'"{rows[20][column]}'
    rows[20 + swallowed][column] += '"'
    with pytest.raises(ExtractHeld, match=f"lines 21 to {21 + swallowed + (column < 7)} "):
        read(write(tmp_path / "a.csv", [",".join(row) for row in rows]), CONTRACT)


def test_a_stray_pair_in_a_column_of_few_texts_holds_the_file(tmp_path: Path) -> None:
    rows = [line if at % 20 in (0, 1) else line.replace("seen", "") for at, line in enumerate(lines(200))]
    rows[40] = rows[40].replace("seen", '"met near the market')
    rows[41] = rows[41].replace("seen", 'left at night"')
    assert "lines 41 to 42 " in why_held(write(tmp_path / "a.csv", rows), CONTRACT)


@pytest.mark.parametrize("place", [
    "Busia",
    "Busia, Kenya",
    'the "old" stage',
    "a, b, c, d, e, f, g, h",
    "\r\n".join(["Then, at night, by bus, with two others, to Busia, Nairobi, Mombasa"] * 60),
    "\n".join(["7, 12/03/2024, 17, Moyale, 2, by bus, left, F"] * 20),
])  # fmt: skip
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_cell_may_run_over_several_lines(tmp_path: Path, place: str, delimiter: str) -> None:
    rows = [line.replace(",", delimiter) for line in lines(60)]
    quoted = place.replace('"', '""').replace(",", delimiter)
    changed(rows, (2, "seen", f'"{quoted}\n{quoted}"'), (21, "seen", f'"seen near\n{quoted}\n\nand left"'))
    cells, reader = read(write(tmp_path / "a.csv", rows), with_format(delimiter=delimiter))
    assert reader.tally.rows_read == 60 and len(values(cells, "sex")) == 60


def test_without_other_rows_the_width_of_most_lines_decides(tmp_path: Path) -> None:
    rows = lines(3, (3, "seen", '"seen\na, b, c, d, e, f, g, h\nand\nleft"'))
    _, reader = read(write(tmp_path / "a.csv", rows), CONTRACT)
    assert reader.tally.rows_read == 3
    rows = lines(4, (3, "Busia", '"Busia'), (5, "Busia", 'Busia"'))
    assert "lines 3 to 5 " in why_held(write(tmp_path / "a.csv", rows), CONTRACT)


def test_a_header_may_run_over_several_lines_below_a_title(tmp_path: Path) -> None:
    rows = ["Register of cases", *lines(3, (1, "Remarks", '"Remarks\n(private)"'))]
    content = with_format(header_search=5) | {"deny": ["Remarks (private)"]}
    _, reader = read(write(tmp_path / "a.csv", rows), content)
    assert reader.tally.rows_landed == 3


@pytest.mark.parametrize("rows_before", [20, 4000])
def test_a_row_wider_than_the_header_is_refused_and_no_cell_is_read(tmp_path: Path, rows_before: int) -> None:
    rows = lines(rows_before + 40, (rows_before + 1, "Busia", "Busia, Kenya"))
    _, reader = read(write(tmp_path / "a.csv", rows), CONTRACT)
    assert reader.tally.refusals == {("", "Q:row_shape"): 1}
    assert str(reader.tally.refused_rows["", "Q:row_shape"]) == str(rows_before + 1)
    assert reader.tally.rows_landed == rows_before + 39


def test_a_row_that_ends_early_is_refused_unless_the_contract_allows_it(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", lines(5, (3, ",seen", "")))
    _, reader = read(file, CONTRACT)
    assert str(reader.tally.refused_rows["", "Q:row_shape"]) == "3"
    _, reader = read(file, with_format(trailing_cells="optional"))
    assert reader.tally.rows_landed == 5


def test_a_last_line_without_an_end_counts_in_every_encoding(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    for encoding in ("utf-8", "utf-16", "cp1252"):
        file.write_bytes("\n".join(lines(3)).encode(encoding))
        _, reader = read(file, with_format(encoding=encoding))
        assert (reader.tally.physical, reader.tally.rows_unexplained) == ({"": 4}, 0)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_is_a_row_or_explained(tmp_path: Path, end: str) -> None:
    table = lines(6, (3, "seen", f'"seen{end}twice{end}in a row"'))
    file = tmp_path / "a.csv"
    file.write_bytes(end.join(["Register of cases", *table, "", ""]).encode())
    _, reader = read(file, with_format(header_search=5))
    assert reader.tally.physical == {"": 11}
    assert reader.tally.explained == {
        ("", "above_header"): 1, ("", "header"): 1, ("", "cell_of_several_lines"): 2, ("", "blank_at_end"): 1,
    }  # fmt: skip
    assert (reader.tally.rows_read, reader.tally.rows_unexplained) == (6, 0)


def test_a_cell_of_several_lines_needs_a_column_that_is_denied_or_named(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", lines(6, (3, "Busia", '"Busia\nstage"')))
    why = why_held(file, CONTRACT)
    assert "lines 3 to 4 " in why and "'From'" in why and "format.multiline" in why
    _, reader = read(file, with_format(multiline=["From"]))
    assert (reader.tally.rows_landed, reader.tally.rows_unexplained) == (6, 0)


def test_a_line_of_far_too_many_columns_holds_the_file(tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    file.write_text(",".join(HEADER) + "\n" + 20_000 * "," + "\n", encoding="utf-8")
    why = why_held(file, CONTRACT)
    assert "wide.csv has 20,001 columns in line 2" in why and "hold:too_many_columns" in why
