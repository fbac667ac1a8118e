"""A small, seeded attack on protected counts: no small cell is found better than by guessing."""

from collections import Counter

import numpy as np
import pytest

from tests import attacks
from tests.attacks import Pair, Public
from tests.fixtures.protected_world import noise

ORIGINS = [f"o{number}" for number in range(9)]
DESTINATIONS = [f"d{number}" for number in range(6)]
MOVEMENTS = 500


class SmallWorld:
    """Journeys between a few places, of which a few pairs have most; and its public tables."""

    def __init__(self, seed: int) -> None:
        dice = np.random.default_rng(seed)
        weights = np.outer(dice.gamma(0.5, size=len(ORIGINS)), dice.gamma(0.5, size=len(DESTINATIONS)))
        chosen = dice.choice(weights.size, MOVEMENTS, p=(weights / weights.sum()).ravel())
        self._journeys = [
            (ORIGINS[at // len(DESTINATIONS)], DESTINATIONS[at % len(DESTINATIONS)]) for at in chosen
        ]
        self._keys = dice.integers(0, 2**31, MOVEMENTS).tolist()
        self.counts: Counter[Pair] = Counter(self._journeys)

    def public(self) -> Public:
        return Public(
            self._protected("corridors", self._journeys),
            self._protected("origins", [origin for origin, _ in self._journeys]),
            self._protected("destinations", [destination for _, destination in self._journeys]),
            self._protected("total", ["all"] * MOVEMENTS).get("all"),
        )

    def _protected(self, table: str, cells: list) -> dict:  # type: ignore[type-arg]
        counts, sums = Counter(cells), Counter()
        for cell, key in zip(cells, self._keys, strict=True):
            sums[cell] += key
        shown = {
            cell: count + noise(f"{table}|2025|{cell}|{sums[cell]}|0", count)
            for cell, count in counts.items()
        }
        return {cell: count for cell, count in shown.items() if count >= attacks.LEAST_SHOWN}


SEEDS = [7, 11, 2020]


@pytest.mark.parametrize("seed", SEEDS)
def test_integer_programs_leave_every_small_cell_at_least_seven_values(seed: int) -> None:
    world = SmallWorld(seed)
    small = sorted(pair for pair, count in world.counts.items() if count < 5)[:8]
    assert small
    widths = attacks.widths_of_ranges(world.public(), ORIGINS, DESTINATIONS, small)
    assert min(widths) >= 7


def test_averaging_finds_small_cells_no_better_than_guessing() -> None:
    found = guessed = cells = 0
    for seed in range(12):
        world = SmallWorld(seed)
        estimate = attacks.averaged(world.public(), ORIGINS, DESTINATIONS)
        small = {pair: count for pair, count in world.counts.items() if count < 5}
        commonest = Counter(small.values()).most_common(1)[0][1]
        found += sum(estimate[pair] == count for pair, count in small.items())
        guessed, cells = guessed + commonest, cells + len(small)
    assert found / cells <= guessed / cells + 0.05


def test_the_attack_finds_counts_that_are_not_protected() -> None:
    """A control: exact tables without small corridors give many of these away."""
    world = SmallWorld(7)
    exact = Public(
        {pair: count for pair, count in world.counts.items() if count >= attacks.LEAST_SHOWN},
        {o: sum(n for (one, _), n in world.counts.items() if one == o) for o in ORIGINS},
        {d: sum(n for (_, one), n in world.counts.items() if one == d) for d in DESTINATIONS},
        MOVEMENTS,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attacks, "NOISE_ROWS", ((0, 0.25, 0),))
        small = sorted(pair for pair, count in world.counts.items() if count < 5)[:8]
        assert min(attacks.widths_of_ranges(exact, ORIGINS, DESTINATIONS, small)) < 7


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
