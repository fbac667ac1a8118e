"""A published number beside its records: members' numbers are exact, public ones carry noise."""

from pathlib import Path

import duckdb
import pytest

from orchestration.cli.trace import show_trace
from orchestration.core import Settings
from orchestration.release import Release, Trace, trace
from tests.fixtures.published_world import MANIFEST, write_release

RELEASE, FIRST = str(MANIFEST["release_id"]), "20250401T000000Z-00000001"
BUSIA = ("published.corridors", "od", "KE040>KE047", "year-2025", "case", "all")
MARSABIT = ("published.corridors", "od", "KE010>KE047", "2026-Q2-12m", "case", "all")
# 245 movements of Busia to Nairobi in 2025, as members count, and 3 of Marsabit to Nairobi since.
RECORDS = """
    select
        record, record as record_id, record as movement, 'p' || record % 3 as partner, 'p-1' as partner_code,
        'a' as extract_id, '' as sheet, record as row_number, 'case' as record_grain, true as is_counted,
        false as is_prevented, false as is_child, 1 as person_count
    from (select unnest(generate_series(1, 248)) as record)
"""
PERIODS = "select if(record <= 245, 'year-2025', '2026-Q2-12m') as period_id, record from records"
CELLS = """
    select 'corridors' as table_name, if(record <= 245, 'od|KE040>KE047', 'od|KE010>KE047') as cell_id, record
    from records
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "lineage" / RELEASE
    folder.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute(f"create table records as {RECORDS}")
        for name, sql in (("records", RECORDS), ("lines", CELLS), ("periods", PERIODS), ("cells", CELLS)):
            con.execute(f"copy ({sql}) to '{folder / name}.parquet' (format parquet)")
    return Settings(tmp_path, tmp_path / "partners", tmp_path / "keys")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = write_release(tmp_path_factory.mktemp("release"))
    periods = {"year-2024": {"first_release": FIRST}, "year-2025": {"first_release": RELEASE}}
    return Release(RELEASE, folder, {**MANIFEST, "periods": periods}, True)


def drop(settings: Settings, table: str, which: str) -> None:
    file = settings.lineage / RELEASE / f"{table}.parquet"
    with duckdb.connect() as con:
        con.execute(f"create table left_over as select * from '{file}' where not ({which})")
        con.execute(f"copy left_over to '{file}' (format parquet)")


def shown(found: Trace, capsys: pytest.CaptureFixture[str]) -> str:
    show_trace(found)
    return " ".join(capsys.readouterr().out.split())


def test_members_number_agrees_with_its_records(settings: Settings, release: Release) -> None:
    found = trace(settings, release, BUSIA)
    assert (found.published.edition, found.published.counts["movement_count"]) == ("members", 245)
    assert (found.movements, found.comes_to["partner_count"], found.agrees) == (245, 3, True)


def test_small_count_agrees_with_its_text(settings: Settings, release: Release) -> None:
    found = trace(settings, release, MARSABIT)
    assert (found.published.counts["movement_count"], found.movements, found.agrees) == ("<5", 3, True)


def test_a_members_number_without_its_records_disagrees(
    settings: Settings, release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    drop(settings, "records", "record = 7")
    found = trace(settings, release, BUSIA)
    assert (found.movements, found.agrees) == (244, False)
    assert "records were forgotten" in shown(found, capsys)


def test_a_public_number_is_shown_beside_its_records(
    settings: Settings, release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    """The world has the same number in both editions: here 3 of the 245 movements were since withdrawn."""
    drop(settings, "periods", "record <= 3")
    found = trace(settings, release, BUSIA, edition="public")
    assert (found.published.counts["movement_count"], found.movements, found.agrees) == (245, 242, True)
    words = shown(found, capsys)
    assert "Behind it today: 242 records of 242 movements" in words and "random change" in words
    assert "First published" not in words


def test_a_public_year_names_the_release_that_printed_it(
    settings: Settings, release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    found = trace(settings, release, (*BUSIA[:3], "year-2024", "case", "all"), edition="public")
    assert found.carried_from == FIRST
    assert f"First published in the release {FIRST}" in shown(found, capsys)
    assert trace(settings, release, BUSIA).carried_from is None
