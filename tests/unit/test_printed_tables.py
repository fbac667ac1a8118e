"""What the public edition may print: closed periods, large bases, and nothing that changes by a few."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jinja2 import Template

from orchestration import disclosure
from orchestration.release import printed_counts
from orchestration.settings import Settings
from tests.unit.release_world import settings_in

EMPTY = disclosure.read_ledger(Path("nowhere"))
LAST_DAY = date(2024, 12, 31)
LAG_PASSED = date(2025, 6, 29)  # 180 days after the last day of 2024


def told(counts: dict[tuple[str, str], int], grain: str = "case", period: str = "2024") -> pd.DataFrame:
    """One person a movement, told by four partners in turn, so that no partner stands out."""
    rows = []
    for (origin, destination), persons in counts.items():
        rows += [
            {
                "movement_id": len(rows) + at, "partner": f"partner_{at % 4}", "record_grain": grain,
                "period_id": period, "origin_place_id": origin, "destination_place_id": destination,
                "origin_country_place_id": "KEN", "destination_country_place_id": "KEN", "is_child": False,
                "person_count": 1, "record_count": 1,
            }
            for at in range(persons)
        ]  # fmt: skip
    return pd.DataFrame(rows)


def lines(*found: tuple[str, str, str, int, int, int, int], period: str = "2024") -> pd.DataFrame:
    columns = ("counting_table", "counting_role", "counting_id", "person_count_low", "partner_count",
               "largest_partner_count_low", "second_partner_count_low")  # fmt: skip
    frame = pd.DataFrame(found, columns=columns)
    return frame.assign(period_id=period, record_grain="case", population="all", record_count=20)


PERIODS = pd.DataFrame(
    [
        ("2024", "year", date(2024, 1, 1), LAST_DAY, True),
        ("2024-Q4", "quarter", date(2024, 10, 1), LAST_DAY, True),
        ("2024-Q4-12m", "rolling_12_months", date(2024, 1, 1), LAST_DAY, True),
        ("2024-Q2-12m", "rolling_12_months", date(2023, 7, 1), date(2024, 6, 30), True),
        ("round-2024", "round", date(2024, 6, 1), date(2024, 6, 30), True),
    ],
    columns=["period_id", "period_kind", "period_from", "period_to", "is_complete"],
)
# Two origins and two destinations, each cell large: nothing has to be hidden.
LARGE = {("KE001", "KE047"): 60, ("KE001", "KE042"): 50, ("KE040", "KE047"): 40, ("KE040", "KE042"): 70}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def aggregates(**frames: pd.DataFrame) -> dict[str, pa.Table]:
    """Tables of the work file by their names; those that are not given are empty."""
    found = {}
    for name, columns in disclosure.AGGREGATES.items():
        empty = pd.DataFrame({column: pd.Series(dtype="object") for column in columns})
        frame = frames.get(name.split(".")[1], empty)
        found[name] = pa.Table.from_pandas(frame[[*columns]], preserve_index=False)
    return found


def disclose(
    settings: Settings,
    counts: pd.DataFrame,
    as_of: date = LAG_PASSED,
    ledger: disclosure.Ledger = EMPTY,
    of_lines: pd.DataFrame | None = None,
    signed: Collection[str] = (),
    edition: str = "public",
) -> tuple[dict[tuple[str, str], int], set[str]]:
    """Printed cells of all ages by their ends, and the lines let through."""
    told_lines = lines() if of_lines is None else of_lines
    given = aggregates(int_told=counts, int_counted_persons=told_lines, int_periods=PERIODS)
    disclosure.disclose(settings, given, as_of, ledger, signed)
    return (
        {
            (cell["origin_place_id"], cell["destination_place_id"]): cell["person_count"]
            for cell in written(settings, "counts", edition)
            if cell["population"] == "all"
        },
        {
            f"{line['counting_role']} {line['counting_id']}"
            for line in written(settings, "lines", edition)
            if line["counting_table"] in ("hotspots", "corridors")
        },
    )


def written(settings: Settings, table: str, edition: str = "public") -> list[dict[str, object]]:
    rows = pq.read_table(settings.disclosed / f"{table}.parquet").to_pylist()
    return [row for row in rows if row["edition"] == edition]


def read_back(settings: Settings, edition: str = "public") -> pd.DataFrame:
    """The printed counts with the days of their periods, as the gate has them."""
    cells = pd.DataFrame(written(settings, "counts", edition))
    return cells.merge(PERIODS[["period_id", "period_from", "period_to"]], on="period_id")


def noted(settings: Settings, name: str) -> disclosure.Ledger:
    printed = disclosure.printed_cells(read_back(settings))
    disclosure.append_to_ledger(settings.ledger, name, printed, datetime(2025, 7, 1, tzinfo=UTC))
    return disclosure.read_ledger(settings.ledger)


def test_a_period_is_printed_on_the_day_its_lag_has_passed_and_not_before(settings: Settings) -> None:
    assert disclose(settings, told(LARGE), date(2025, 6, 28)) == ({}, set())
    printed, _ = disclose(settings, told(LARGE))
    assert printed == {
        **LARGE,
        ("KE001", "*"): 110, ("KE040", "*"): 110, ("*", "KE047"): 100, ("*", "KE042"): 120, ("*", "*"): 220,
    }  # fmt: skip


def test_a_movement_of_two_partners_counts_its_persons_once(settings: Settings) -> None:
    counts = told(LARGE)
    twice = counts.head(1).assign(partner="partner_9")
    printed, _ = disclose(settings, pd.concat([counts, twice], ignore_index=True))
    assert printed["*", "*"] == 220


def test_a_small_cell_is_hidden_with_others_so_that_no_total_gives_it_away(settings: Settings) -> None:
    small = {**LARGE, ("KE001", "KE042"): 4, ("KE003", "KE047"): 30, ("KE003", "KE042"): 30}
    printed, _ = disclose(settings, told(small))
    assert ("KE001", "KE042") not in printed
    for line in ([("KE001", end) for end in ("KE047", "KE042", "*")],
                 [(start, "KE042") for start in ("KE001", "KE003", "KE040", "*")]):  # fmt: skip
        assert sum(cell not in printed for cell in line) >= 2, line


def test_the_manifest_says_since_when_a_year_is_printed(settings: Settings) -> None:
    disclose(settings, told(LARGE))
    ledger = noted(settings, "first")
    given = aggregates(int_told=told(LARGE), int_periods=PERIODS)
    again = disclosure.disclose(settings, given, LAG_PASSED, ledger)
    assert again.told["printed_since"] == {"case 2024": "2025-07-01"}
    assert again.numbers == {"systems_new": 0, "systems_frozen": 1}
    assert disclosure.disclose(settings, given, LAG_PASSED, EMPTY).told["printed_since"] == {}


@pytest.mark.parametrize("now", [61, 80, 3])
def test_what_was_printed_once_stays_as_it_was_whatever_is_reported_later(
    settings: Settings, now: int
) -> None:
    first, _ = disclose(settings, told(LARGE))
    ledger = noted(settings, "first")
    later, _ = disclose(
        settings, told({**LARGE, ("KE001", "KE047"): now, ("KE002", "KE047"): 40}), ledger=ledger
    )
    assert later == first
    assert disclose(settings, told(LARGE).head(0), ledger=ledger)[0] == first


def test_another_name_for_the_same_days_brings_no_second_count(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = told(LARGE, "route_report", "round-2024")
    first, _ = disclose(settings, rounds)
    ledger = noted(settings, "first")
    renamed = PERIODS.assign(period_id=PERIODS["period_id"].replace("round-2024", "round-June 2024"))
    monkeypatch.setattr(sys.modules[__name__], "PERIODS", renamed)
    one_more = told({**LARGE, ("KE001", "KE047"): 61}, "route_report", "round-June 2024")
    assert disclose(settings, one_more, ledger=ledger)[0] == first
    is_round = renamed["period_id"] == "round-June 2024"
    longer = renamed.assign(period_to=renamed["period_to"].mask(is_round, date(2024, 7, 2)))
    monkeypatch.setattr(sys.modules[__name__], "PERIODS", longer)
    assert disclose(settings, one_more, ledger=ledger)[0] == {}, "its days overlap what was printed"


def test_grains_and_periods_are_systems_of_their_own(settings: Settings) -> None:
    both = pd.concat([told(LARGE), told(LARGE, "route_report", "round-2024")], ignore_index=True)
    disclose(settings, both)
    totals = {
        (cell["record_grain"], cell["period_id"]): cell["person_count"]
        for cell in written(settings, "counts")
        if (cell["origin_place_id"], cell["destination_place_id"]) == ("*", "*")
    }
    assert totals == {("case", "2024"): 220, ("route_report", "round-2024"): 220}


def test_a_label_needs_a_base_that_could_be_printed(settings: Settings) -> None:
    of_lines = lines(
        ("hotspots", "transit", "KE040", 30, 4, 10, 8),  # large
        ("hotspots", "transit", "KE001", 9, 4, 3, 2),  # few persons
        ("hotspots", "transit", "KE002", 30, 2, 15, 15),  # few partners
        ("hotspots", "transit", "KE003", 30, 4, 26, 2),  # of one partner nearly alone
        ("hotspots", "origin", "KE040", 30, 4, 10, 8),  # large, and its total is printed
        ("hotspots", "origin", "KE039", 30, 4, 10, 8),  # large, but its total is not printed
        ("hotspots", "exploitation", "KE047", 30, 4, 10, 8),
        ("hotspots", "exploitation", "KE039", 30, 4, 10, 8),
        ("corridors", "od", "KE040>KE047", 40, 4, 10, 10),
        ("corridors", "odv", "KE040>KE032>KE047", 40, 4, 10, 10),
    )
    _, found = disclose(settings, told(LARGE), of_lines=of_lines)
    assert found == {"transit KE040", "origin KE040", "exploitation KE047", "od KE040>KE047"}


def test_a_label_of_other_days_does_not_tell_that_a_hidden_cell_is_large(settings: Settings) -> None:
    """Inside the year, the year under another name, and of two years, of which one is not printed."""
    for period in ("2024-Q4", "2024-Q4-12m", "2024-Q2-12m"):
        hidden = lines(("hotspots", "origin", "KE039", 30, 4, 10, 8), period=period)
        assert disclose(settings, told(LARGE), of_lines=hidden)[1] == set()


def test_where_a_system_prints_nothing_no_label_of_its_cells_stands(settings: Settings) -> None:
    of_lines = lines(("hotspots", "origin", "KE001", 30, 4, 10, 8))
    printed, found = disclose(
        settings, told({("KE001", "KE047"): 4, ("KE002", "KE047"): 4}), of_lines=of_lines
    )
    assert (printed, found) == ({}, set())


def test_the_gate_finds_a_number_that_should_not_be_there(settings: Settings) -> None:
    small = told({**LARGE, ("KE001", "KE042"): 4, ("KE003", "KE047"): 30, ("KE003", "KE042"): 30})
    disclose(settings, small)
    policy = disclosure.load_disclosure_policy()
    printing = disclosure.printing_of("public", policy, PERIODS, LAG_PASSED, EMPTY)
    printed = read_back(settings)

    def wrong(frame: pd.DataFrame) -> int:
        return disclosure.wrong_cells(small, frame, printing)

    def is_safe(frame: pd.DataFrame) -> bool:
        return disclosure.audit_counts(small, frame, printing).is_safe

    assert wrong(printed) == 0 and is_safe(printed)
    too_small = printed.head(1).assign(origin_place_id="KE001", destination_place_id="KE042", person_count=4)
    assert wrong(pd.concat([printed, too_small])) == 1
    assert wrong(printed.assign(person_count=printed["person_count"] + 1)) == len(printed)
    assert wrong(printed.assign(record_grain="route_report")) == len(printed), "nobody counted these"
    cover = printed.head(1).assign(origin_place_id="KE003", destination_place_id="KE042", person_count=30)
    more = printed.head(1).assign(origin_place_id="KE003", destination_place_id="KE047", person_count=30)
    rest = printed.head(1).assign(origin_place_id="KE001", destination_place_id="KE047", person_count=60)
    leaky = pd.concat([printed, cover, more, rest]).drop_duplicates(
        ["origin_place_id", "destination_place_id"]
    )
    assert wrong(leaky) == 0 and not is_safe(leaky), "each may stand, together they give KE001>KE042 away"


def test_under_an_unsigned_policy_nothing_is_printed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = disclosure.load_disclosure_policy()
    changed = tuple(
        {**row, "default": "11"} if row["name"] == "public_least_persons" else row for row in policy.rows
    )
    monkeypatch.setattr(
        "orchestration.disclosure.printed_tables.load_disclosure_policy",
        lambda: replace(policy, rows=changed),
    )
    assert disclose(settings, told(LARGE)) == ({}, set())
    assert disclose(settings, told(LARGE), signed={policy.version})[0]["*", "*"] == 220


def test_nothing_told_gives_empty_tables(settings: Settings) -> None:
    assert disclose(settings, told(LARGE).head(0)) == ({}, set())


def test_the_manifest_says_how_much_is_shown_and_not_why_a_cell_is_hidden(settings: Settings) -> None:
    tables = aggregates(
        int_told=told({**LARGE, ("KE001", "KE042"): 4}), int_counted_persons=lines(), int_periods=PERIODS
    )
    disclosed = disclosure.disclose(settings, tables, LAG_PASSED, EMPTY)
    assert "because" not in str(disclosed.told) and "complementary" not in str(disclosed.told["systems"])
    assert disclosed.told["systems"][0]["system"] == "case 2024-01-01..2024-12-31"
    assert disclosed.told["policy"]["version"] == disclosure.load_disclosure_policy().version
    assert disclosed.numbers == {"systems_new": 1, "systems_frozen": 0}


def test_children_of_a_country_are_read_back_as_they_were_counted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Under a signed policy that tells of children: by all of Kenya, beside those of whom no county is known."""
    policy = disclosure.load_disclosure_policy()
    of_children = replace(policy, public=replace(policy.public, children_tables=True))
    monkeypatch.setattr("orchestration.disclosure.printed_tables.load_disclosure_policy", lambda: of_children)
    counts = told({**LARGE, ("KEN", "KE047"): 60, ("KEN", "KE042"): 60})
    counts["is_child"] = counts["movement_id"] % 7 < 3
    disclose(settings, counts)
    cells = read_back(settings)
    at_start = cells[(cells["population"] == "children") & (cells["destination_place_id"] == "*")]
    assert "KEN+" in set(at_start["origin_place_id"]), "all of Kenya, and not only where no county is known"
    file = tmp_path / "evidence_base.duckdb"
    _print(file, cells)
    again = printed_counts(file)
    printing = disclosure.printing_of("public", of_children, PERIODS, LAG_PASSED, EMPTY)
    assert set(again.loc[again["population"] == "children", "origin_place_id"]) == {"KEN+", "*"}
    assert not again.duplicated(["population", "origin_place_id", "destination_place_id"]).any()
    assert disclosure.wrong_cells(counts, again, printing) == 0
    assert disclosure.audit_counts(counts, again, printing).is_safe


def _print(file: Path, cells: pd.DataFrame) -> None:
    """Printed counts as the tables of the public edition; dbt's macros are those of the project."""
    macros = (Path(__file__).parents[2] / "dbt_project" / "macros" / "printed.sql").read_text(
        encoding="utf-8"
    )
    made = Template(macros).make_module({"ref": lambda name: name})
    with duckdb.connect(str(file)) as con:
        con.register("cells", cells)
        con.execute("create schema public; create table stg_printed_counts as select * from cells")
        con.register("periods", PERIODS)
        con.execute("create table public.public_periods as select * from periods")
        for table, sql in {
            "corridors": made.printed_corridors("public"),
            "ends": made.printed_ends("public", "all"),
            "children": made.printed_ends("public", "children"),
        }.items():
            con.execute(f"create table public.public_{table} as {sql}")
