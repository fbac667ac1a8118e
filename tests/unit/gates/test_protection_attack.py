"""A small, seeded attack on public counts: no small cell is found better than by guessing."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pytest

from orchestration.statistics import LEAVES, fit_leaves
from tests import attacks
from tests.attacks import FEWER, LEAST_SHOWN, Pair, Public
from tests.fixtures.protected_world import noise

STARTS = [f"o{number}" for number in range(9)]
ENDS = [f"d{number}" for number in range(6)]
MOVEMENTS = 500


class SmallWorld:
    """Journeys between a few places, of which a few pairs have most; and its public tables."""

    def __init__(self, seed: int) -> None:
        dice = np.random.default_rng(seed)
        weights = np.outer(dice.gamma(0.5, size=len(STARTS)), dice.gamma(0.5, size=len(ENDS)))
        chosen = dice.choice(weights.size, MOVEMENTS, p=(weights / weights.sum()).ravel())
        self._journeys = [(STARTS[at // len(ENDS)], ENDS[at % len(ENDS)]) for at in chosen]
        self._keys = dice.integers(0, 2**31, MOVEMENTS).tolist()
        self.counts: Counter[Pair] = Counter(self._journeys)

    def public(self) -> Public:
        """Sums of the counts fitted to protected ones; a start and an end have a leaf without the other."""
        rows = []
        for table, names in (("total", ()), ("starts", (0,)), ("ends", (1,)), ("corridors", (0, 1))):
            cells = [tuple(journey[at] for at in names) for journey in self._journeys]
            for cell, count in self._protected(table, cells).items():
                named = dict(zip((("start_place_id", "end_place_id")[at] for at in names), cell, strict=True))
                rows.append({"table_name": table, **named, "protected_count": count})
        for start, end in [(start, "unknown") for start in STARTS] + [("unknown", end) for end in ENDS]:
            rows.append(
                {
                    "table_name": "corridors",
                    "start_place_id": start,
                    "end_place_id": end,
                    "protected_count": 0,
                }
            )
        each = {"period_id": "2025", "direction": "within", "column_name": "movement_count"}
        columns = pa.schema([field for field in LEAVES if field.name != "fitted_count"])
        for name, kind in (
            ("table_name", pa.string()),
            ("column_name", pa.string()),
            ("protected_count", pa.int32()),
        ):
            columns = columns.append(pa.field(name, kind))
        leaves = fit_leaves(
            pa.Table.from_pylist([{**each, **row} for row in rows], schema=columns)
        ).to_pylist()
        return public_of(
            {(leaf["start_place_id"], leaf["end_place_id"]): leaf["fitted_count"] for leaf in leaves}
        )

    def _protected(self, table: str, cells: list) -> Counter:  # type: ignore[type-arg]
        counts, sums = Counter(cells), Counter()
        for cell, key in zip(cells, self._keys, strict=True):
            sums[cell] += key
        return Counter(
            {
                cell: count + noise(f"{table}|2025|{cell}|{sums[cell]}|0", count)
                for cell, count in counts.items()
            }
        )


def public_of(leaves: Mapping[Pair, int]) -> Public:
    """The tables of these counts, small cells summed in rows `fewer`."""
    tables: list[Counter] = [Counter(), Counter(), Counter()]  # type: ignore[type-arg]
    for table, cell_of in zip(
        tables, (lambda pair: pair, lambda pair: pair[0], lambda pair: pair[1]), strict=True
    ):
        for pair, count in leaves.items():
            table[cell_of(pair)] += count
        rest = sum(table.pop(cell) for cell, count in list(table.items()) if count < LEAST_SHOWN)
        table[(FEWER, FEWER) if table is tables[0] else FEWER] = rest
    return Public(*tables)


SEEDS = [7, 11, 2020]


@pytest.mark.parametrize("seed", SEEDS)
def test_integer_programs_leave_every_small_cell_at_least_seven_values(seed: int) -> None:
    world = SmallWorld(seed)
    small = sorted(pair for pair, count in world.counts.items() if count < 5)[:8]
    assert small
    widths = attacks.widths_of_ranges(world.public(), STARTS, ENDS, small)
    assert min(widths) >= 7


def test_averaging_finds_small_cells_no_better_than_guessing() -> None:
    found = guessed = cells = 0
    for seed in range(12):
        world = SmallWorld(seed)
        estimate = attacks.averaged(world.public(), STARTS, ENDS)
        small = {pair: count for pair, count in world.counts.items() if count < 5}
        commonest = Counter(small.values()).most_common(1)[0][1]
        found += sum(estimate[pair] == count for pair, count in small.items())
        guessed, cells = guessed + commonest, cells + len(small)
    assert found / cells <= guessed / cells + 0.05


def test_the_attack_finds_counts_that_are_not_protected() -> None:
    """A control: exact tables with small cells summed as fewer give many of these away."""
    world = SmallWorld(7)
    exact = public_of(world.counts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attacks, "NOISE_ROWS", ((0, 0.25, 0),))
        small = sorted(pair for pair, count in world.counts.items() if count < 5)[:8]
        assert min(attacks.widths_of_ranges(exact, STARTS, ENDS, small)) < 7


def test_attacker_who_knows_all_but_one_record_is_seldom_sure() -> None:
    """Over the cells that one movement of the samples stands in: its corridor and places, and totals."""
    dice = np.random.default_rng(3)
    cells = np.array([11, 29, 59, 119, *[400] * 7])
    sure = []
    for _ in range(600):
        is_inside = bool(dice.random() < 0.5)
        noise = []
        for count in cells.tolist():
            true = count + is_inside
            row = next(one for one in reversed(attacks.NOISE_ROWS) if true >= one[0])
            values = np.arange(-row[2], row[2] + 1)
            chances = np.array([attacks.noise_probability(true, value) for value in values.tolist()])
            noise.append(int(dice.choice(values, p=chances / chances.sum())) + is_inside)
        belief = attacks.knowing_all_but_one(cells, np.array(noise))
        sure.append(belief if is_inside else 1 - belief)
    assert np.mean(np.array(sure) > 0.9) <= 0.05
    assert max(sure) < 1


def test_who_knows_all_but_one_record_is_rarely_sure_of_it_from_counts_and_labels() -> None:
    """Places of 10 to 60 records with a count and a label: exact labels prove some records, drawn ones none."""
    dice, scale, marks = np.random.default_rng(7), 0.10, np.log([1.0, 1.5, 2.0, 3.0])
    counts = dice.integers(10, 60, 600)
    beliefs, proven = [], 0
    for count in counts.tolist():
        low_end, without = (np.log(number / 20) + 0.3 * np.sin(count) for number in (count, count - 1))
        proven += int(np.searchsorted(marks, low_end) != np.searchsorted(marks, without))
        values, chances = attacks.distribution(count)
        published = count + int(dice.choice(values, p=chances))
        of_count = [attacks.published_probability(number, published) for number in (count, count - 1)]
        labels = [attacks.label_chances(one / scale, marks / scale) for one in (low_end, without)]
        outcome = int(dice.choice(len(marks) + 1, p=labels[0]))
        odds = np.log(of_count[0] / of_count[1]) + attacks.label_evidence(*labels, outcome)
        assert abs(attacks.label_evidence(*labels, outcome)) <= (low_end - without) / scale + 1e-9
        beliefs.append(1 / (1 + np.exp(-odds)))
    assert proven > 10
    assert max(beliefs) < 1 and np.mean(np.array(beliefs) > 0.9) <= 0.05
