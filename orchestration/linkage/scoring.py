"""How likely pairs of records are one person: a Fellegi-Sunter model that learns from the records.

Pairs across partners are scored. Those within a partner, who are never one person, teach what companions look
like, and show how often the model would take strangers for one person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from orchestration.linkage import policy
from orchestration.linkage.blocks import Blocking, Candidates, Rule, joined
from orchestration.linkage.comparisons import Floats
from orchestration.linkage.expected import (
    Coverage,
    Estimate,
    Kinds,
    Scored,
    drawn_rates,
    sums_of,
    weights_of,
)
from orchestration.linkage.frame import Frame
from orchestration.linkage.learning import (
    ROUNDS,
    STILL,
    Comparisons,
    Parameters,
    Rates,
    Rivals,
    evidence_of,
    learn_companions,
)
from orchestration.linkage.model import COMPARISONS, RULES, without_kinds

_SEED = 7
_DIGITS = 9  # of what is compared with a threshold, so that all machines agree


def score(
    frame: Frame, kinds: Kinds, comparisons: Comparisons = COMPARISONS, rules: Sequence[Rule] = RULES
) -> Scored:
    """Score the pairs that the rules find. Same records, same scores, whatever their ids and codes are."""
    filled = frame.filled
    comparisons = [one for one in comparisons if one.column in filled]
    rules = [
        replace(rule, cuts=tuple(cut for cut in rule.cuts if cut in filled - rule.columns))
        for rule in rules
        if rule.columns <= filled
    ]
    if not (kinds.possible and comparisons and rules):
        return Scored.nothing(kinds)
    blocking = Blocking(frame, rules, kinds)
    coverage = Coverage(blocking, frame, kinds)
    likely = _Fit(frame, blocking.parts(), comparisons, kinds, coverage).likely()
    fits = [_Fit(frame, [likely], comparisons, kinds, coverage)]
    if {"baptismal", "other"} <= filled:
        plain = frame.without_kinds(), [likely], without_kinds(comparisons)
        fits.append(_Fit(*plain, kinds, coverage, sift=False))
    seen, counted = fits[0], fits[-1]
    return Scored(
        seen.across.first,
        seen.across.second,
        seen.kinds,
        np.log2(np.maximum(seen.across.odds(seen.learned), 1e-12)),
        seen.rivals,
        seen.estimate(),
        counted.estimate(),
        [*(fit.drawn() for fit in fits), seen.drawn(fixed=True)],
        counted.false(),
        blocking.left_out,
    )


class _Fit:
    """The model fitted to pairs, with one way of comparing names."""

    def __init__(
        self,
        frame: Frame,
        candidates: Iterable[Candidates],
        comparisons: Comparisons,
        kinds: Kinds,
        coverage: Coverage,
        sift: bool = True,
    ) -> None:
        low, high = (share * frame.size / kinds.possible for share in policy.DUPLICATE_SHARE_BOUNDS)
        self._bounds, self._all_kinds = (min(low, 0.25), min(high, 0.5)), kinds
        self._frame, self._comparisons, self._coverage = frame, comparisons, coverage
        self._added = [one.rates() for one in comparisons]
        least = float(np.log(policy.LIKELY_FROM / self._bounds[1])) if sift else -np.inf
        evidence = evidence_of(frame, candidates, coverage.rules, comparisons, least)
        partner = frame.columns["partner"]
        is_within = partner[evidence.first] == partner[evidence.second]
        self.across, self._within = evidence.where(~is_within), evidence.where(is_within)
        self.kinds = kinds.of(self.across.first, self.across.second)
        self.rivals = Rivals(self.across.first, self.across.second, partner)
        share = min(policy.DUPLICATE_SHARE_AT_FIRST * frame.size / kinds.possible, self._bounds[1])
        self.learned = Parameters(self._added, share)
        added_kin = [one.rates(kin=True) for one in comparisons]
        m_of_kin, count = learn_companions(self._within, added_kin, max(kinds.within, 1))
        if count > policy.KIN_FROM:
            self.learned = replace(self.learned, m_of_kin=m_of_kin, kin_share=share)
        # The share of pairs of one person hangs on how many the rules miss, and this on m.
        self._found = np.ones(len(kinds.groups))
        for _ in range(2):
            self.learned = self._learn(self.learned, self._added)
            [self._found] = coverage.of(comparisons, [self.learned.m])

    def likely(self) -> Candidates:
        """The candidates that may be one person, or companions within a partner, in the order of records."""
        learned = self.learned
        across = self.rivals.probabilities(self.across.odds(learned))
        within = self._within.odds(replace(learned, m_of_kin=None))
        if learned.m_of_kin is not None:
            kin = Parameters(learned.m_of_kin, max(learned.kin_share, learned.share))
            within = within + self._within.odds(kin)
        found = joined(
            [
                evidence.found.where(np.round(likely, _DIGITS) >= policy.LIKELY_FROM)
                for evidence, likely in ((self.across, across), (self._within, within))
            ]
        )
        return found.where(np.lexsort((found.second, found.first)))

    def estimate(self) -> Estimate:
        return Estimate(self.rivals.probabilities(self.across.odds(self.learned)), self._found)

    def false(self) -> Floats:
        """How many pairs within partners would be taken for one person, kind by kind."""
        odds = self._within.odds(self.learned)
        kinds = self._all_kinds.of(self._within.first, self._within.second)
        return sums_of(kinds, odds / (1 + odds), len(self._found))

    def drawn(self, fixed: bool = False) -> list[Estimate]:
        """Learned again, with m drawn to begin with; `fixed`: of it only the share is learned."""
        dice, found = np.random.default_rng(_SEED), []
        for number in range(policy.REPETITIONS):
            pairs = float(np.exp(dice.uniform(*np.log(policy.ADDED_PAIRS_RANGE))))
            drawn = drawn_rates(self._added, dice)
            if fixed:
                found.append(self._learn(replace(self.learned, m=drawn)))
            else:
                weights = weights_of(self._frame, self.across, number)
                found.append(self._learn(self.learned, drawn, pairs, weights))
        every = [self.learned.m, *(one.m for one in found)]
        shares = self._coverage.of(self._comparisons, every, policy.COVERAGE_DRAWS_REPEATED)
        return [
            Estimate(self.rivals.probabilities(self.across.odds(one)), self._found * share / shares[0])
            for one, share in zip(found, shares[1:], strict=True)
        ]

    def _learn(
        self,
        learned: Parameters,
        added: Rates | None = None,
        pairs: float = policy.ADDED_PAIRS,
        weights: Floats | None = None,
    ) -> Parameters:
        """m and share that explain the pairs best. `pairs` that agree as `added` stand beside them; without
        these m stays as it is.
        """
        evidence, possible = self.across, self._all_kinds.possible
        kin = evidence.bayes_factors(learned.m_of_kin) if learned.m_of_kin is not None else None
        for _ in range(ROUNDS):
            before = learned
            found = self.rivals.probabilities(evidence.odds(learned, kin))
            if weights is not None:
                found = found * weights
            if kin is not None:
                odds = kin * learned.kin_share
                companions = float(np.sum((1 - np.minimum(found, 1)) * odds / (1 + odds)))
                learned = replace(learned, kin_share=companions / possible)
            share = float(np.sum(found / self._found[self.kinds])) / possible
            learned = replace(learned, share=min(max(share, self._bounds[0]), self._bounds[1]))
            if added is not None:
                learned = replace(learned, m=evidence.rates(found, added, pairs))
            moved = max(float(np.abs(a - b).max()) for a, b in zip(learned.m, before.m, strict=True))
            if moved < STILL and abs(learned.share - before.share) < STILL * before.share:
                break
        return learned
