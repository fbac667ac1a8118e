"""Day and month were swapped: read the other way round, the dates say what they said before."""

import re
from collections import Counter
from itertools import permutations

from orchestration.gates.diagnosis.held import FEWEST, Change, Found, HeldExtract

SENTENCE = (
    "Day and month look swapped in {columns}: read the other way round, {count} of the {of} dates that "
    "differ fit (rows {rows})"
)
QUESTION = (
    "Were the dates written with day and month in another order? Please send the file with the order used "
    "before."
)
_NUMBERS = re.compile(r"\d+")


def explain(held: HeldExtract) -> Found | None:
    return held.of_changes(_is_swapped) or held.of_new(
        (name for name in held.fields if _is_in_another_order(*held.sides(name))), _swapped
    )


def _swapped(text: str) -> str:
    """Exchange the month with the day; the year has four digits."""
    numbers = _NUMBERS.findall(text)[:3]
    if len(numbers) < 3:
        return ""
    at = iter([numbers[0], numbers[2], numbers[1]] if len(numbers[0]) == 4 else [numbers[1], numbers[0]])
    return _NUMBERS.sub(lambda found: next(at, found[0]), text)


def _is_swapped(change: Change) -> bool:
    was, now = (list(map(int, _NUMBERS.findall(text)[:3])) for text in (change.was, _swapped(change.now)))
    return bool(now) and was == now


def _is_in_another_order(before: list[str], now: list[str]) -> bool:
    """Whether only one position exceeds 12, and it was another one before."""

    def over_12(texts: list[str]) -> Counter[int]:
        parts = (part for text in texts for part in enumerate(_NUMBERS.findall(text)[:3]))
        return Counter(at for at, number in parts if 12 < int(number) <= 31)

    over = over_12(before), over_12(now)
    return any(
        min(over[0][day], over[1][month]) >= max(FEWEST, 20 * over[0][month], 20 * over[1][day])
        for day, month in permutations(range(3), 2)
    )
