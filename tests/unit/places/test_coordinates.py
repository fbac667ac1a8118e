"""Coordinates in a file become the county they lie in; nothing of them lands (P16)."""

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.contracts import Cell, Contract
from orchestration.intake import RecordReader, open_source
from orchestration.intake.landing.landing import write_cells
from orchestration.intake.minimising.minimise import located
from orchestration.places.mentions import Outcome
from tests.fixtures.partner_files import BOOK, HEADER, KEYS, ROW, book, problems, read, typed, workbook
from tests.fixtures.resolver import resolve

NAIROBI = "-1.2921, 36.8219"
FIELDS = BOOK["fields"] | {
    "place(exploitation).point": {"column": "Where", "basis": "exploited"},
    "place(recruitment).point": {"column": "Lat", "longitude": "Lon"},
}


def at(system: str, code: str, place: str | None = None) -> Outcome:
    return resolve(place, code_system=system, place_code=code)


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        (NAIROBI, "KE047", "point"), ("36.8219, -1.2921", "KE047", "point swapped"),
        ("0, 0", "", "point zero"), ("-1.2921 36.8219 1600 4.5", "KE047", "point"),
        ("[-1.2921, 36.8219]", "KE047", "point"), ("0.3136, 32.5811", "UGA", "point"),
        ("somewhere", "", "point unread"), ("200, 300", "", "point unread"),
        ("-1,29, 36,82", "", "point unread"),  # decimal commas: not 1 south and 29 east, which is elsewhere
        ("-1, 36", "", "point unread"),
    ],
)  # fmt: skip
def test_a_position_is_the_county_or_country_it_lies_in(text: str, value: str, kind: str) -> None:
    found = located(Cell(text))
    assert (found.value, found.kind) == (value, kind)


def test_no_coordinate_lands_and_each_reading_is_flagged(tmp_path: Path) -> None:
    rows = [
        [*ROW, NAIROBI, -1.2921, 36.8219], [2, *ROW[1:], "36.8219, -1.2921", 36.8219, -1.2921],
        [3, *ROW[1:], "0, 0", 0, 0], [4, *ROW[1:], "somewhere", -1.2921, None],
    ]  # fmt: skip
    file = workbook(tmp_path / "a.xlsx", {"Cases": [[*HEADER, "Where", "Lat", "Lon"], *rows]})
    cells, reader = read(file, book(fields=FIELDS))
    assert not any(digits in cell.value for cell in cells for digits in ("2921", "8219"))
    assert reader.tally.stripped["strip:coordinates"] == 8
    tables = typed(file, book(fields=FIELDS))
    mentions = {(row["code_system"], row["place_code"]) for row in tables["mentions"] if row["place_code"]}
    assert mentions == {("point", "KE047")}
    assert Counter(problems(tables)) == {
        "flag:geo_from_point": 4, "flag:geo_swapped": 2, "unk:geo_null_island": 2, "unk:geo_unread": 2,
    }  # fmt: skip


def test_a_name_beside_a_position_makes_it_finer_or_contradicts_it() -> None:
    assert at("point", "KE047").place_id == "KE047"
    assert at("point", "KE047", "Eastleigh").place_id == "lo-ken-eastleigh"
    far = at("point", "KE047", "Eldoret")
    near = at("point_near_a_line", "KE047", "Eldoret")
    assert (far.place_id, far.problems) == ("KE047", ("flag:geo_name_conflict",))
    assert (near.place_id, near.problems) == ("tn-ken-eldoret", ("flag:geo_name_conflict",))
    assert at("point", "KE047", "Zzyzx").place_id == "KE047"
    assert at("point", "UGA", "Kampala").place_id == "tn-uga-kampala"


def test_longitude_goes_with_a_position_alone() -> None:
    with pytest.raises(ValueError, match="longitude"):
        book_of = BOOK["fields"] | {"sex": {"column": "Sex", "longitude": "Lon"}}
        typed(Path("never.xlsx"), book(fields=book_of))


def test_unnamed_column_is_no_longitude(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", {"Cases": [[*HEADER, None], [*ROW, "beside"]]})
    cells, _ = read(file, book())
    assert [cell.value for cell in cells if cell.field == "place(origin).place_text"] == ["Busia"]


def test_no_coordinate_of_a_large_csv_lands_either(tmp_path: Path) -> None:
    head, row = ",".join([*HEADER, "Where"]), ",".join(str(value) for value in ROW[1:])
    lines = [f'{number},{row},"{NAIROBI}"' for number in range(5000)]
    file = tmp_path / "a.csv"
    file.write_text("\n".join([head, *lines]), encoding="utf-8")
    fields = BOOK["fields"] | {"place(exploitation).point": {"column": "Where", "basis": "exploited"}}
    contract = Contract.model_validate(book(fields=fields, format={"kind": "csv"}))
    with open_source(file, contract) as source:
        write_cells(tmp_path / "a.parquet", RecordReader(contract, KEYS, file.name).landed_tables(source))
    landed = pq.read_table(tmp_path / "a.parquet").to_pylist()
    found = [cell["value"] for cell in landed if cell["field"] == "place(exploitation).point"]
    assert found == ["KE047"] * 5000
    assert not any("2921" in cell["value"] for cell in landed)
