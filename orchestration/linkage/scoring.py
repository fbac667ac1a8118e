"""How likely pairs of records are one person: a Fellegi-Sunter model that learns from the records.

`COMPARISONS` is what is compared of two records, `RULES` by what pairs are found. Pairs across partners are
scored. Those within a partner, who are never one person, teach what companions look like, and show how often
the model would take strangers for one person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from orchestration.linkage import policy
from orchestration.linkage.blocks import ABOUT, TWO, Blocking, Candidates, Kinds, Rule, joined
from orchestration.linkage.comparisons import Comparison, Floats, SharedWords
from orchestration.linkage.expected import (
    Coverage,
    Estimate,
    Scored,
    drawn_rates,
    sums_of,
    weights_of,
)
from orchestration.linkage.frame import Frame
from orchestration.linkage.learning import (
    DIGITS,
    ROUNDS,
    Comparisons,
    Parameters,
    Rates,
    Rivals,
    evidence_of,
    is_still,
    learn_companions,
)

_FACT = [policy.SAME_FACT]
_ANSWER = [policy.SAME_ANSWER]
COMPARISONS: Comparisons = [
    SharedWords("baptismal", policy.SAME_NAME, policy.KIN_BAPTISMAL),
    SharedWords("other", policy.SAME_NAME, policy.KIN_OTHER),
    Comparison("phone_code", [policy.SAME_PHONE]),
    Comparison("sex", [policy.SAME_SEX]),
    Comparison("birth_year", policy.SAME_BIRTH_YEAR, policy.KIN_BIRTH_YEAR, apart=(0, 1, 2)),
    Comparison("nationality", [policy.SAME_NATIONALITY], given=["origin"]),
    Comparison("origin", _FACT, unless="subcounty_code"),
    Comparison("subcounty_code", [*_ANSWER, policy.SAME_COUNTY_ONLY], wider="origin"),
    Comparison("destination", _FACT, given=["origin"]),
    Comparison("exploitation", _FACT, given=["destination", "origin"]),
    Comparison("day", policy.SAME_DAY, policy.KIN_DAY, apart=policy.DAYS_APART, given=["recruited_code"]),
    Comparison("recruited_code", _ANSWER),
    Comparison("schooling_code", _ANSWER, policy.KIN_ANSWER),
    Comparison("children_code", _ANSWER, policy.KIN_ANSWER),
]

_BORN = f"{ABOUT}birth_year"
_CUTS = ("birth_year", "origin", "destination", "exploitation", "subcounty_code", "recruited_code")
RULES = [
    Rule(("sex", *parts), _CUTS)
    for parts in (
        ("phone_code",),
        ("baptismal", "other"),
        (f"{TWO}baptismal",),
        (f"{TWO}other",),
        *((kind, by) for kind in ("baptismal", "other") for by in (_BORN, "origin", "destination")),
        ("birth_year", "origin", "destination"),
        ("subcounty_code", _BORN),
        ("subcounty_code", "recruited_code"),
        ("subcounty_code", "destination"),
        ("recruited_code", "origin"),
        ("recruited_code", "destination", "birth_year"),
    )
]


def without_kinds(comparisons: Comparisons) -> Comparisons:
    """Comparisons of frames whose words are all of the kind `other`."""
    return [
        replace(one, also="baptismal", m_of_kin=policy.KIN_ANY) if isinstance(one, SharedWords) else one
        for one in comparisons
        if one.column != "baptismal"
    ]


_SEED = 7


def score(
    frame: Frame,
    kinds: Kinds,
    comparisons: Comparisons = COMPARISONS,
    rules: Sequence[Rule] = RULES,
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

    def sifted() -> Candidates:
        every = _Fit(frame, blocking.parts(), comparisons, kinds, coverage)
        return every.likely(every.learned().rounded())

    likely = sifted()
    seen = counting = _Fit(frame, [likely], comparisons, kinds, coverage)
    linking, *drawn = seen.learned_and_drawn()
    draws = [[seen.estimate(one) for one in drawn]]
    if {"baptismal", "other"} <= filled:
        plain = frame.without_kinds(), [likely], without_kinds(comparisons)
        counting = _Fit(*plain, kinds, coverage, sift=False)
        counted, *drawn = counting.learned_and_drawn()
        draws.append([counting.estimate(one) for one in drawn])
    else:
        counted = linking
    draws.append([seen.estimate(one) for one in seen.drawn(linking, fixed=True)])
    return Scored(
        seen.across.found.first,
        seen.across.found.second,
        seen.kinds,
        np.log2(np.maximum(seen.across.odds(linking), 1e-12)),
        seen.rivals,
        seen.estimate(linking),
        counting.estimate(counted),
        draws,
        counting.false(counted),
        blocking.left_out,
    )


class _Fit:
    """Pairs, with one way of comparing names: what is learned from them, and how likely that makes them."""

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
        is_within = partner[evidence.found.first] == partner[evidence.found.second]
        self.across, self._within = evidence.where(~is_within), evidence.where(is_within)
        self.kinds = kinds.of(self.across.found.first, self.across.found.second)
        self.rivals = Rivals(self.across.found.first, self.across.found.second, partner)

    def learned(self) -> Parameters:
        """m and share of persons, m of companions where there are many, and what the rules find."""
        share = min(
            policy.DUPLICATE_SHARE_AT_FIRST * self._frame.size / self._all_kinds.possible, self._bounds[1]
        )
        learned = Parameters(self._added, share, np.ones(len(self._all_kinds.groups)))
        added_kin = [one.rates(kin=True) for one in self._comparisons]
        m_of_kin, count = learn_companions(self._within, added_kin, max(self._all_kinds.within, 1))
        if round(count, DIGITS) > policy.KIN_FROM:
            learned = replace(learned, m_of_kin=m_of_kin, kin_share=share)
        # The share of pairs of one person hangs on how many the rules miss, and this on m.
        for _ in range(2):
            learned = self._learn(learned, self._added)
            [found] = self._coverage.of(self._comparisons, [learned.m])
            learned = replace(learned, coverage=found)
        return learned

    def learned_and_drawn(self) -> list[Parameters]:
        learned = self.learned()
        return [learned.rounded(), *self.drawn(learned)]

    def likely(self, learned: Parameters) -> Candidates:
        """The pairs that may be one person, or companions within a partner, in the order of records."""
        across = self.rivals.probabilities(self.across.odds(learned))
        within = self._within.odds(replace(learned, m_of_kin=None))
        if learned.m_of_kin is not None:
            kin = replace(
                learned, m=learned.m_of_kin, share=max(learned.kin_share, learned.share), m_of_kin=None
            )
            within = within + self._within.odds(kin)
        found = joined(
            [
                evidence.found.where(np.round(likely, DIGITS) >= policy.LIKELY_FROM)
                for evidence, likely in ((self.across, across), (self._within, within))
            ]
        )
        return found.where(np.lexsort((found.second, found.first)))

    def estimate(self, by: Parameters) -> Estimate:
        return Estimate(self.rivals.probabilities(self.across.odds(by)), by.coverage)

    def false(self, by: Parameters) -> Floats:
        """How many pairs within partners would be taken for one person, kind by kind."""
        odds = self._within.odds(by)
        kinds = self._all_kinds.of(self._within.found.first, self._within.found.second)
        return sums_of(kinds, odds / (1 + odds), len(by.coverage))

    def drawn(self, learned: Parameters, fixed: bool = False) -> list[Parameters]:
        """Learned again, with m drawn to begin with; `fixed`: of it only the share is learned."""
        dice, found = np.random.default_rng(_SEED), []
        for number in range(policy.REPETITIONS):
            pairs = float(np.exp(dice.uniform(*np.log(policy.ADDED_PAIRS_RANGE))))
            drawn = drawn_rates(self._added, dice)
            if fixed:
                found.append(self._learn(replace(learned, m=drawn)))
            else:
                weights = weights_of(self._frame, self.across, number)
                found.append(self._learn(learned, drawn, pairs, weights))
        every = [learned.m, *(one.m for one in found)]
        first, *shares = self._coverage.of(self._comparisons, every, policy.COVERAGE_DRAWS_REPEATED)
        return [
            replace(one, coverage=learned.coverage * share / first).rounded()
            for one, share in zip(found, shares, strict=True)
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
            share = float(np.sum(found / learned.coverage[self.kinds])) / possible
            learned = replace(learned, share=min(max(share, self._bounds[0]), self._bounds[1]))
            if added is not None:
                learned = replace(learned, m=evidence.rates(found, added, pairs))
            moved = max(float(np.abs(a - b).max()) for a, b in zip(learned.m, before.m, strict=True))
            if is_still(moved) and is_still(abs(learned.share / before.share - 1)):
                break
        return learned
