"""Rules for statements about published numbers: functions of counts and statuses.

A comparison needs a difference larger than the noise of both counts. A change needs a status in `shifts`; a
pair of corridors needs to be named as a pair in that table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from orchestration.outputs.texts import Texts

Row = dict[str, Any]
ROSE, FELL = ("growing", "emerging"), ("fading", "abandoned")  # statuses of a share
LEAST_BASE = 50  # cases behind a fraction of children
LEAST_KNOWN = 0.8  # below this share, a field counts as often unknown
MOST_LEADING = 3
_FRACTIONS = (
    (1, 10), (1, 7), (1, 6), (1, 5), (1, 4), (1, 3), (2, 5), (1, 2), (3, 5), (2, 3), (3, 4), (4, 5), (9, 10),
)  # fmt: skip
MOST_IN_WORDS = 20


@dataclass(frozen=True)
class Noise:
    """Noise as (count from which it applies, variance), the smallest first; empty without noise."""

    steps: tuple[tuple[int, float], ...] = ()
    unlisted: int = 0  # the largest count that is not listed

    @classmethod
    def of_policy(cls, rows: Sequence[Mapping[str, Any]]) -> Noise:
        """Return the noise from the rows of the publication policy."""
        value = {row["name"]: float(row["value"]) for row in rows if row["name"].startswith("noise_row")}
        unlisted = next(int(row["value"]) - 1 for row in rows if row["name"] == "public_least_count")
        return cls(
            tuple(
                (int(value.get(f"noise_row_{at}_from", 0)), value[f"noise_row_{at}_variance"])
                for at in (1, 2, 3)
            ),
            unlisted,
        )

    def around(self, count: int) -> float:
        """Return two standard deviations of a count of this size; 0 without noise."""
        variance = next((variance for least, variance in reversed(self.steps) if count >= least), 0.0)
        return 2 * sqrt(variance)

    def gap(self, count: int) -> float:
        """Return two standard deviations of the difference of two counts of this size."""
        return sqrt(2) * self.around(count)


def chance(share: float, base: int) -> float:
    """Return two standard deviations of a share among so many cases, by chance alone."""
    return 2 * sqrt(share * (1 - share) / base)


def leads(first: int | None, second: int | None, noise: Noise) -> bool:
    """Whether `first` is larger by more than the noise; None is a small or unlisted count."""
    return first is not None and first - (second or noise.unlisted) > noise.gap(first)


def how_many_lead(counts: Sequence[int | None], noise: Noise) -> int:
    """Return how many of the largest counts, up to three, are clearly above the next; 0 without a gap."""
    for at in range(1, min(MOST_LEADING, len(counts)) + 1):
        if leads(counts[at - 1], counts[at] if at < len(counts) else None, noise):
            return at
    return 0


def fraction(say: Texts, part: float, whole: float) -> str:
    """Return a fraction as text: `two in five`, `nearly two in five`, `more than one in two`."""
    share = part / whole
    if share > 0.95:
        return say.text("fraction.almost_all")
    if share < 0.07:
        return say.text("fraction.few")
    over, under = min(_FRACTIONS, key=lambda one: abs(one[0] / one[1] - share))
    near, text = over / under, say.text(f"fraction.{over}_{under}")
    if abs(near - share) <= 0.015:
        return text
    return say.text("fraction.nearly" if near > share else "fraction.more_than").format(fraction=text)


def in_words(say: Texts, count: int) -> str:
    """Return a number, up to twenty as a word."""
    return say.text(f"number.{count}") if count <= MOST_IN_WORDS else f"{count:,}"


def is_change(shift: Row) -> bool:
    """Whether a corridor rose or fell according to several partners."""
    return shift["status"] in (*ROSE, *FELL) and shift["evidence"] == "panel"


def group_of(shift: Row) -> str:
    """Return rose, fell, held or unjudged."""
    if is_change(shift):
        return "rose" if shift["status"] in ROSE else "fell"
    return "held" if shift["status"] == "stable" else "unjudged"


def pairs(shifts: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Return (corridor that rose, corridor it may have replaced), the largest rise first."""
    by_id = {row["corridor_id"]: row for row in shifts if is_change(row)}
    found = [
        (row, by_id[row["displaced_from"]])
        for row in by_id.values()
        if row["status"] in ROSE
        and row["displaced_from"] in by_id
        and by_id[row["displaced_from"]]["status"] in FELL
    ]
    return sorted(found, key=lambda pair: -(pair[0]["later_count"] or 0))
