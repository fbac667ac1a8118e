"""Records from landed cells in any order: none is split, and each is typed once."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.contracts import Contract, Vocabulary, load_vocabulary
from orchestration.core import Keys
from orchestration.intake import LandedCell, row_groups
from orchestration.intake.landing.landing import CELLS
from orchestration.typing import LandedCells, Tables, landed_cells, table_rows, together, typed_tables
from tests.fixtures.partner_files import book, in_memory

CONTRACT = Contract.model_validate(
    book(
        format={"kind": "xlsx", "sheet": 0, "repeats": {"legs": {"parent": "No"}}},
        fields={
            "event_on": {"column": "Date", "required": True}, "submitted_at": "Sent",
            "sex": {"column": "Sex", "values": {"F": "female", "M": "male"}},
            "place(origin).place_text": {"column": "From", "basis": "home"}, "place(transit).place_text": "legs/Place",
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
    path = land(cells, tmp_path / "cells.parquet", cells_in_a_group)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landed_cells, "_CELLS_IN_A_PARTITION", cells_in_a_partition)
        records = list(LandedCells(partial(row_groups, path), tmp_path / "spill").records())
    ids = [record[0].record_id for record in records]
    assert sorted(ids) == sorted({cell.record_id for cell in cells})
    assert records == [[cell for cell in cells if cell.record_id == number] for number in ids]
    places = [
        min((bool(cell.part), at) for at, cell in enumerate(cells) if cell.record_id == number)
        for number in ids
    ]
    assert places == sorted(places), "records with a main row first, each by its first cell"


@any_order
@given(cells_of_records(), st.integers(1, 3))
def test_each_record_is_typed_once_with_its_mentions(
    vocabulary: Vocabulary, cells: list[LandedCell], records_in_a_batch: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_rows, "RECORDS_IN_A_BATCH", records_in_a_batch)
        landed = in_memory(cells, Path())
        typed = rows_of(typed_tables(landed, ENTRY, CONTRACT, vocabulary, KEYS))
    rows = Counter(
        number for number, *_ in {(c.record_id, c.sheet, c.row_number) for c in cells if not c.part}
    )
    of_legs_alone = {cell.record_id: 1 for cell in cells} | rows
    assert {row["record_id"]: row["source_row_count"] for row in typed["records"]} == of_legs_alone
    mentions = [row["mention_id"] for row in typed["mentions"]]
    assert len(set(mentions)) == len(mentions)
    assert {row["mention_id"] for row in typed["place_mentions"]} == set(mentions)


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
    records = LandedCells(partial(row_groups, path), spill).records()
    first = next(records)
    assert len(list(spill.rglob("*.arrow"))) > 2
    assert len([first, *records]) == 1000
    assert list(spill.iterdir()) == []

    records = LandedCells(partial(row_groups, path), spill).records()
    next(records)
    records.close()
    assert list(spill.iterdir()) == [], "a reader that is given up leaves nothing either"
