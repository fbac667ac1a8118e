"""Expected duplicates in each place, corridor and period, worked out by hand."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pyarrow as pa
import pytest

from orchestration.linkage import Clusters
from orchestration.linkage.cells import cell_duplicates
from orchestration.linkage.tables import LIKELY_PAIRS

Pair = tuple[int, int, int, int]


def duplicates(
    pairs: Iterable[Pair], at: dict[str, Iterable[int]], within: dict[str, Iterable[int]]
) -> dict[tuple[str, str], tuple[float, float]]:
    """By place and period: `at` names the records at a place, `within` those in a period."""
    likely = [dict(zip(LIKELY_PAIRS.names, pair, strict=True)) for pair in pairs]
    keys = [
        {"movement_id": record, "counting_table": "hotspots", "counting_role": "origin", "counting_id": place}
        for place, records in at.items()
        for record in records
    ]
    cells = [
        {"movement_id": record, "period_id": period, "population": "all", "record_grain": "case", "record_count": 1}
        for period, records in within.items()
        for record in records
    ]  # fmt: skip
    found = cell_duplicates(
        pa.Table.from_pylist(likely, schema=LIKELY_PAIRS),
        pa.Table.from_pylist(keys),
        pa.Table.from_pylist(cells),
    ).to_pylist()
    return {
        (row["counting_id"], row["period_id"]): (row["duplicates_low"], row["duplicates_high"])
        for row in found
    }


NINE_TENTHS = [(1, 2, 800_000, 950_000), (2, 3, 800_000, 950_000), (1, 3, 800_000, 950_000)]


def test_duplicates_are_counted_within_each_cell() -> None:
    """All three in Busia; Nairobi has 1 and 3, which the forest of all three may well leave apart; 2025 has 1 alone."""
    found = duplicates(NINE_TENTHS, {"busia": [1, 2, 3], "nairobi": [1, 3]}, {"2024": [1, 2, 3], "2025": [1]})
    assert found == {("busia", "2024"): (1.6, 1.9), ("nairobi", "2024"): (0.8, 0.95)}


def test_uncounted_records_bring_no_duplicates() -> None:
    likely = pa.Table.from_pylist(
        [{"record_a": 1, "record_b": 2, "low_millionths": 1, "high_millionths": 1}], schema=LIKELY_PAIRS
    )
    place = {"counting_table": "hotspots", "counting_role": "origin", "counting_id": "busia"}
    keys = pa.Table.from_pylist([{"movement_id": record, **place} for record in (1, 2)])
    cell = {"period_id": "year-2024", "population": "all", "record_grain": "case"}
    prevented = [{"movement_id": record, "record_count": 0, **cell} for record in (1, 2)]
    assert cell_duplicates(likely, keys, pa.Table.from_pylist(prevented)).num_rows == 0


def test_each_cell_counts_its_maximum_spanning_forest() -> None:
    """Against Kruskal's rule pair by pair, in 30 places that share 60 records."""
    dice = random.Random(4)  # noqa: S311  (nothing secret is drawn)
    drawn = {(min(pair), max(pair)) for pair in (dice.sample(range(60), 2) for _ in range(400))}
    chances = sorted((dice.randrange(1, 1_000_000) for _ in drawn), reverse=True)
    pairs = [(*pair, chance // 2, chance) for pair, chance in zip(sorted(drawn), chances, strict=True)]
    at = {f"place {number}": dice.sample(range(60), 25) for number in range(30)}
    found = duplicates(pairs, at, {"2024": range(60)})
    for place, records in at.items():
        forest, sums = Clusters(), [0, 0]
        for one, other, low, high in pairs:
            if {one, other} <= set(records) and forest.join(one, other):
                sums[0] += low
                sums[1] += high
        assert found[place, "2024"] == pytest.approx((sums[0] / 1e6, sums[1] / 1e6))
