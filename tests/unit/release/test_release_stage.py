"""Staging: the candidate is complete, described, read-only, and states its inputs."""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.core import NjiaError, Settings, read_json
from orchestration.release.candidate import release_id
from orchestration.release.published_tables import waivers_table
from orchestration.release.releases import Release, changed_files, file_hashes
from tests.fixtures import release_world
from tests.fixtures.release_world import START, build_warehouse, publish_one, settings_in, stage_candidate


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = settings_in(tmp_path)
    build_warehouse(settings)
    return settings


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Read only."""
    settings = settings_in(tmp_path_factory.mktemp("staged"))
    build_warehouse(settings)
    return stage_candidate(settings)


def test_a_release_is_named_by_its_time_and_inputs() -> None:
    assert release_id(START, "a1b2c3d4ffff") == "20261124T020000Z-a1b2c3d4"
    assert release_id(START, "a1b2c3d4", {"20261124T020000Z-a1b2c3d4"}) == "20261124T020001Z-a1b2c3d4"


def test_a_candidate_holds_the_published_models_and_nothing_else(candidate: Release) -> None:
    with duckdb.connect(str(candidate.path / "members/evidence_base.duckdb"), read_only=True) as con:

        def rows(sql: str) -> list[tuple[object, ...]]:
            return con.execute(sql).fetchall()

        tables = rows("select schema_name || '.' || table_name, comment from duckdb_tables() order by 1")
        assert [name for name, _ in tables] == [
            "marts.fct_movements", "meta.columns", "meta.grains", "meta.publication_policy", "meta.release",
            "published.context_counts", "published.corridors", "published.periods", "published.shifts",
            "quality.check_results", "quality.reconciliation", "quality.waivers",
        ]  # fmt: skip
        assert all(comment for _, comment in tables)
        assert rows("from duckdb_columns() where comment is null and not internal") == []
        assert rows("select movement_id from marts.fct_movements") == [(1000,), (2000,), (3000,)]
        named = (candidate.release_id, candidate.manifest["content_hash"])
        assert rows("select release_id, content_hash from meta.release") == [named]
        there = rows("select count(*) from duckdb_columns() where not internal")
        assert rows("select count(*) from meta.columns") == there
        keys = rows("select column_name from meta.columns where is_key and table_schema = 'marts'")
        assert keys == [("movement_id",)]
        ((tags,),) = rows("select tags from duckdb_databases() where not internal")
        assert tags["storage_version"] == "v1.2.0+"  # type: ignore[index]
    parquet = candidate.path / "members/parquet"
    assert pq.read_table(parquet / "marts.fct_movements.parquet").num_rows == 3
    assert len(list(parquet.iterdir())) == len(tables)


def test_the_files_are_read_only_and_match_the_manifest(candidate: Release) -> None:
    manifest = read_json(candidate.path / "manifest.json")
    assert manifest == candidate.manifest
    assert changed_files(candidate.path, file_hashes(manifest)) == []
    assert {path.stat().st_mode & 0o777 for path in candidate.path.glob("members/**/*.*")} == {0o444}
    assert not list(candidate.path.rglob("*.wal"))
    assert manifest["rows"]["landed"] == 4 and manifest["rows"]["quarantined"] == 1
    assert manifest["movements"] == 3
    assert manifest["checks"] == {"passed": 1, "warned": 1, "failed": 0, "waived": 0}
    printed = (candidate.path / "manifest.json").read_text()
    assert "p-00c0ffee" in printed
    assert "kobe" not in printed and "Testperson" not in printed


@pytest.mark.parametrize("order", ["movement_id desc", "hash(movement_id)"])
def test_content_hash_is_free_of_order_and_time(candidate: Release, settings: Settings, order: str) -> None:
    build_warehouse(settings, order=order)
    other = stage_candidate(settings, as_of=START.replace(hour=5), inputs_hash="b" * 64).manifest
    assert other["release_id"] != candidate.release_id
    assert other["content_hash"] == candidate.manifest["content_hash"]


def test_one_changed_count_changes_the_content_hash(candidate: Release, settings: Settings) -> None:
    build_warehouse(settings, counts=(3, 1, 3))
    assert stage_candidate(settings).manifest["content_hash"] != candidate.manifest["content_hash"]


def test_undescribed_column_is_listed(candidate: Release, settings: Settings) -> None:
    assert candidate.manifest["undescribed"] == []
    assert stage_candidate(settings, undescribed="share").manifest["undescribed"] == [
        "marts.fct_movements.share"
    ]


def test_leftovers_of_a_killed_refresh_are_removed(settings: Settings) -> None:
    first = stage_candidate(settings)
    (settings.releases / ".tmp-half").mkdir()
    second = stage_candidate(settings, inputs_hash="e" * 64)
    assert not first.path.exists() and not (settings.releases / ".tmp-half").exists()
    assert second.path.exists()


def test_release_that_never_became_current_is_removed(settings: Settings) -> None:
    published = [publish_one(settings, day) for day in range(2)]
    orphan = stage_candidate(settings, inputs_hash="e" * 64)
    release_world.write_verdict(orphan)
    orphan.path.rename(settings.releases / orphan.release_id)  # killed before the switch
    stage_candidate(settings, inputs_hash="f" * 64)
    kept = {path.name for path in settings.releases.glob("2*")}
    assert kept == {release.release_id for release in published}


def test_failed_staging_leaves_no_candidate_and_quotes_no_value(settings: Settings) -> None:
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("drop table meta.grains")
        con.execute(
            "create view meta.grains as select cast('Testperson' as integer) as record_grain, 1 as is_addable"
        )
    with pytest.raises(NjiaError) as error:
        stage_candidate(settings)
    assert "Testperson" not in str(error.value) and error.value.__cause__ is None
    assert not list(settings.releases.glob(".candidate-*"))


def test_missing_model_and_missing_work_file_are_reported(settings: Settings) -> None:
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("drop table meta.grains")
    with pytest.raises(NjiaError, match=r"lacks the published model meta\.grains"):
        stage_candidate(settings)
    settings.warehouse.unlink()
    with pytest.raises(NjiaError, match="no work file"):
        stage_candidate(settings)


def test_a_published_waiver_names_the_extract_and_not_its_partner() -> None:
    waiver = {
        "id": "3317f06775ff", "check": "columns_are_readable", "check_definition": "0" * 16,
        "scope": f"kobe_shelter/{'0' * 16}", "author": "A. Fixture", "reason": "agreed",
        "time": "2026-11-24T00:00:00Z", "expires": "2026-12-01",
    }  # fmt: skip
    (printed,) = waivers_table([waiver]).to_pylist()
    assert printed["scope"] == "0" * 16 and "kobe" not in str(printed)
