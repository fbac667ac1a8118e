"""Rows that a report counted: a mistyped value is no count of none."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.errors import UsageError
from orchestration.release.current import Release
from orchestration.release.published_row import counted_rows
from orchestration.release.traced_tables import TRACED


@pytest.fixture
def release(tmp_path: Path) -> Release:
    found = Release("20261126-1", tmp_path, {}, True)
    found.public_evidence_base.parent.mkdir(parents=True)
    with duckdb.connect(str(found.public_evidence_base)) as con:
        con.execute(
            """
            create schema public;
            create table public.public_coverage (
                place_id varchar, period_id varchar, record_grain varchar, partners_band varchar
            );
            insert into public.public_coverage values
                ('KE001', '2024', 'case', 'one_or_two'), ('KE001', '2025', 'case', 'three_or_more');
            """
        )
    return found


def counted(release: Release, where: str, may_be_none: bool = False) -> int:
    found, _ = counted_rows(release, "coverage", TRACED["coverage"], where, "public", may_be_none)
    return found.counts["rows"]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("partners_band=one_or_too", "has partners_band=one_or_too. Like it are: one_or_two."),
        ("period_id=2024&partners_band=many", "There are: one_or_two, three_or_more."),
        ("period_id!=2052&partners_band=one_or_tow", "Like it are: one_or_two."),
    ],
)
def test_a_value_that_no_row_has_is_told_with_those_near_it(release: Release, where: str, said: str) -> None:
    with pytest.raises(UsageError) as told:
        counted(release, where)
    assert said in str(told.value)


def test_values_that_rows_have_may_come_to_none_together_and_so_may_what_a_report_counted(
    release: Release,
) -> None:
    assert counted(release, "partners_band=One_or_two") == 1
    assert counted(release, "period_id=2025&partners_band=one_or_two") == 0
    assert counted(release, "partners_band=none", may_be_none=True) == 0
