"""A published number beside its records: members' numbers are exact, public ones carry noise; wrong keys."""

from pathlib import Path

import duckdb
import pytest

from orchestration.cli.trace import show_trace
from orchestration.core import Settings, UsageError
from orchestration.release import Release, Trace, trace
from tests.fixtures.published_world import MANIFEST, write_release

RELEASE, FIRST = str(MANIFEST["release_id"]), "20250401T000000Z-00000001"
BUSIA = ("published.corridors", "year-2025", "KE040", "KE047", "within")
QUARTER = ("series.starts", "2026-Q1", "KE040")
# 245 movements of Busia to Nairobi in 2025, of which 49 only intended to go there.
RECORDS = """
    select
        record, record as record_id, record as movement, 'p' || record % 3 as partner, 'p-1' as partner_code,
        'a' as extract_id, '' as sheet, record as row_number, 'case' as record_grain, true as is_counted,
        false as is_prevented, false as is_child, true as is_like, false as is_like_later,
        null::date as month_from, null::date as month_to
    from (select unnest(generate_series(1, 245)) as record)
"""
OF_RECORDS = {
    "periods": "select unnest(['year-2025', '2026-Q1']) as period_id, record from records",
    "cells": "select 'busia' as cell, record from records union all select 'intended', record from records where record <= 49",
}
OTHERS = {
    "counts": """
        select 'movements' as counts, 'case' as record_grain, null::date as first_month, null::date as last_day, *
        from (values
            ('members', 'published.corridors', 'year-2025|KE040|KE047|within', 'movement_count', 'busia', 'year-2025', null),
            ('members', 'published.corridors', 'year-2025|KE040|KE047|within', 'intended_count', 'intended', 'year-2025', null),
            ('members', 'published.corridors', 'year-2025|KE040|KE047|within', 'like_count', 'busia', 'year-2025', 'is_like'),
            ('public', 'published.corridors', 'year-2025|KE040|KE047|within', 'movement_count', 'busia', 'year-2025', null),
            ('members', 'published.starts', '2026-Q1|KE040', 'movement_count', 'busia', '2026-Q1', null)
        ) as t (edition, table_name, row_key, part, cell, period_id, flag)
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


def test_each_count_of_members_agrees_with_its_records(
    settings: Settings, release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    found = trace(settings, release, BUSIA)
    assert (found.edition, found.values["movement_count"], found.values["intended_count"]) == (
        "members",
        245,
        49,
    )
    assert (found.movements, len({rows.partner for rows in found.rows})) == (245, 3)
    assert (found.numbers["intended_count"], found.numbers["like_count"]) == (49, 245)
    # The fixture states cases of the year before, of which the lineage has none.
    assert (found.values["like_earlier_count"], found.agrees) == (226, False)
    words = shown(found, capsys)
    assert "intended_count 49:" in words and "The records give like_earlier_count 0." in words
    assert [rows.part for rows in found.rows][::3] == ["movement_count", "intended_count", "like_count"]


def test_a_quarter_of_series_is_traced_as_a_row_of_its_table(settings: Settings, release: Release) -> None:
    found = trace(settings, release, QUARTER)
    assert (found.table, found.edition, found.movements) == ("series.starts", "members", 245)


def test_a_members_number_without_its_records_disagrees(
    settings: Settings, release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    drop(settings, "records", "record = 7")
    found = trace(settings, release, BUSIA)
    assert (found.movements, found.agrees) == (244, False)
    words = shown(found, capsys)
    assert "The records give movement_count 244" in words and "records were forgotten" in words


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
    found = trace(settings, release, (BUSIA[0], "year-2024", *BUSIA[2:]), edition="public")
    assert found.carried_from == FIRST
    assert f"First published in the release {FIRST}" in shown(found, capsys)
    assert trace(settings, release, BUSIA).carried_from is None


# --- rows that a report counted ------------------------------------------------------------------------


def counted(settings: Settings, release: Release, where: str, edition: str = "public") -> Trace:
    return trace(settings, release, ["published.corridors", f"rows:{where}"], edition)


def test_rows_are_counted_and_their_movements_added_up(settings: Settings, release: Release) -> None:
    """By hand, from the published world: 43 + 12 go out of Kenya in 2024, and 90 into it."""
    rows = counted(settings, release, "period_id=year-2024&direction=out_of", "members")
    assert rows.values == {
        "rows": 2, "movement_count": 55, "intended_count": 10, "like_count": 0, "like_earlier_count": 0,
    }  # fmt: skip
    assert rows.counted == ("year-2024|KE047|SAU|out_of", "year-2024|KEN|SAU|out_of")
    rows = counted(
        settings, release, "period_id=year-2024&direction!=within&direction!=out_of&end_place_id!=fewer"
    )
    assert (rows.values["rows"], rows.values["movement_count"], rows.edition) == (2, 110, "public")


def test_counted_rows_lead_to_the_records_of_each(settings: Settings, release: Release) -> None:
    rows = counted(settings, release, "start_place_id=KE040&end_place_id=KE047", "members")
    assert (len(rows.counted), rows.records) == (2, 245)


@pytest.mark.parametrize(("where", "said"), [
    ("nosuch=1", "publishes no table published.corridors with the columns of nosuch=1"),
    ("anything", "does not select rows"),
])  # fmt: skip
def test_a_mistyped_condition_is_refused(settings: Settings, release: Release, where: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        counted(settings, release, where)


def test_conditions_may_match_no_row(settings: Settings, release: Release) -> None:
    assert counted(settings, release, "start_place_id=UGA&direction=within").values == {"rows": 0}


# --- keys ------------------------------------------------------------------------------------------------


def test_a_wrong_key_is_refused_with_the_columns_of_the_key_and_the_nearest_ones(
    settings: Settings, release: Release
) -> None:
    with pytest.raises(UsageError) as refused:
        trace(settings, release, ["corridors|year-2025|KE040|KE048|within"])
    assert "Give period_id|start_place_id|end_place_id|direction, a null as nothing." in str(refused.value)
    assert "Nearest: year-2025|KE040|KE047|within, " in str(refused.value)


@pytest.mark.parametrize(("table", "instead"), [
    ("published.places", "Now: published.starts, ends, passings and border_points."),
    ("codes", "Now: published.traits."), ("routes", "Now: published.mentions."),
])  # fmt: skip
def test_a_table_that_is_gone_names_what_stands_in_its_place(
    settings: Settings, release: Release, table: str, instead: str
) -> None:
    with pytest.raises(UsageError, match=f"{table} cannot be traced. {instead}"):
        trace(settings, release, [table, "origin", "KE040"])


def test_a_key_may_be_joined_or_apart_and_its_last_value_may_hold_a_separator(
    settings: Settings, release: Release
) -> None:
    mention = {"period_id": "round-2020", "mention_id": "corridor|UGA>KE047"}
    assert trace(settings, release, ["published.mentions|round-2020|corridor|UGA>KE047"]).key == mention
    assert trace(settings, release, ["mentions", "round-2020", "corridor", "UGA>KE047"]).key == mention


def test_a_number_that_no_row_stands_behind_says_so(
    settings: Settings, release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shown(trace(settings, release, ["periods", "year-2025"]), capsys)
    assert "Extracts declare rounds, and the months in which partners reported." in words
    assert "This home holds no row behind it." in words


def test_an_edition_without_its_lineage_is_refused(settings: Settings, release: Release) -> None:
    (settings.lineage / RELEASE / "counts.parquet").unlink()
    with pytest.raises(UsageError, match="no lineage of the release"):
        trace(settings, release, BUSIA)
