"""One release of the samples from each engine: every table has the same rows. `make test-spark` runs it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.core import Settings, read_json
from tests.conftest import EvidenceBase, unpublished_samples


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same inbox and keys, refreshed by DuckDB and by Spark."""
    pytest.importorskip(
        "pyspark", reason="Spark has an environment of its own: `make test-spark` sets it up."
    )
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17: apt-get install openjdk-17-jre-headless.")
    folder = tmp_path_factory.mktemp("engines")
    settings = unpublished_samples(folder / "duckdb")
    home = Path(shutil.copytree(settings.home, folder / "spark"))
    return _released(settings), _released(replace(settings, home=home, keys=home / "keys", engine="spark"))


def _released(settings: Settings) -> Path:
    ended = EvidenceBase(settings).refresh()
    assert ended.error is None, ended.error
    return settings.current.resolve()


def test_every_published_table_is_the_same_from_both_engines(releases: tuple[Path, Path]) -> None:
    tables = [_tables(release) for release in releases]
    assert len(tables[0]) > 40
    assert [_difference(releases, name) for name in sorted({*tables[0], *tables[1]})
            if tables[0].get(name) != tables[1].get(name)] == []  # fmt: skip


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


def _difference(releases: tuple[Path, Path], table: tuple[str, str]) -> str:
    """Name a table and the columns whose values differ, each for itself; `*` for whole rows alone."""
    edition, name = table
    with duckdb.connect() as con:
        for engine, release in zip(("duckdb", "spark"), releases, strict=True):
            con.execute(f"attach '{release}/{edition}/evidence_base.duckdb' as by_{engine} (read_only)")
        columns = [column for column, *_ in con.execute(f"describe from by_duckdb.{name}").fetchall()]
        differing = [
            column
            for column in [*columns, "*"]
            if con.execute(
                f"select count(*) from (select {column} from by_duckdb.{name} except all "
                f"select {column} from by_spark.{name})"
            ).fetchall()
            != [(0,)]
        ]
    return f"{edition} {name}: {', '.join(differing) or 'number of rows'}"
