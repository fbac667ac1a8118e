"""A published number beside its records: members' numbers are exact, public ones carry noise; wrong keys."""

from pathlib import Path

import duckdb
import pytest

from orchestration.cli.trace import show_trace
from orchestration.core import Settings, UsageError
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
        false as is_prevented, false as is_child, null::date as month_from, null::date as month_to
    from (select unnest(generate_series(1, 248)) as record)
"""
OF_RECORDS = {
    "periods": "select if(record <= 245, 'year-2025', '2026-Q2-12m') as period_id, record from records",
    "cells": "select if(record <= 245, 'busia', 'marsabit') as cell, record from records",
}
OTHERS = {
    "keys": """
        select 'published.corridors' as table_name, '' as part, 'movements' as counts, null::text as also_cell,
            'case' as record_grain, false as children, null::date as first_month, null::date as last_day, *
        from (values
            ('od|KE040>KE047|year-2025|case|all', 'busia', 'year-2025'),
            ('od|KE010>KE047|2026-Q2-12m|case|all', 'marsabit', '2026-Q2-12m')
        ) as t (row_key, cell, period_id)
    """,
    "extracts": """
        select 'p1' as partner, 'p-1' as partner_code, 'p1' as source, 'a' as extract_id, 'p1_cases' as contract,
            'DSA' as agreement_id, null as round, null::date as period_from, null::date as period_to
    """,
    "watches": """
        select 'none' as cell, 'p1' as partner, 'a' as extract_id, null as watched_place_id, null as role,
            null::date as month
    """,
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "lineage" / RELEASE
    folder.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute(f"create table records as {RECORDS}")
        for name, sql in ({"records": RECORDS} | OF_RECORDS | OTHERS).items():
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
    assert (found.edition, found.values["movement_count"]) == ("members", 245)
    assert (found.movements, len({rows.partner for rows in found.rows}), found.agrees) == (245, 3, True)


def test_small_count_agrees_with_its_text(settings: Settings, release: Release) -> None:
    found = trace(settings, release, MARSABIT)
    assert (found.values["movement_count_text"], found.movements, found.agrees) == ("<5", 3, True)


def test_a_members_number_without_its_records_disagrees(
    settings: Settings, release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    drop(settings, "records", "record = 7")
    found = trace(settings, release, BUSIA)
    assert (found.movements, found.agrees) == (244, False)
    words = shown(found, capsys)
    assert "The records give movement_count 244." in words and "records were forgotten" in words


def test_a_public_number_is_shown_beside_its_records(
    settings: Settings, release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    """The world has the same number in both editions: here 3 of the 245 movements were since withdrawn."""
    drop(settings, "periods", "record <= 3")
    found = trace(settings, release, BUSIA, edition="public")
    assert (found.values["movement_count"], found.movements, found.agrees) == (245, 242, True)
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


# --- rows that a report counted ------------------------------------------------------------------------


def counted(settings: Settings, release: Release, where: str, edition: str = "public") -> Trace:
    return trace(settings, release, ["published.corridors", f"rows:{where}"], edition)


def test_rows_are_counted_and_their_movements_added_up(settings: Settings, release: Release) -> None:
    """By hand, from the published world: 226 + 225 + 158 + 49 + 43."""
    rows = counted(settings, release, "level=od&period_id=year-2024")
    assert rows.values == {"rows": 5, "movement_count": 701}
    rows = counted(settings, release, "level=od&period_id=year-2024&direction!=within")
    assert rows.values == {"rows": 2, "movement_count": 92}


def test_each_counted_row_carries_its_trace_key(settings: Settings, release: Release) -> None:
    rows = counted(settings, release, "level=odv&period_id=year-2024", "members")
    assert rows.counted == ("odv|UGA>bp-ken-malaba>KE047|year-2024|case|all",)
    assert (rows.values["movement_count"], rows.edition) == (17, "members")


def test_counted_rows_lead_to_the_records_of_each(settings: Settings, release: Release) -> None:
    rows = counted(settings, release, "level=od&corridor_id=KE040>KE047", "members")
    assert (len(rows.counted), rows.records) == (4, 245)


@pytest.mark.parametrize(("where", "said"), [
    ("nosuch=1", "publishes no table published.corridors with the columns of nosuch=1"),
    ("anything", "does not select rows"),
])  # fmt: skip
def test_a_mistyped_condition_is_refused(settings: Settings, release: Release, where: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        counted(settings, release, where)


def test_conditions_may_match_no_row(settings: Settings, release: Release) -> None:
    assert counted(settings, release, "level=country&direction=within").values == {"rows": 0}


# --- keys ------------------------------------------------------------------------------------------------


def test_a_wrong_key_is_refused_with_the_columns_of_the_key_and_the_nearest_ones(
    settings: Settings, release: Release
) -> None:
    with pytest.raises(UsageError) as refused:
        trace(settings, release, ["corridors|od|KE040>KE048|year-2025|case|all"])
    assert "Give level|corridor_id|period_id|record_grain|population, a null as nothing." in str(
        refused.value
    )
    assert "Nearest: od|KE040>KE047|year-2025|case|all, " in str(refused.value)


def test_a_key_may_be_joined_or_apart_and_its_last_value_may_hold_a_separator(
    settings: Settings, release: Release
) -> None:
    line = {"period_id": "round-2020", "line": "corridor", "line_id": "od|UGA>KE047"}
    assert trace(settings, release, ["published.routes|round-2020|corridor|od|UGA>KE047"]).key == line
    assert trace(settings, release, ["routes", "round-2020", "corridor", "od|UGA>KE047"]).key == line


def test_a_calendar_period_says_that_no_row_stands_behind_it(
    settings: Settings, release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shown(trace(settings, release, ["periods", "year-2025"]), capsys)
    assert "Calendar periods rest on no partner's row." in words
    assert "This home holds no row behind it." in words


def test_an_edition_without_its_lineage_is_refused(settings: Settings, release: Release) -> None:
    (settings.lineage / RELEASE / "keys.parquet").unlink()
    with pytest.raises(UsageError, match="no lineage of the release"):
        trace(settings, release, BUSIA)
