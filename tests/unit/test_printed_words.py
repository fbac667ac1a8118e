"""The release gate holds rows and figures of printed tables against what is let through."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration.disclosure.presence import PRESENCE
from orchestration.disclosure.printed_lines import LINES
from orchestration.disclosure.printed_news import NEWS
from orchestration.disclosure.printed_reporting import REPORTING
from orchestration.gates.printed_words import words_not_let_through

ROW = {"record_grain": "case", "period_id": "w2"}
# Of each table one row, as the mart has it and as the report prints it.
TABLES = {
    "hotspots": {
        **ROW, "place_id": "KE001", "place_level": "county", "role": "origin", "label": "hotspot",
        "activity_ratio": 2.0, "ratio_low": 1.5, "ratio_high": 3.0, "partner_count": 3,
    },
    "corridor_shifts": {
        "corridor_id": "A>B", "record_grain": "case", "baseline_window": "w1", "current_window": "w2",
        "status": "growing", "share_odds_ratio": 2.0, "ratio_low": 1.5, "ratio_high": 3.0,
    },
    "regional_risk": {**ROW, "place_id": "KE001", "band": "higher", "score": 70.0, "low": 61.0, "high": 79.0},
    "coverage": {**ROW, "place_id": "KE001", "effort_months": 5, "partner_count": 2},
    "completeness": {**ROW, "field": "sex", "known_share_band": "over_nine_tenths"},
    "novelty": {
        "item_kind": "county", "item": "KE001", "role": "origin", "round": "2024", "record_grain": "case",
        "evidence_class": "panel_confirmed",
    },
}  # fmt: skip
EXTRA = {
    "hotspots": "'all' as population, 20 as record_count, 20 as compared_record_count",
    "corridor_shifts": "'od' as level",
    "regional_risk": "1.0 as origin_ratio, null::double as transit_ratio, null::double as exploitation_ratio, "
    "null::double as change_ratio",
}
LINES_TOLD = [
    ("hotspots", "origin", "KE001", "w2"), ("corridors", "od", "A>B", "w1"), ("corridors", "od", "A>B", "w2"),
    ("completeness", "", "sex", "w2"),
]  # fmt: skip
NO_PRESENCE = pd.DataFrame(columns=PRESENCE.names)
WATCHED = {**ROW, "edition": "partner", "place_id": "KE001", "told": "one_or_two"}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "evidence_base.duckdb"
    with duckdb.connect(str(path)) as con:
        for schema in ("marts", "report"):
            con.execute(f"create schema {schema}")
        for name, row in TABLES.items():
            frame = pd.DataFrame([row])
            con.register("frame", frame)
            con.execute(f"create table report.report_{name} as select * from frame")
            con.execute(
                f"create table marts.mart_{name} as select *, {EXTRA.get(name, '1 as one')} from frame"
            )
        con.execute("create table marts.mart_places as select * from marts.mart_hotspots")
    return path


def wrong(
    base: Path,
    without: tuple[str, ...] = (),
    no_figures: tuple[str, ...] = (),
    presence: pd.DataFrame = NO_PRESENCE,
    news: list[dict[str, str]] | None = None,
    reported: str = "one_or_two",
) -> int:
    told = [("partner", *line, "case", line[:2] != no_figures[:2]) for line in LINES_TOLD if line != without]
    words = {
        "lines": pd.DataFrame(told, columns=LINES.names),
        "news": pd.DataFrame([TABLES["novelty"]] if news is None else news, columns=NEWS.names),
        "presence": NO_PRESENCE,
        "reporting": pd.DataFrame([WATCHED], columns=REPORTING.names),
    }
    reporting = pd.DataFrame([WATCHED | {"told": reported}])
    return words_not_let_through(base, base, "report", words, presence, reporting)


def test_what_was_let_through_is_right(base: Path) -> None:
    assert wrong(base) == 0


@pytest.mark.parametrize("line", LINES_TOLD, ids=" ".join)
def test_a_row_whose_line_was_not_let_through_is_found(base: Path, line: tuple[str, ...]) -> None:
    # The county's rating rests on its origins too.
    assert wrong(base, without=line) == (2 if line[0] == "hotspots" else 1)


@pytest.mark.parametrize("line", [one for one in LINES_TOLD if one[0] != "completeness"], ids=" ".join)
def test_a_figure_that_may_not_stand_is_found(base: Path, line: tuple[str, ...]) -> None:
    assert wrong(base, no_figures=line) == (2 if line[0] == "hotspots" else 1)


@pytest.mark.parametrize(
    ("table", "column"),
    [("hotspots", "ratio_low"), ("corridor_shifts", "share_odds_ratio"), ("regional_risk", "score"),
     ("coverage", "partner_count")],
)  # fmt: skip
def test_a_figure_that_is_not_the_marts_is_found(base: Path, table: str, column: str) -> None:
    with duckdb.connect(str(base)) as con:
        con.execute(f"update report.report_{table} set {column} = {column} + 1")
    assert wrong(base) == 1


def test_a_figure_beside_a_border_point_is_found(base: Path) -> None:
    with duckdb.connect(str(base)) as con:
        con.execute("update report.report_hotspots set place_level = 'border_point'")
    assert wrong(base) == 1


def test_figures_of_some_of_the_records_are_found(base: Path) -> None:
    with duckdb.connect(str(base)) as con:
        for mart in ("mart_hotspots", "mart_places"):
            con.execute(f"update marts.{mart} set compared_record_count = 19")
    assert wrong(base) == 2, "the county's ratio, and its score"


def test_a_score_that_a_change_is_part_of_is_found(base: Path) -> None:
    with duckdb.connect(str(base)) as con:
        con.execute("update marts.mart_regional_risk set change_ratio = 1.4")
    assert wrong(base) == 1


def test_a_share_of_records_is_a_number_that_nobody_knows(base: Path) -> None:
    with duckdb.connect(str(base)) as con:
        con.execute("alter table report.report_completeness add column known_share double")
    assert wrong(base) == 1


@pytest.mark.parametrize("table", TABLES)
def test_a_column_of_numbers_that_nobody_knows_is_found(base: Path, table: str) -> None:
    with duckdb.connect(str(base)) as con:
        con.execute(f"alter table report.report_{table} add column record_count bigint")
    assert wrong(base) == 1


def test_a_way_that_was_not_let_through_is_found(base: Path) -> None:
    row = ("partner", "case", "w2", "A", "B", "via_place_id", "KE032")
    assert wrong(base, presence=pd.DataFrame([row], columns=PRESENCE.names)) == 1


def test_news_that_nobody_let_through_are_found(base: Path) -> None:
    assert wrong(base, news=[]) == 1
    assert wrong(base, news=[{**TABLES["novelty"], "evidence_class": "seen_before"}]) == 1


def test_a_corridor_of_nobody_needs_a_line_of_its_own(base: Path) -> None:
    with duckdb.connect(str(base)) as con:
        con.execute("update report.report_corridor_shifts set status = 'emerging', share_odds_ratio = null")
    assert wrong(base) == 1


def test_a_word_of_who_reported_that_was_not_let_through_is_found(base: Path) -> None:
    assert wrong(base, reported="three_or_more") == 1
