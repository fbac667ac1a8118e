"""What the public edition may print: closed periods, large bases, and nothing that changes by a few."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import disclosure
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
                "period_id": period, "period_to": LAST_DAY, "origin_place_id": origin, "destination_place_id": destination,
                "person_count": 1, "record_count": 1,
            }
            for at in range(persons)
        ]  # fmt: skip
    return pd.DataFrame(rows)


def lines(*found: tuple[str, str, str, int, int, int, int]) -> pd.DataFrame:
    columns = ("counting_table", "counting_role", "counting_id", "person_count_low", "partner_count",
               "largest_partner_count_low", "second_partner_count_low")  # fmt: skip
    frame = pd.DataFrame(found, columns=columns)
    return frame.assign(period_id="2024", record_grain="case", population="all", record_count=20)


PERIODS = pd.DataFrame({"period_id": ["2024"], "period_to": [LAST_DAY], "is_complete": [True]})
# Two origins and two destinations, each cell large: nothing has to be hidden.
LARGE = {("KE001", "KE047"): 60, ("KE001", "KE042"): 50, ("KE040", "KE047"): 40, ("KE040", "KE042"): 70}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def disclose(
    settings: Settings,
    counts: pd.DataFrame,
    as_of: date = LAG_PASSED,
    ledger: disclosure.Ledger = EMPTY,
    of_lines: pd.DataFrame | None = None,
) -> tuple[dict[tuple[str, str], int], set[str]]:
    """Printed cells by their ends, and the lines let through."""
    frames = {
        "intermediate.int_public_told": counts,
        "intermediate.int_counted_persons": lines() if of_lines is None else of_lines,
        "intermediate.int_periods": PERIODS,
    }
    disclosure.disclose(
        settings,
        {name: pa.Table.from_pandas(frame, preserve_index=False) for name, frame in frames.items()},
        as_of,
        ledger,
    )
    cells = pq.read_table(settings.disclosed / "public_counts.parquet").to_pylist()
    found = pq.read_table(settings.disclosed / "public_lines.parquet").to_pylist()
    return (
        {(cell["origin_place_id"], cell["destination_place_id"]): cell["person_count"] for cell in cells},
        {f"{line['counting_role']} {line['counting_id']}" for line in found},
    )


def noted(settings: Settings, name: str) -> disclosure.Ledger:
    cells = disclosure.printed_cells(pq.read_table(settings.disclosed / "public_counts.parquet").to_pandas())
    disclosure.append_to_ledger(settings.ledger, name, cells, datetime(2025, 7, 1, tzinfo=UTC))
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


def test_what_changed_by_one_is_printed_as_before_and_what_changed_by_many_anew(settings: Settings) -> None:
    first, _ = disclose(settings, told(LARGE))
    ledger = noted(settings, "first")
    one_more, _ = disclose(settings, told({**LARGE, ("KE001", "KE047"): 61}), ledger=ledger)
    assert one_more == first
    many_more, _ = disclose(settings, told({**LARGE, ("KE001", "KE047"): 80}), ledger=ledger)
    assert many_more["KE001", "KE047"] == 80 and many_more["*", "*"] == 240


def test_grains_and_periods_are_systems_of_their_own(settings: Settings) -> None:
    both = pd.concat([told(LARGE), told(LARGE, "route_report", "round-2024")], ignore_index=True)
    disclose(settings, both)
    cells = pq.read_table(settings.disclosed / "public_counts.parquet").to_pylist()
    totals = {
        (cell["record_grain"], cell["period_id"]): cell["person_count"]
        for cell in cells
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
        ("corridors", "od", "KE040>KE047", 40, 4, 10, 10),
        ("corridors", "odv", "KE040>KE032>KE047", 40, 4, 10, 10),
    )
    _, found = disclose(settings, told(LARGE), of_lines=of_lines)
    assert found == {"transit KE040", "origin KE040", "od KE040>KE047"}


def test_nothing_told_gives_empty_tables(settings: Settings) -> None:
    assert disclose(settings, told(LARGE).head(0)) == ({}, set())


def test_the_manifest_says_how_much_is_shown_and_not_why_a_cell_is_hidden(settings: Settings) -> None:
    frames = {
        "intermediate.int_public_told": told({**LARGE, ("KE001", "KE042"): 4}),
        "intermediate.int_counted_persons": lines(),
        "intermediate.int_periods": PERIODS,
    }
    tables = {name: pa.Table.from_pandas(frame, preserve_index=False) for name, frame in frames.items()}
    disclosed = disclosure.disclose(settings, tables, LAG_PASSED, EMPTY)
    assert "because" not in str(disclosed.told) and "complementary" not in str(disclosed.told["systems"])
    assert disclosed.told["policy"]["version"] == disclosure.load_disclosure_policy().version
    assert disclosed.numbers["cells_hidden"] > 0
