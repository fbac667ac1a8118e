"""Records from landed cells in any order: none is split, and batches change nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.contracts import Contract, Vocabulary, load_vocabulary
from orchestration.core import Keys
from orchestration.intake import LandedCell
from orchestration.intake.landing.landing import CELLS
from orchestration.typing import SCHEMAS, Tables, cells_in_memory, landed_cells, together, typed_tables
from orchestration.typing.landed_cells import LandedCells, cells_of_file
from tests.fixtures.partner_files import book

CONTRACT = Contract.model_validate(
    book(
        format={"kind": "xlsx", "sheet": 0, "repeats": {"legs": {"parent": "No"}}},
        fields={
            "event_on": {"column": "Date", "required": True}, "submitted_at": "Sent",
            "sex": {"column": "Sex", "values": {"F": "female", "M": "male"}},
            "place(origin).place_text": "From", "place(transit).place_text": "legs/Place",
            "place(transit).transport_mode": {"column": "legs/Mode", "select_multiple": "joined"},
        },
    ),
)  # fmt: skip
KEYS = Keys(b"k" * 32, "")
ENTRY: dict[str, Any] = {
    "extract_id": "a" * 16, "partner": "testpartner", "file": "book.xlsx", "received_on": "2024-06-01",
    "sequence": 1, "rows_read": 9, "rows_landed": 8, "rows_refused": 1,
    "refusals": [{"sheet": "Cases", "reason": "skip:blank", "rows": 1}],
}  # fmt: skip
MAIN: dict[str, list[str]] = {
    "event_on": ["04/03/2024", "5 March 2024", "soon"],
    "submitted_at": ["2024-03-06T10:00:00", "2024-03-07T10:00:00"],
    "sex": ["F", "M", "7"],
    "place(origin).place_text": ["Busia", "BUSIA", "Garissa", "-"],
}
LEG: dict[str, list[str]] = {
    "place(transit).place_text": ["Nakuru", " nakuru", "Mwingi"],
    "place(transit).transport_mode": ["bus", "bus foot"],
}
# Fields whose meaning depends on others: age on date, sex on count and age, transit on origin and destination.
# The period stands in for a missing date, unless a date is required.
FLAT = Contract.model_validate(
    book(
        period={"from": "2024-01-01", "to": "2024-12-31"},
        fields={
            "event_on": {"column": "Date", "required": True}, "submitted_at": "Sent",
            "embargo_until": "Embargo", "person_count": "Persons",
            "sex": {"column": "Sex", "values": {"F": "female", "M": "male", "G": "girl"}, "required": True},
            "age_band": {"column": "Born", "from": "birth_year"}, "nationality": "Nationality",
            "transport_mode": {"column": "Means", "select_multiple": "joined"},
            "trafficking_status": {"column": "Status", "default": "suspected"},
            "place(origin).place_text": "From", "place(origin).country_text": "Country",
            "place(transit).list": {"column": "Through", "split": [">"]},
            "place(transit).transport_mode": {"column": "Mode", "select_multiple": "joined"},
            "place(exploitation).admin_text": "To",
        },
    ),
)  # fmt: skip
FLAT_ROWS: dict[str, list[str]] = {
    "event_on": ["04/03/2024", "2009", "soon", "31/02/2024"],
    "submitted_at": [
        "2024-03-06T10:00:00", "2024-02-29 23:59:59.5+03:00", "2024-02-30T10:00:00Z", "6 March 2024",
        " 2024-03-06T10:00:00Z", "x",
    ],
    "embargo_until": ["01/01/2030", "later"], "person_count": ["1", "3", "2 female 1 male", "0", "many"],
    "sex": ["F", "M", "G", "female, male", "7"], "age_band": ["1990", "2010", "2006", "17"],
    "nationality": ["Kenyan", "Ugandan", "?"], "transport_mode": ["bus", "bus foot", "rocket"],
    "trafficking_status": ["confirmed", "perhaps"],
    "place(origin).place_text": ["Busia", "BUSIA", "Garissa", "-", "#N/A"],
    "place(origin).country_text": ["Kenya", "NA"],
    "place(transit).list": ["busia > Nakuru", "Nakuru > nakuru > Mombasa", "Nakuru and Busia", "direct", "-"],
    "place(transit).transport_mode": ["bus", "foot bus"],
    "place(exploitation).admin_text": ["Mombasa", "mombasa ", "Nakuru"], "unmapped": ["F"],
}  # fmt: skip
FLAT_KINDS = ["text", "text", "text", "label", "disagrees", "error"]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


@st.composite
def cells_of_records(draw: st.DrawFn) -> list[LandedCell]:
    """The cells of some records with copies and legs, in any order whatever."""
    cells: list[LandedCell] = []
    records = draw(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=7, unique=True))
    for at, record in enumerate(records):
        for copy in range(draw(st.integers(0, 3))):
            sheet = draw(st.sampled_from(["Cases", "More"]))
            cells += _row(draw, MAIN, record, sheet, 10 * at + copy, "", 0)
        for seq in range(1, draw(st.integers(0, 3)) + 1):
            cells += _row(draw, LEG, record, "legs", 10 * at + seq, "legs", seq)
    return draw(st.permutations(cells))


def _row(
    draw: st.DrawFn, fields: dict[str, list[str]], record: int, sheet: str, number: int, part: str, seq: int
) -> Iterator[LandedCell]:
    for field in draw(st.lists(st.sampled_from(sorted(fields)), min_size=1, unique=True)):
        value = draw(st.sampled_from(fields[field]))
        yield LandedCell(record, sheet, number, part, field, seq, value, "text", None)


@st.composite
def flat_cells(draw: st.DrawFn) -> list[LandedCell]:
    """Rows of several cells, some fields twice, of which few form a record together."""
    cells: list[LandedCell] = []
    for at in range(draw(st.integers(1, 12))):
        record = draw(st.one_of(st.just(at), st.integers(0, 3)))
        for field in draw(st.lists(st.sampled_from(sorted(FLAT_ROWS)), min_size=1)):
            kind = draw(st.sampled_from(FLAT_KINDS))
            value = draw(st.sampled_from(FLAT_ROWS[field]))
            cells.append(LandedCell(record, "Cases", at + 2, "", field, 0, value, kind, None))
    return cells


def land(cells: list[LandedCell], path: Path, cells_in_a_group: int) -> Path:
    columns = list(zip(*cells, strict=True)) if cells else [()] * len(CELLS)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, CELLS, strict=True)]
    pq.write_table(pa.Table.from_arrays(arrays, schema=CELLS), path, row_group_size=cells_in_a_group)
    return path


any_order = settings(
    max_examples=settings.default.max_examples // 5,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@any_order
@given(cells_of_records(), st.integers(1, 5), st.integers(1, 60))
def test_no_record_is_split_and_no_cell_is_lost(
    tmp_path: Path, cells: list[LandedCell], cells_in_a_group: int, cells_in_a_partition: int
) -> None:
    every = np.unique([cell.record_id for cell in cells]) if cells else np.empty(0, np.int64)
    path = land(cells, tmp_path / "cells.parquet", cells_in_a_group)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landed_cells, "_CELLS_IN_A_PARTITION", cells_in_a_partition)
        patch.setattr(landed_cells, "CELLS_AT_ONCE", 3)
        with cells_of_file(path, tmp_path / "spill") as landed:
            records = list(landed.records(every))
    ids = [record[0].record_id for record in records]
    assert sorted(ids) == every.tolist()
    assert records == [[cell for cell in cells if cell.record_id == number] for number in ids]
    places = [
        min((bool(cell.part), at) for at, cell in enumerate(cells) if cell.record_id == number)
        for number in ids
    ]
    assert places == sorted(places), "records with a main row first, each by its first cell"


@any_order
@given(cells_of_records(), st.integers(1, 30))
def test_records_typed_by_groups_equal_records_typed_one_by_one(
    tmp_path: Path, vocabulary: Vocabulary, cells: list[LandedCell], cells_at_once: int
) -> None:
    typed = _typed_both_ways(tmp_path, CONTRACT, vocabulary, cells, cells_at_once)
    rows = Counter(
        number for number, *_ in {(c.record_id, c.sheet, c.row_number) for c in cells if not c.part}
    )
    of_legs_alone = {cell.record_id: 1 for cell in cells} | rows
    assert {row["record_id"]: row["source_row_count"] for row in typed["records"]} == of_legs_alone
    mentions = [row["mention_id"] for row in typed["mentions"]]
    assert len(set(mentions)) == len(mentions)
    assert {row["mention_id"] for row in typed["place_mentions"]} == set(mentions)


@any_order
@given(flat_cells(), st.integers(1, 30))
def test_fields_that_depend_on_each_other_are_typed_together(
    tmp_path: Path, vocabulary: Vocabulary, cells: list[LandedCell], cells_at_once: int
) -> None:
    _typed_both_ways(tmp_path, FLAT, vocabulary, cells, cells_at_once)


def _typed_both_ways(
    tmp_path: Path, contract: Contract, vocabulary: Vocabulary, cells: list[LandedCell], cells_at_once: int
) -> dict[str, list[dict[str, Any]]]:
    path = land(cells, tmp_path / "cells.parquet", 4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landed_cells, "CELLS_AT_ONCE", cells_at_once)
        with cells_of_file(path, tmp_path / "spill") as landed:
            typed = rows_of(typed_tables(landed, ENTRY, contract, vocabulary, KEYS))
    one_by_one = rows_of(typed_tables(_Apart(cells), ENTRY, contract, vocabulary, KEYS))
    for table in set(SCHEMAS) - {"mentions"}:
        assert sorted(map(repr, typed[table])) == sorted(map(repr, one_by_one[table])), table
    return typed


class _Apart(LandedCells):
    """Cells of which every record is typed by itself."""

    def __init__(self, cells: list[LandedCell]) -> None:
        landed = cells_in_memory(cells, Path())
        super().__init__(lambda columns: (batch.select(list(columns)) for batch in landed.batches()), Path())
        self._every = np.unique(np.array([cell.record_id for cell in cells], np.int64))

    def apart(self, *_: Any) -> Any:
        return self._every


def rows_of(batches: Iterable[Tables]) -> dict[str, list[dict[str, Any]]]:
    return {name: table.to_pylist() for name, table in together(batches).items()}


@pytest.mark.parametrize("limit", ["_CELLS_IN_A_PARTITION", "_BYTES_IN_A_PARTITION"])
def test_large_extracts_sort_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(landed_cells, limit, 500)
    spill = tmp_path / "spill"
    cells = [
        LandedCell(at * 7919 % 1000, part or "Cases", at, part, "sex", seq, f"{at}", "text", None)
        for seq, part in enumerate(("", "legs"))
        for at in range(1000)
    ]
    path = land(cells, tmp_path / "cells.parquet", 300)
    with cells_of_file(path, spill) as landed:
        apart = landed.apart(CONTRACT.fields)
        records = landed.records(apart)
        first = next(records)
        assert len(list(spill.rglob("*.arrow"))) > 2
        assert len([first, *records]) == len(apart) == 1000
        assert list(spill.iterdir()) == []

        records = landed.records(apart)
        next(records)
        records.close()
        assert list(spill.iterdir()) == [], "a reader that is given up leaves nothing either"
