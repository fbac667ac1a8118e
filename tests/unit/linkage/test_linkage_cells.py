"""Expected duplicates in each place, corridor and period, worked out by hand."""

from collections.abc import Iterable

import duckdb
import pyarrow as pa
import pytest

from orchestration.linkage.tables import ENDS, LIKELY_PAIRS, cell_duplicates


def duplicates(
    pairs: Iterable[tuple[int, ...]], at: dict[str, list[int]], within: dict[str, list[int]], counted: int = 1
) -> dict[tuple[str, str], tuple[float, ...]]:
    """By place and period: `at` names the records at a place, `within` those in a period; `counted`: each as so many."""
    likely = [dict(zip(LIKELY_PAIRS.names, pair, strict=True)) for pair in pairs]
    keys = [
        {"movement_id": record, "counting_table": "hotspots", "counting_role": "origin", "counting_id": place}
        for place, records in at.items() for record in records
    ]  # fmt: skip
    cells = [
        {"movement_id": record, "period_id": period, "population": "all", "record_grain": "case", "record_count": counted}
        for period, records in within.items() for record in records
    ]  # fmt: skip
    with duckdb.connect() as con:
        con.register("keys", pa.Table.from_pylist(keys))
        con.register("cells", pa.Table.from_pylist(cells))
        con.execute(
            """create schema intermediate;
            create table intermediate.int_counting_keys as from keys;
            create table intermediate.int_movement_cells as from cells"""
        )
        found = cell_duplicates(con, pa.Table.from_pylist(likely, schema=LIKELY_PAIRS)).to_pylist()
    return {
        (row["counting_id"], row["period_id"]): tuple(row[f"duplicates_{end}"] for end in ENDS)
        for row in found
    }


def test_duplicates_are_counted_within_each_cell() -> None:
    """All three in Busia; Nairobi has 1 and 3; 2025 has 1 alone."""
    pairs = [
        (1, 2, 600_000, 650_000, 700_000, 0),
        (2, 3, 500_000, 600_000, 650_000, 0),
        (1, 3, 400_000, 410_000, 450_000, 0),
    ]
    places, periods = {"busia": [1, 2, 3], "nairobi": [1, 3]}, {"2024": [1, 2, 3], "2025": [1]}
    assert duplicates(pairs, places, periods) == {
        ("busia", "2024"): (1.5, 1.66, 1.8), ("nairobi", "2024"): (0.4, 0.41, 0.45),
    }  # fmt: skip
    assert duplicates(pairs, places, periods, counted=0) == {}, "records that count nowhere"


def test_pairs_of_a_cell_have_their_own_chance() -> None:
    """.7 with a variance of .21: 1.645 * .458 = .754 beside the .1 of what was learned, .760 in all, and never less than nobody."""
    [ends] = duplicates(
        [(1, 2, 600_000, 700_000, 800_000, 210_000)], {"busia": [1, 2]}, {"2024": [1, 2]}
    ).values()
    assert ends == pytest.approx((0, 0.7, 1.46), abs=0.001)
