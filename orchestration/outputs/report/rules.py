"""What may be said of published numbers: pure functions from counts and statuses to words.

A sentence that compares needs a difference larger than the noise of both counts. A change needs the status of
`shifts`; two corridors are named as a pair only where the table names them so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

Row = dict[str, Any]
ROSE, FELL = ("growing", "emerging"), ("fading", "abandoned")
LEAST_BASE = 50  # of a share of children that is named
LEAST_KNOWN = 0.8  # of a field of which the rest is named as unknown
MOST_LEADING = 3
_FRACTIONS = {
    1 / 10: "one in ten",
    1 / 7: "one in seven",
    1 / 6: "one in six",
    1 / 5: "one in five",
    1 / 4: "one in four",
    1 / 3: "one in three",
    2 / 5: "two in five",
    1 / 2: "one in two",
    3 / 5: "three in five",
    2 / 3: "two in three",
    3 / 4: "three in four",
    4 / 5: "four in five",
    9 / 10: "nine in ten",
}
_NUMBERS = (
    "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip


@dataclass(frozen=True)
class Noise:
    """Variance of the noise by size of count: (from, variance), the smallest first; empty without noise."""

    steps: tuple[tuple[int, float], ...] = ()
    unlisted: int = 0  # the most that a count that is not listed may be

    @classmethod
    def of_policy(cls, rows: Sequence[Mapping[str, Any]]) -> Noise:
        """Read from the rows of the publication policy."""
        value = {row["name"]: float(row["value"]) for row in rows if row["name"].startswith("noise_row")}
        unlisted = next(int(row["value"]) - 1 for row in rows if row["name"] == "public_least_count")
        return cls(
            tuple(
                (int(value.get(f"noise_row_{at}_from", 0)), value[f"noise_row_{at}_variance"])
                for at in (1, 2, 3)
            ),
            unlisted,
        )

    def gap(self, count: int) -> float:
        """Two standard deviations of the difference of two counts of this size; 0 without noise."""
        variance = next((variance for least, variance in reversed(self.steps) if count >= least), 0.0)
        return 2 * sqrt(2 * variance)


def leads(first: int | None, second: int | None, noise: Noise) -> bool:
    """`first` is larger by more than the noise explains; a count that is not given is small or not listed."""
    return first is not None and first - (second or noise.unlisted) > noise.gap(first)


def how_many_lead(counts: Sequence[int | None], noise: Noise) -> int:
    """Up to three largest counts that stand clearly above the next; 0 where no such gap is there."""
    for at in range(1, min(MOST_LEADING, len(counts)) + 1):
        if leads(counts[at - 1], counts[at] if at < len(counts) else None, noise):
            return at
    return 0


def fraction(part: float, whole: float) -> str:
    """About which fraction: `two in five`, `nearly two in five`, `more than one in two`."""
    share = part / whole
    if share > 0.95:
        return "almost all"
    if share < 0.07:
        return "few"
    near = min(_FRACTIONS, key=lambda one: abs(one - share))
    if abs(near - share) <= 0.015:
        return _FRACTIONS[near]
    return f"{'nearly' if near > share else 'more than'} {_FRACTIONS[near]}"


def one_in(part: int, whole: int) -> int:
    """The k of `at least one in k`."""
    return ceil(whole / part)


def times(larger: int, smaller: int) -> str | None:
    """`more than twice`, `nearly three times`; None under twice."""
    ratio = larger / smaller
    if ratio < 1.9:
        return None
    whole = ceil(ratio) if ceil(ratio) - ratio <= 0.1 * ceil(ratio) else int(ratio)
    said = "twice" if whole == 2 else f"{in_words(whole)} times"
    if abs(ratio - whole) < 0.02 * whole:
        return said
    return f"{'nearly' if ratio < whole else 'more than'} {said}"


def in_words(count: int) -> str:
    """Numbers up to twenty as words."""
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def is_change(shift: Row) -> bool:
    """A rise or fall that several partners saw."""
    return shift["status"] in (*ROSE, *FELL) and shift["evidence"] == "panel"


def pairs(shifts: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Corridors that rose while the corridor that they took over from fell, the largest rise first."""
    by_id = {row["corridor_id"]: row for row in shifts if is_change(row)}
    found = [
        (row, by_id[row["displaced_from"]])
        for row in by_id.values()
        if row["status"] in ROSE
        and row["displaced_from"] in by_id
        and by_id[row["displaced_from"]]["status"] in FELL
    ]
    return sorted(found, key=lambda pair: -(pair[0]["current_count"] or 0))


def held_while_doubled(shift: Row) -> bool:
    """The count doubled, yet the share among partners that reported in both periods held."""
    before, now = shift["baseline_count"], shift["current_count"]
    return bool(shift["status"] == "stable" and before and now and now >= 2 * before)


def is_half(shift: Row) -> bool:
    """A fall to about half: the larger side is 20 or more, both are shown."""
    before, now = shift["baseline_count"], shift["current_count"]
    return bool(before and now and before >= 20 and 0.4 <= now / before <= 0.6)
