"""Records from landed cells in any order: none is split, and batches change nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.contracts import Contract, Vocabulary, load_vocabulary
from orchestration.core import REFERENCE_SEEDS, Keys
from orchestration.intake import LandedCell
from orchestration.intake.landing.landing import SCHEMA
from orchestration.typing import SCHEMAS, Tables, landed_records, records_in_memory, typed_batches
from orchestration.typing.landed_records import records_of_file
from tests.unit.partner_files import book

CONTRACT = Contract.model_validate(
    book(
        format={"kind": "xlsx", "sheet": 0, "repeats": {"legs": {"parent": "No"}}},
        fields={
            "event_on": {"column": "Date", "required": True},
            "submitted_at": "Sent",
            "sex": {"column": "Sex", "values": {"F": "female", "M": "male"}},
            "place(origin).place_text": "From",
            "place(transit).place_text": "legs/Place",
            "place(transit).transport_mode": {"column": "legs/Mode", "select_multiple": "joined"},
        },
    )
)
KEYS = Keys(b"k" * 32, "")
ENTRY: dict[str, Any] = {
    "extract_id": "a" * 16,
    "partner": "testpartner",
    "file": "book.xlsx",
    "received_on": "2024-06-01",
    "sequence": 1,
    "rows_read": 9,
    "rows_landed": 8,
    "rows_refused": 1,
    "refusals": [{"sheet": "Cases", "reason": "skip:blank", "rows": 1}],
}
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
    return load_vocabulary(REFERENCE_SEEDS)


@st.composite
def landed_cells(draw: st.DrawFn) -> list[LandedCell]:
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
    columns = list(zip(*cells, strict=True)) if cells else [()] * len(SCHEMA)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    pq.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA), path, row_group_size=cells_in_a_group)
    return path


def joined(batches: list[Tables]) -> Tables:
    return {table: [row for tables in batches for row in tables[table]] for table in SCHEMAS}


any_order = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@any_order
@given(landed_cells(), st.integers(1, 5), st.integers(1, 60))
def test_no_record_is_split_and_no_cell_is_lost(
    tmp_path: Path, cells: list[LandedCell], cells_in_a_group: int, cells_in_a_partition: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landed_records, "_CELLS_IN_A_PARTITION", cells_in_a_partition)
        patch.setattr(landed_records, "_CELLS_AT_ONCE", 3)
        _assert_whole_records(tmp_path, cells, cells_in_a_group)


def _assert_whole_records(tmp_path: Path, cells: list[LandedCell], cells_in_a_group: int) -> None:
    path = land(cells, tmp_path / "cells.parquet", cells_in_a_group)
    records = list(records_of_file(path, tmp_path / "spill"))
    ids = [record[0].record_id for record in records]
    assert len(set(ids)) == len(ids)
    of_record = {number: [cell for cell in cells if cell.record_id == number] for number in ids}
    assert records == [of_record[number] for number in ids]
    assert sum(map(len, records)) == len(cells)
    assert records == list(records_in_memory(cells))


@any_order
@given(landed_cells(), st.integers(1, 3))
def test_small_batches_give_the_tables_of_one_batch(
    tmp_path: Path, vocabulary: Vocabulary, cells: list[LandedCell], batch_size: int
) -> None:
    path = land(cells, tmp_path / "cells.parquet", 4)
    records = records_of_file(path, tmp_path / "spill")
    batches = list(typed_batches(records, ENTRY, CONTRACT, vocabulary, KEYS, batch_size))
    whole = list(typed_batches(records_in_memory(cells), ENTRY, CONTRACT, vocabulary, KEYS, 1_000))
    assert joined(batches) == joined(whole)
    assert len(whole) <= 2
    assert all(len(tables["records"]) <= batch_size for tables in batches)
    typed = joined(batches)
    rows = Counter(
        number for number, *_ in {(c.record_id, c.sheet, c.row_number) for c in cells if not c.part}
    )
    of_legs_alone = {cell.record_id: 1 for cell in cells} | rows
    assert {row["record_id"]: row["source_row_count"] for row in typed["records"]} == of_legs_alone
    mentions = [row["mention_id"] for row in typed["mentions"]]
    assert len(set(mentions)) == len(mentions)
    assert {row["mention_id"] for row in typed["place_mentions"]} == set(mentions)


def test_records_are_read_one_batch_at_a_time(vocabulary: Vocabulary) -> None:
    taken: list[int] = []

    def records() -> Iterator[list[LandedCell]]:
        for number in range(10):
            taken.append(number)
            yield [LandedCell(number, "Cases", number, "", "sex", 0, "F", "text", None)]

    batches = typed_batches(records(), ENTRY, CONTRACT, vocabulary, KEYS, batch_size=3)
    of_extract = next(batches)
    assert (len(of_extract["extracts"]), len(of_extract["records"]), taken) == (1, 0, [])
    assert (len(next(batches)["records"]), len(taken)) == (3, 3)
    assert [len(tables["records"]) for tables in batches] == [3, 3, 1]


@pytest.mark.parametrize("limit", ["_CELLS_IN_A_PARTITION", "_BYTES_IN_A_PARTITION"])
def test_large_extracts_are_sorted_on_disk_and_cleaned_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(landed_records, limit, 500)
    spill = tmp_path / "spill"
    cells = [
        LandedCell(at * 7919 % 1000, part or "Cases", at, part, "sex", seq, f"{at}", "text", None)
        for seq, part in enumerate(("", "legs"))
        for at in range(1000)
    ]
    path = land(cells, tmp_path / "cells.parquet", 300)
    records = records_of_file(path, spill)
    first = next(records)
    assert len(list(spill.rglob("*.arrow"))) > 2
    assert [first, *records] == list(records_in_memory(cells))
    assert list(spill.iterdir()) == []

    records = records_of_file(path, spill)
    next(records)
    records.close()
    assert list(spill.iterdir()) == [], "a reader that is given up leaves nothing either"
