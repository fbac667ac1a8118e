"""How likely pairs of records are one person: a Fellegi-Sunter model that learns from the records.

Pairs across partners are scored. Those within a partner, who are never one person, teach what companions look
like, and show how often the model would take strangers for one person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from orchestration.linkage import policy
from orchestration.linkage.blocks import Blocking, Looked
from orchestration.linkage.comparisons import Comparison, Floats, SharedWords
from orchestration.linkage.expected import (
    Coverage,
    Estimate,
    Scored,
    drawn_agreement,
    sums_of,
    weights_of,
)
from orchestration.linkage.frame import Frame, Ints
from orchestration.linkage.learning import (
    Evidence,
    Learned,
    Prior,
    Rivals,
    Setting,
    evidence_of,
    learn,
    learn_companions,
    odds_of,
)
from orchestration.linkage.model import Model, without_kinds

_SEED = 7


@dataclass(frozen=True)
class Kinds:
    """The kinds of pairs that may be scored: a `number` for each pair of records, -1 if it may not be.

    `able` says of each kind which records it is about; `possible` and `within` how many pairs there are in
    all, across partners and within them.
    """

    number: Callable[[Ints, Ints], Ints]
    able: Sequence[Any]
    possible: int
    within: int


def score(frame: Frame, model: Model, kinds: Kinds) -> Scored:
    """Score the pairs that the blocks find. Same records, same scores, whatever their ids and codes are."""
    model = model.for_columns(frame)
    if not (kinds.possible and model.blocks and model.comparisons):
        return _nothing(len(kinds.able))
    blocking = Blocking(frame, model.blocks)
    looked = blocking.pairs(frame, lambda one, other: kinds.number(one, other) >= 0)
    seen = _View(frame, looked, model, model.comparisons, kinds)
    coverage = Coverage(blocking, looked.groups, frame, kinds.able)
    rivals = Rivals(seen.across, frame.columns["partner"])
    kinds_of = kinds.number(seen.across.first, seen.across.second)

    def learned_from(view: _View) -> Learned:
        """The share of pairs of one person hangs on how many the blocks miss, and this on the agreement."""
        found = view.learn(rivals, np.ones(len(kinds_of)))
        return view.learn(rivals, coverage.of(view.comparisons, found.agreement)[kinds_of], found)

    def estimate(view: _View, found: Learned) -> Estimate:
        probability = rivals.probabilities(odds_of(view.across, found))
        return Estimate(probability, coverage.of(view.comparisons, found.agreement))

    learned = learned_from(seen)
    odds = odds_of(seen.across, learned)
    views = [seen]
    if all((words >= 0).any() for words in frame.words.values()) and frame.words:
        kept = looked.where(seen.kept)
        views.append(_View(frame.without_kinds(), kept, model, without_kinds(model), kinds, prune=False))
    draws = []
    for view, fixed in [*((view, False) for view in views), (seen, True)]:
        start, dice = (learned if view is seen else learned_from(view)), np.random.default_rng(_SEED)
        found = coverage.of(view.comparisons, start.agreement)[kinds_of]
        draws.append(
            [
                estimate(
                    view,
                    view.learn_drawn(
                        rivals, found, start, dice, fixed, weights_of(frame, view.across, number)
                    ),
                )
                for number in range(policy.REPETITIONS)
            ]
        )
    false = odds_of(seen.within, learned)
    false_kinds = kinds.number(seen.within.first, seen.within.second)
    return Scored(
        seen.across.first,
        seen.across.second,
        kinds_of,
        np.log2(np.maximum(odds, 1e-12)),
        rivals,
        estimate(seen, learned),
        draws,
        sums_of(false_kinds, false / (1 + false), len(kinds.able)),
        looked.left_out,
    )


def _nothing(kinds: int) -> Scored:
    none, no_number = np.zeros(0, dtype=np.int64), np.zeros(0)
    evidence = Evidence(none, none, no_number, none, np.zeros((0, 0), dtype=np.int64), np.zeros((0, 0)))
    estimate = Estimate(no_number, np.ones(kinds))
    return Scored(none, none, none, no_number, Rivals(evidence, none), estimate, [], np.zeros(kinds), [])


class _View:
    """The pairs across and within partners, as one way of comparing names shows them."""

    def __init__(
        self,
        frame: Frame,
        looked: Looked,
        model: Model,
        comparisons: Sequence[Comparison | SharedWords],
        kinds: Kinds,
        prune: bool = True,
    ) -> None:
        low, high = (share * frame.size / kinds.possible for share in policy.DUPLICATE_SHARE_BOUNDS)
        self.bounds, self._possible = (min(low, 0.25), min(high, 0.5)), kinds.possible
        self.comparisons = comparisons
        self._added, kin = [one.expected for one in comparisons], [one.expected_of_kin for one in comparisons]
        least = np.log(policy.COUNTED_FROM / self.bounds[1]) if prune else -np.inf
        evidence, self.kept = evidence_of(frame, looked, model.blocks, comparisons, (self._added, kin), least)
        partner = frame.columns["partner"]
        one_partner = partner[evidence.first] == partner[evidence.second]
        self.across, self.within = evidence.where(~one_partner), evidence.where(one_partner)
        share = min(policy.DUPLICATE_SHARE_AT_FIRST * frame.size / kinds.possible, self.bounds[1])
        self._first = Learned(self._added, share)
        companions, count = learn_companions(self.within, kin, max(kinds.within, 1))
        if count > policy.KIN_FROM:
            self._first = replace(self._first, kin=companions, kin_share=share)

    def learn(self, rivals: Rivals, coverage: Floats, start: Learned | None = None) -> Learned:
        return learn(self._setting(rivals, coverage), start or self._first, Prior(self._added))

    def learn_drawn(
        self,
        rivals: Rivals,
        coverage: Floats,
        start: Learned,
        dice: np.random.Generator,
        fixed: bool,
        weights: Floats,
    ) -> Learned:
        """With agreement drawn to begin with; `fixed`: nothing but the share is learned from there."""
        pairs = float(np.exp(dice.uniform(*np.log(policy.ADDED_PAIRS_RANGE))))
        drawn = drawn_agreement(self._added, dice)
        setting = self._setting(rivals, coverage)
        if fixed:
            return learn(setting, replace(start, agreement=drawn), None)
        return learn(setting, start, Prior(drawn, pairs), weights)

    def _setting(self, rivals: Rivals, coverage: Floats) -> Setting:
        return Setting(self.across, rivals, coverage, self._possible, self.bounds)
