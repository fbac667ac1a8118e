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
    coverage = Coverage(blocking, looked.groups, frame, kinds.able)
    every = _View(frame, looked, model, model.comparisons, kinds, coverage)
    likely = looked.where(every.likely())
    views = [_View(frame, likely, model, model.comparisons, kinds, coverage)]
    if frame.words and all((words >= 0).any() for words in frame.words.values()):
        plain = frame.without_kinds()
        views.append(_View(plain, likely, model, without_kinds(model), kinds, coverage, sift=False))
    seen, counted = views[0], views[-1]
    return Scored(
        seen.across.first,
        seen.across.second,
        seen.kinds,
        np.log2(np.maximum(odds_of(seen.across, seen.learned[0]), 1e-12)),
        seen.rivals,
        seen.estimate(),
        counted.estimate(),
        [*(view.drawn(frame) for view in views), seen.drawn(frame, fixed=True)],
        counted.false(),
        looked.left_out,
    )


def _nothing(kinds: int) -> Scored:
    none, no_number = np.zeros(0, dtype=np.int64), np.zeros(0)
    evidence = Evidence(none, none, no_number, none, np.zeros((0, 0), dtype=np.int64), np.zeros((0, 0)), none)
    estimate = Estimate(no_number, np.ones(kinds))
    rivals = Rivals(evidence, none)
    return Scored(none, none, none, no_number, rivals, estimate, estimate, [], np.zeros(kinds), [])


class _View:
    """The pairs across and within partners, as one way of comparing names shows them."""

    def __init__(
        self,
        frame: Frame,
        looked: Looked,
        model: Model,
        comparisons: Sequence[Comparison | SharedWords],
        kinds: Kinds,
        coverage: Coverage,
        sift: bool = True,
    ) -> None:
        low, high = (share * frame.size / kinds.possible for share in policy.DUPLICATE_SHARE_BOUNDS)
        self._bounds, self._all = (min(low, 0.25), min(high, 0.5)), kinds
        self._comparisons, self._coverage = comparisons, coverage
        self._added, kin = [one.expected for one in comparisons], [one.expected_of_kin for one in comparisons]
        least = float(np.log(policy.COUNTED_FROM / self._bounds[1])) if sift else -np.inf
        evidence = evidence_of(frame, looked, model.blocks, comparisons, (self._added, kin), least)
        partner = frame.columns["partner"]
        one_partner = partner[evidence.first] == partner[evidence.second]
        self.across, self._within = evidence.where(~one_partner), evidence.where(one_partner)
        self.kinds = kinds.number(self.across.first, self.across.second)
        self.rivals = Rivals(self.across, partner)
        share = min(policy.DUPLICATE_SHARE_AT_FIRST * frame.size / kinds.possible, self._bounds[1])
        first = Learned(self._added, share)
        companions, count = learn_companions(self._within, kin, max(kinds.within, 1))
        if count > policy.KIN_FROM:
            first = replace(first, kin=companions, kin_share=share)
        # The share of pairs of one person hangs on how many the blocks miss, and this on the agreement.
        found = learn(self._setting(np.ones(len(kinds.able))), first, Prior(self._added))
        [missed] = coverage.of(comparisons, [found.agreement])
        learned = learn(self._setting(missed), found, Prior(self._added))
        [missed] = coverage.of(comparisons, [learned.agreement])
        self.learned = learned, missed

    def likely(self) -> Ints:
        """Where pairs stand among those looked at that may be one person, or companions within a partner."""
        learned, _ = self.learned
        across = self.rivals.probabilities(odds_of(self.across, learned)) >= policy.LIKELY_FROM
        alike = odds_of(self._within, replace(learned, kin=None))
        if learned.kin is not None:
            alike = alike + odds_of(self._within, Learned(learned.kin, max(learned.kin_share, learned.share)))
        return np.sort(np.concatenate([self.across.at[across], self._within.at[alike >= policy.LIKELY_FROM]]))

    def estimate(self) -> Estimate:
        learned, found = self.learned
        return Estimate(self.rivals.probabilities(odds_of(self.across, learned)), found)

    def false(self) -> Floats:
        """How many pairs within partners would be taken for one person, kind by kind."""
        odds = odds_of(self._within, self.learned[0])
        kinds = self._all.number(self._within.first, self._within.second)
        return sums_of(kinds, odds / (1 + odds), len(self._all.able))

    def drawn(self, frame: Frame, fixed: bool = False) -> list[Estimate]:
        """Learned again, with agreement drawn to begin with; `fixed`: of it only the share is learned."""
        (start, coverage), dice = self.learned, np.random.default_rng(_SEED)
        setting, found = self._setting(coverage), []
        for number in range(policy.REPETITIONS):
            pairs = float(np.exp(dice.uniform(*np.log(policy.ADDED_PAIRS_RANGE))))
            agreement = drawn_agreement(self._added, dice)
            if fixed:
                found.append(learn(setting, replace(start, agreement=agreement), None))
            else:
                weights = weights_of(frame, self.across, number)
                found.append(learn(setting, start, Prior(agreement, pairs), weights))
        every = [start.agreement, *(one.agreement for one in found)]
        shares = self._coverage.of(self._comparisons, every, policy.COVERAGE_DRAWS_REPEATED)
        return [
            Estimate(self.rivals.probabilities(odds_of(self.across, one)), coverage * share / shares[0])
            for one, share in zip(found, shares[1:], strict=True)
        ]

    def _setting(self, coverage: Floats) -> Setting:
        return Setting(self.across, self.rivals, coverage[self.kinds], self._all.possible, self._bounds)
