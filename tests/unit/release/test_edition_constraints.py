"""Keys, references and closed lists of an edition's files; members' columns and quarters."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.core import NjiaError, Settings, write_json
from orchestration.release.evidence_base import EvidenceBase, content_hash
from orchestration.release.published_tables import columns_table, read_published_models
from tests.fixtures.release_world import settings_in

WAREHOUSE = """
    create schema marts; create schema published;
    create table marts.dim_period as select * from (values
        ('year-2025', 'year'), ('2025-Q1', 'quarter'), ('2025-Q2', 'quarter')
    ) as t (period_id, period_kind);
    create table marts.mart_corridors as select period_id from marts.dim_period;
    create table published.periods as select edition, period_id from marts.dim_period,
        (values ('members'), ('public')) as t (edition) where edition = 'members' or period_kind = 'year';
    create table published.corridors as select * from (values
        ('members', 'year-2025', 'within', 40, 30), ('members', 'year-2025', 'into', 12, null),
        ('members', '2025-Q1', 'within', 15, null), ('members', '2025-Q2', 'within', 25, null),
        ('public', 'year-2025', 'within', 41, null)
    ) as t (edition, period_id, direction, movement_count, like_count);
    create table published.alerts as select 'members' as edition, 'Sampleton' as place, 'fall' as direction;
"""
DIRECTIONS = ["within", "out_of", "into"]
ALL_COLUMNS = ["edition", "period_id", "direction", "movement_count", "like_count"]
NODES: dict[str, dict[str, Any]] = {
    "dim_period": {
        "schema": "marts", "columns": ["period_id", "period_kind"],
        "tests": [("unique", {"column_name": "period_id"})],
    },
    "mart_corridors": {
        "schema": "marts", "columns": ["period_id"], "tests": [
            ("unique", {"column_name": "period_id"}),
            ("relationships", {"column_name": "period_id", "field": "period_id", "to": "dim_period"}),
        ],
    },
    "periods": {
        "schema": "published", "meta": {"series": True}, "columns": ["edition", "period_id"],
        "tests": [("unique_key", {"columns": ["edition", "period_id"]})],
    },
    "corridors": {
        "schema": "published", "meta": {"series": True, "sums": ["movement_count"]}, "columns": ALL_COLUMNS,
        "tests": [
            ("unique_key", {"columns": ["edition", "period_id", "direction"]}),
            ("accepted_values", {"column_name": "direction", "values": DIRECTIONS}),
            ("relationships", {"column_name": "period_id", "field": "period_id", "to": "periods"}),
            # Another schema's table, which a key of the file cannot reach.
            ("relationships", {"column_name": "period_id", "field": "period_id", "to": "dim_period"}),
        ],
    },
    "alerts": {
        "schema": "published", "columns": ["edition", "place", "direction"],
        "tests": [
            ("unique_key", {"columns": ["edition", "place", "direction"], "may_be_null": ["place"]}),
            ("accepted_values", {"column_name": "direction", "values": ["rise", "fall"]}),
        ],
    },
}  # fmt: skip


def manifest_in(settings: Settings) -> Path:
    nodes: dict[str, Any] = {}
    for name, of in NODES.items():
        columns: dict[str, Any] = {column: {"description": f"The {column}."} for column in of["columns"]}
        columns.get("like_count", {})["config"] = {"meta": {"edition": "members"}}
        nodes[f"model.{name}"] = {
            "resource_type": "model", "schema": of["schema"], "name": name, "description": f"All {name}.",
            "columns": columns, "config": {"materialized": "table", "meta": of.get("meta", {})},
        }  # fmt: skip
        for number, (test, arguments) in enumerate(of["tests"]):
            targets = [f"model.{arguments['to']}"] if "to" in arguments else []
            nodes[f"test.{name}.{number}"] = {
                "resource_type": "test", "attached_node": f"model.{name}",
                "depends_on": {"nodes": [f"model.{name}", *targets]},
                "test_metadata": {"name": test, "kwargs": arguments},
            }  # fmt: skip
    path = settings.work / "manifest.json"
    write_json(path, {"nodes": nodes})
    return path


def work_in(home: Path, change: str = "") -> Settings:
    settings = settings_in(home)
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute(WAREHOUSE + change)
    return settings


def write_edition(settings: Settings, edition: str) -> tuple[Path, EvidenceBase]:
    path = settings.home / f"{edition}.duckdb"
    with EvidenceBase(settings, path, edition) as base:
        for model in read_published_models(manifest_in(settings)):
            base.copy_model(model)
        base.hashes()
        base.export_parquet(settings.home / edition)
    return path, base


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both editions; read only."""
    settings = work_in(tmp_path_factory.mktemp("editions"))
    for edition in ("members", "public"):
        write_edition(settings, edition)
    return settings.home


@pytest.fixture
def members(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home / "members.duckdb"), read_only=True) as con:
        yield con


