"""Seeded chance that gives the same draws on every Python and machine.

Only `random.Random.random()` is used: Python promises its sequence for a seed, while numpy's Generator and
`random.choice` may change between versions, and the committed extracts must come out again byte for byte.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """One stream of chance; every purpose has its own, so that a change in one does not move another."""

    def __init__(self, *purpose: object) -> None:
        seed = "/".join(str(part) for part in purpose)
        self._next = random.Random(seed).random  # noqa: S311  (nothing secret is drawn)

    def share(self) -> float:
        return self._next()

    def chance(self, probability: float) -> bool:
        return self._next() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._next() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self._next() * len(options))]

    def weighted(self, options: Mapping[T, float]) -> T:
        left = self._next() * sum(options.values())
        for option, weight in options.items():
            left -= weight
            if left < 0:
                return option
        return next(reversed(list(options)))

    def shuffled(self, options: Sequence[T]) -> list[T]:
        return [
            option for _, option in sorted(((self._next(), i), option) for i, option in enumerate(options))
        ]
