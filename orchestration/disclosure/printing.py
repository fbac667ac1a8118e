"""One edition on its way to its readers: its rules, its periods, and what readers know already.

A system is all that is printed of one grain and the same days. It is known by its grain and days, not by the
name of its period.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd

from orchestration.disclosure.ledger import Ledger, Printed
from orchestration.disclosure.policy import DisclosurePolicy, EditionPolicy
from orchestration.disclosure.protect import NOTHING_PRINTED

Days = tuple[date, date]
# Where persons came from and where they went to; a cell by both.
ENDS = ("origin_place_id", "destination_place_id")
Cell = tuple[str, str]
# Of each system the cells that readers know to be empty.
Zeros = Mapping[str, frozenset[Cell]]
NO_ZEROS: Zeros = {}
# Before the name of a system in the ledger: what is told of it without a number.
PRESENT, NEWS_OF, REPORTED_IN = "present in ", "news of ", "reported in "
NO_COUNTS = (PRESENT, NEWS_OF, REPORTED_IN)
NOTHING_FROZEN = Ledger({}, [], "")
# What persons are counted by, in both editions. Of cases no two such periods share a day without being the
# same: no count less another leaves the persons of a few months.
KIND_OF_GRAIN = {"case": "year", "route_report": "round"}
# A round says when reports were collected, not when anybody travelled: it is as coarse as a year.
_LEVEL_OF_KIND = {"quarter": "quarter", "year": "year", "rolling_12_months": "year", "round": "year"}


@dataclass(frozen=True)
class Periods:
    """Periods that are closed and old enough to be told: id → first and last day, and id → kind.

    `counted` are those that persons are counted by, for each grain.
    """

    days: Mapping[str, Days]
    kinds: Mapping[str, str]
    counted: Mapping[str, frozenset[str]]

    @classmethod
    def of(
        cls, periods: pd.DataFrame, policy: DisclosurePolicy, as_of: date, edition: str = "public"
    ) -> Periods:
        """`periods`: period_id, period_kind, period_from, period_to, is_complete."""
        rules = policy.edition(edition)
        kinds: dict[str, str] = {}
        days: dict[str, Days] = {}
        for row in periods[periods["is_complete"].astype(bool)].itertuples():
            first, last = day_of(row.period_from), day_of(row.period_to)
            is_old = last + timedelta(days=rules.lag_days) <= as_of
            level = _LEVEL_OF_KIND.get(str(row.period_kind), "day")
            if is_old and not policy.is_too_fine(edition, "period", level, of_children=False):
                days[str(row.period_id)], kinds[str(row.period_id)] = (first, last), str(row.period_kind)
        counted = {
            grain: frozenset(name for name, one in kinds.items() if one == kind)
            for grain, kind in KIND_OF_GRAIN.items()
        }
        return cls(days, kinds, counted)

    def named(self, grain: str, days: Days) -> str | None:
        """The id of the period by which a grain is counted; None where there is none of these days."""
        return next((name for name in sorted(self.counted.get(grain, ())) if self.days[name] == days), None)


@dataclass(frozen=True)
class Printing:
    """`ledger`: what this edition printed once and prints again as it was; the partner edition freezes
    nothing. `known`: what its readers have of the same systems from the other edition, old values included.
    `zeros`: what its readers were told to be empty, in earlier releases and in the other edition.
    """

    policy: DisclosurePolicy
    edition: str
    periods: Periods
    ledger: Ledger = NOTHING_FROZEN
    known: Printed = field(default_factory=lambda: NOTHING_PRINTED)
    zeros: Zeros = field(default_factory=lambda: NO_ZEROS)

    @property
    def rules(self) -> EditionPolicy:
        return self.policy.edition(self.edition)


def universe_of(grain: str, days: Days) -> str:
    return f"{grain} {days[0]}..{days[1]}"


def days_of(universe: str) -> tuple[str, Days]:
    """Grain and days of a system."""
    grain, _, days = universe.partition(" ")
    first, _, last = days.partition("..")
    return grain, (date.fromisoformat(first), date.fromisoformat(last))


def overlap(one: Days, other: Days) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def day_of(value: object) -> date:
    return pd.Timestamp(str(value)).date()
