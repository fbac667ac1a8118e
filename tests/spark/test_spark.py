"""One release of the samples from each engine: every table has the same rows. `make test-spark` runs it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from orchestration.core import Settings, read_json
from orchestration.release.evidence_base import content_hash
from tests.evidence_base import EvidenceBase, unpublished_samples
from tests.needs import absent, program

Engines = tuple[Settings, Settings]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Engines:
    """The same inbox and keys, refreshed by DuckDB and by Spark."""
    if find_spec("pyspark") is None:
        absent("Spark has an environment of its own: `make test-spark` sets it up.")
    program("java", "apt-get install openjdk-17-jre-headless")
    folder = tmp_path_factory.mktemp("engines")
    by_duckdb = unpublished_samples(folder / "duckdb")
    home = Path(shutil.copytree(by_duckdb.home, folder / "spark"))
    by_spark = replace(by_duckdb, home=home, keys=home / "keys", engine="spark")
    for settings in (by_duckdb, by_spark):
        ended = EvidenceBase(settings).refresh()
        assert ended.error is None, ended.error
    return by_duckdb, by_spark


def test_every_published_table_is_the_same_from_both_engines(engines: Engines) -> None:
    tables = [_tables(settings.current) for settings in engines]
    different = [
        name for name in sorted({*tables[0], *tables[1]}) if tables[0].get(name) != tables[1].get(name)
    ]
    assert [_difference(engines, *name) for name in different] == []
    assert len(tables[0]) > 40


def test_a_seed_is_the_same_in_both_engines(engines: Engines) -> None:
    hashes = []
    for settings in engines:
        with duckdb.connect(str(settings.warehouse), read_only=True) as con:
            seeds = con.execute(
                "select table_name from information_schema.tables where table_schema = 'reference'"
            ).fetchall()
            hashes.append({name: content_hash(con, f"reference.{name}") for (name,) in seeds})
    assert hashes[0] == hashes[1] and len(hashes[0]) > 10


def _tables(release: Path) -> dict[tuple[str, str], str]:
    """Edition and name of each table, with the content hash of its rows."""
    manifest = read_json(release / "manifest.json")
    editions = {"members": manifest["tables"], "public": manifest["public"]["tables"]}
    return {
        (edition, name): table["hash"]
        for edition, tables in editions.items()
        for name, table in tables.items()
        if name != "meta.release"  # holds the release's id
    }


def _difference(engines: Engines, edition: str, table: str) -> str:
    """Name a table and the columns whose values differ, each for itself; `*` for whole rows alone."""
    with duckdb.connect() as con:
        for settings in engines:
            file = settings.current / edition / "evidence_base.duckdb"
            con.execute(f"attach '{file}' as by_{settings.engine} (read_only)")
        columns = [column for column, *_ in con.execute(f"describe from by_duckdb.{table}").fetchall()]
        differing = [
            column
            for column in [*columns, "*"]
            if con.execute(
                f"select count(*) from (select {column} from by_duckdb.{table} except all "
                f"select {column} from by_spark.{table})"
            ).fetchall()
            != [(0,)]
        ]
    return f"{edition} {table}: {', '.join(differing) or 'number of rows'}"
