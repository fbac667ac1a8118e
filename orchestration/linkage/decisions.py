"""From how likely pairs are to what is done with them. Pure functions over scored pairs.

A link joins two records to one person. What is not sure goes to the stewards; what would merge more records
than there are partners to have made them is never merged by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from orchestration.linkage import policy
from orchestration.linkage.clusters import Clusters

Pair = tuple[int, int]

TAKEN, REVIEW, REJECTED = "taken", "review", "rejected"
BY_PROBABILITY, BY_STEWARD, UNSURE = "by_probability", "by_steward", "unsure"
RIVAL, TOO_LARGE, REJECTED_INSIDE = "rival", "cluster_too_large", "rejected_pair_inside"


@dataclass(frozen=True)
class Person:
    """The partner of a record of one person. `standing` orders records by their values, so that between
    equally likely pairs no key decides.
    """

    partner: str
    standing: int = 0


class ScoredPair(NamedTuple):
    """Two record ids, the smaller first, the tier that compared them, and how likely they are one person.

    `low` and `high` are the range of that. `weight` is the evidence itself, for pairs too likely to be told
    apart by `probability`.
    """

    pair: Pair
    tier: str
    low: float
    probability: float
    high: float
    weight: float = 0.0


@dataclass(frozen=True)
class Link:
    """What was decided of a pair, and why."""

    scored: ScoredPair
    status: str
    reason: str


@dataclass(frozen=True)
class Rulings:
    """What stewards said of pairs, the smaller record id first."""

    accepted: frozenset[Pair] = field(default_factory=frozenset)
    rejected: frozenset[Pair] = field(default_factory=frozenset)


def decide(
    pairs: Iterable[ScoredPair], persons: dict[int, Person], rulings: Rulings | None = None
) -> list[Link]:
    """The links of pairs that are likely enough, or ruled on; surest first."""
    rulings = rulings or Rulings()

    def likeliest(one: ScoredPair) -> tuple[bool, float, float, list[int], Pair]:
        standing = sorted(persons[record].standing for record in one.pair)
        return one.pair not in rulings.accepted, -one.probability, -one.weight, standing, one.pair

    links = list(_one_to_one(sorted(pairs, key=likeliest), persons, rulings))
    return _without_unfit_clusters(links, persons, rulings.rejected)


def _one_to_one(
    surest_first: Iterable[ScoredPair], persons: dict[int, Person], rulings: Rulings
) -> Iterator[Link]:
    """A record has at most one other at each partner; a further likely one is a question."""
    linked: set[tuple[int, str]] = set()
    for one in surest_first:
        first, second = one.pair
        if one.pair in rulings.rejected:
            yield Link(one, REJECTED, BY_STEWARD)
            continue
        accepted = one.pair in rulings.accepted
        if not accepted and one.probability < policy.REVIEWED_FROM:
            continue
        ends = {(first, persons[second].partner), (second, persons[first].partner)}
        if ends & linked and not accepted:
            yield Link(one, REVIEW, RIVAL)
            continue
        linked |= ends
        if accepted:
            yield Link(one, TAKEN, BY_STEWARD)
        elif one.probability < policy.TAKEN_FROM[one.tier]:
            yield Link(one, REVIEW, UNSURE)
        else:
            yield Link(one, TAKEN, BY_PROBABILITY)


def _without_unfit_clusters(
    links: list[Link], persons: dict[int, Person], rejected: Collection[Pair]
) -> list[Link]:
    """Links of unfit clusters go to the stewards: first those no steward accepted, then, if need be, all."""
    for kept_by in (BY_STEWARD, None):
        unfit = dict(_unfit(links, persons, rejected))
        links = [
            replace(link, status=REVIEW, reason=unfit[link.scored.pair])
            if link.scored.pair in unfit and link.reason != kept_by
            else link
            for link in links
        ]
    return links


def _unfit(
    links: Collection[Link], persons: dict[int, Person], rejected: Collection[Pair]
) -> Iterator[tuple[Pair, str]]:
    """The taken pairs whose cluster must not be, with the reason.

    A cluster whose every link a steward accepted may hold several records of a partner.
    """
    taken = [link for link in links if link.status == TAKEN]
    clusters = Clusters(link.scored.pair for link in taken)
    sure = {link.scored.pair for link in taken if link.reason == BY_STEWARD}
    torn = {clusters.of(first) for first, second in rejected if clusters.of(first) == clusters.of(second)}
    members = clusters.members()
    pairs: dict[int, list[Pair]] = {}
    for link in taken:
        pairs.setdefault(clusters.of(link.scored.pair[0]), []).append(link.scored.pair)
    for cluster, own in pairs.items():
        partners = [persons[record].partner for record in members[cluster]]
        if cluster in torn:
            reason = REJECTED_INSIDE
        elif len(partners) > len(set(partners)) and not sure.issuperset(own):
            reason = TOO_LARGE
        else:
            continue
        yield from ((pair, reason) for pair in own)


def clusters_of(links: Iterable[Link]) -> dict[int, int]:
    """For each linked record the smallest record id of its person: what its movement is called."""
    clusters = Clusters(link.scored.pair for link in links if link.status == TAKEN)
    return {record: cluster for cluster, records in clusters.members().items() for record in records}
