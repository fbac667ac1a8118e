"""The receipt lists every quarantined row where it stands in the partner's own file."""

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.core import Settings
from orchestration.intake.landing.landing import CELLS
from orchestration.outputs.receipts.rows import row_problems
from orchestration.typing.tables import SCHEMAS

OWN = {"partner": "p", "extract_id": "e"}
GROUP, ALONE, JOURNEY = 1, 2, 3


def write(path: Path, schema: pa.Schema, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


def cell(record: int, sheet: str, row: int, part: str = "") -> dict[str, Any]:
    return {
        "record_id": record, "sheet": sheet, "row_number": row, "part": part,
        "field": "sex", "seq": 1, "value": "F", "kind": "text",
    }  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A group of three rows that disagree, a row alone, and a record with two stops on a sheet of its own."""
    settings = Settings(tmp_path, tmp_path / "partners", tmp_path / "keys")
    cells = [cell(GROUP, "", row) for row in (5, 6, 9)] + [cell(ALONE, "", 7), cell(JOURNEY, "", 8)]
    cells += [cell(JOURNEY, "Stops", row, "legs") for row in (21, 22)]
    write(settings.landing / "p" / "e.parquet", CELLS, cells)
    columns = ("record_id", "row_number", "field", "problem_code")
    wrong = [(GROUP, 6, "record", "rows_disagree"), (ALONE, 7, "event_on", "date_invalid")]
    problems = [{**OWN, "sheet": "", "outcome": "Q", **dict(zip(columns, row, strict=True))} for row in wrong]
    write(settings.typed / "problems" / "e.parquet", SCHEMAS["problems"], problems)
    stop = {**OWN, "record_id": JOURNEY, "place_role": "transit", "child_sheet": "Stops"}
    mentions = tmp_path / "mentions.parquet"
    stops = [{**stop, "mention_id": at + 79, "child_row_number": at} for at in (21, 22)]
    origin = {**OWN, "record_id": JOURNEY, "place_role": "origin", "mention_id": 102}
    write(mentions, SCHEMAS["place_mentions"], [*stops, origin])
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("create schema quarantine; create schema staging")
        con.execute(f"create table staging.stg_place_mentions as select * from read_parquet('{mentions}')")
        con.execute(
            """create table quarantine.judged_records as
            select 'p' as partner, 'e' as extract_id, * from (values
                (1::bigint, '', 5, 3, 'quarantined'), (2::bigint, '', 7, 1, 'quarantined'),
                (3::bigint, '', 8, 1, 'current')
            ) as judged (record_id, sheet, row_number, source_row_count, fate)"""
        )
        con.execute(
            """create table quarantine.record_rules as
            select 'e' as extract_id, * from (values
                (1::bigint, 'Q', 'rows_disagree', 'record'), (2::bigint, 'Q', 'date_invalid', 'event_on'),
                (3::bigint, 'unk', 'place_unresolved', 'place(origin)')
            ) as rules (record_id, outcome, rule_code, field)"""
        )
        con.execute(
            """create table staging.stg_place_matches as select * from (values
                (100::bigint, ''), (101::bigint, 'unk:place_unresolved'), (102::bigint, 'flag:place_fuzzy')
            ) as matches (mention_id, problem_codes)"""
        )
    return settings


def test_all_rows_of_a_quarantined_record_are_listed(home: Settings) -> None:
    listed = [
        (one.row_number, one.rule_code, one.is_along) for one in row_problems(home) if one.outcome == "Q"
    ]
    assert listed == [
        (5, "rows_disagree", True), (6, "rows_disagree", False), (7, "date_invalid", False),
        (9, "rows_disagree", True),
    ]  # fmt: skip


def test_place_problem_is_listed_at_its_row_of_the_child_sheet(home: Settings) -> None:
    listed = [one for one in row_problems(home) if one.rule_code.startswith("place")]
    assert [(one.sheet, one.row_number, one.field) for one in listed] == [("Stops", 22, "place(transit)")]