def test_keys_and_references_are_in_the_file(members: duckdb.DuckDBPyConnection) -> None:
    constraints = members.execute(
        "select schema_name, table_name, constraint_text from duckdb_constraints() "
        "where constraint_type in ('PRIMARY KEY', 'FOREIGN KEY') order by all"
    ).fetchall()
    assert constraints == [  # a wide mart states its key in Parquet alone
        ("marts", "dim_period", "PRIMARY KEY(period_id)"),
        *(
            (schema, table, text)
            for schema in ("published", "series")
            for table, text in (
                ("corridors", f"FOREIGN KEY (period_id) REFERENCES {schema}.periods(period_id)"),
                ("corridors", "PRIMARY KEY(period_id, direction)"),
                ("periods", "PRIMARY KEY(period_id)"),
            )
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("row", [
    "'year-2025', 'within'", "null, 'within'", "'year-1999', 'within'", "'year-2025', 'sideways'",
])  # fmt: skip
def test_the_file_refuses_a_wrong_row(home: Path, tmp_path: Path, row: str) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes((home / "members.duckdb").read_bytes())
    insert = "insert into published.corridors (period_id, direction) values "
    with duckdb.connect(str(copy)) as con:
        con.execute(f"{insert} ('year-2025', 'out_of')")
        with pytest.raises((duckdb.ConstraintException, duckdb.ConversionException)):
            con.execute(f"{insert} ({row})")


def test_a_closed_list_is_a_type_and_hashes_as_text(members: duckdb.DuckDBPyConnection) -> None:
    types = members.execute(
        "select schema_name, table_name, data_type from duckdb_columns() where data_type like 'ENUM%' order by all"
    ).fetchall()
    listed = f"ENUM({', '.join(map(repr, DIRECTIONS))})"
    assert types == [
        ("published", "alerts", "ENUM('rise', 'fall')"),
        ("published", "corridors", listed),
        ("series", "corridors", listed),
    ]
    directions = members.execute("select direction from published.corridors order by direction").fetchall()
    assert directions == [("within",), ("into",)]
    members.execute("create temp table texts as select * replace (direction::varchar as direction) "
                    "from published.corridors")  # fmt: skip
    assert content_hash(members, "texts") == content_hash(members, "published.corridors")


def test_quarters_are_rows_of_series_for_members_alone(
    home: Path, members: duckdb.DuckDBPyConnection
) -> None:
    assert members.execute("select period_id, movement_count from series.corridors order by 1").fetchall() == [
        ("2025-Q1", 15), ("2025-Q2", 25),
    ]  # fmt: skip
    assert members.execute("select distinct period_id from published.corridors").fetchall() == [
        ("year-2025",)
    ]
    assert {path.name for path in (home / "members").glob("series.*")} == {
        "series.corridors.parquet", "series.periods.parquet",
    }  # fmt: skip
    assert not list((home / "public").glob("series.*"))


def test_a_members_column_is_absent_in_public(tmp_path: Path) -> None:
    settings = work_in(tmp_path)
    for edition, columns in (("members", ALL_COLUMNS), ("public", ALL_COLUMNS[:-1])):
        path, base = write_edition(settings, edition)
        with duckdb.connect(str(path), read_only=True) as con:
            assert [row[0] for row in con.execute("describe published.corridors").fetchall()] == columns
        assert pq.read_schema(tmp_path / edition / "published.corridors.parquet").names == columns
        dictionary = columns_table(base.tables, base.types).to_pylist()
        in_dictionary = [
            row["column_name"] for row in dictionary
            if (row["table_schema"], row["table_name"]) == ("published", "corridors")
        ]  # fmt: skip
        assert in_dictionary == columns and base.undescribed() == []


def test_parquet_and_comment_say_key_and_sums(home: Path, members: duckdb.DuckDBPyConnection) -> None:
    for edition, table in (("members", "published"), ("members", "series"), ("public", "published")):
        schema = pq.read_schema(home / edition / f"{table}.corridors.parquet")
        assert schema.metadata == {b"njia_key": b"period_id,direction", b"njia_sum": b"movement_count"}
        assert str(schema.field("direction").type) == "string"
    for table in ("published.periods", "marts.mart_corridors"):
        assert pq.read_schema(home / f"members/{table}.parquet").metadata == {b"njia_key": b"period_id"}
    comments = members.execute(
        "select comment from duckdb_tables() where table_name in ('corridors', 'periods') order by all"
    ).fetchall()
    assert comments == [("All corridors. movement_count may be summed over any rows.",)] * 2 + [
        ("All periods.",)
    ] * 2  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), [
    ("insert into published.corridors values ('members', 'year-2025', 'within', 7771, 7772)",
     r"published\.corridors cannot be written: rows repeat its key \(period_id, direction\)"),
    ("insert into published.periods values ('members', null)",
     r"published\.periods cannot be written: .* a part of it is empty"),
    ("insert into published.corridors values ('members', 'year-7771', 'within', 1, 1)",
     r"published\.corridors cannot be written: a row of periods that period_id names is missing"),
    ("insert into published.corridors values ('members', 'year-2025', 'to 7771', 1, 1)",
     r"published\.corridors cannot be written: a value of direction is not in the column's list"),
])  # fmt: skip
def test_a_broken_key_is_reported_without_a_value(tmp_path: Path, change: str, sentence: str) -> None:
    with pytest.raises(NjiaError, match=sentence) as error:
        write_edition(work_in(tmp_path, change), "members")
    assert "777" not in str(error.value) and error.value.__cause__ is None
    assert "The current release stays." in str(error.value)
