"""From how likely pairs are to what is done with them. Pure functions over scored pairs.

A link joins two records to one person. What is not sure goes to the stewards; what would merge more records
than there are partners to have made them is never merged by itself. Records that hang together by pairs make
a cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, NamedTuple

from orchestration.linkage import policy

Pair = tuple[int, int]


def clustered(pairs: Iterable[Pair]) -> dict[int, int]:
    """Map each record of some pairs to the smallest record of its cluster."""
    cluster_of: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    for pair in pairs:
        for record in pair:
            members.setdefault(cluster_of.setdefault(record, record), [record])
        low, high = sorted(cluster_of[record] for record in pair)
        if low != high:
            cluster_of |= dict.fromkeys(members[high], low)
            members[low] += members.pop(high)
    return cluster_of


TAKEN, REVIEW, REJECTED = "taken", "review", "rejected"
BY_PROBABILITY, BY_STEWARD, BY_REFERRAL, UNSURE = "by_probability", "by_steward", "by_referral", "unsure"
RIVAL, TOO_LARGE, REJECTED_INSIDE = "rival", "cluster_too_large", "rejected_pair_inside"


class Person(NamedTuple):
    """The partner of a record of one person. `standing` orders records by their values, so that between
    equally likely pairs no key decides.
    """

    partner: str
    standing: int = 0


class ScoredPair(NamedTuple):
    """Two record ids, the smaller first, the tier that compared them, and how likely they are one person.

    `low` and `high` are the range of that. `weight` is the match weight, for pairs too likely to be ordered
    by `probability`.
    """

    pair: Pair
    tier: str
    low: float
    probability: float
    high: float
    weight: float = 0.0


class Link(NamedTuple):
    """What was decided of a pair, and why."""

    scored: ScoredPair
    status: str
    reason: str


class Rulings(NamedTuple):
    """What stewards said of pairs, and what referral numbers say; the smaller record id first."""

    accepted: Set[Pair] = frozenset()
    rejected: Set[Pair] = frozenset()
    referred: Set[Pair] = frozenset()

    @property
    def taken(self) -> Set[Pair]:
        return (self.accepted | self.referred) - self.rejected


def likelihood(one: ScoredPair, persons: Mapping[int, Person]) -> tuple[float, float, list[int], Pair]:
    """What pairs are ordered by, the likeliest first."""
    standing = sorted(persons[record].standing for record in one.pair)
    return -one.probability, -one.weight, standing, one.pair


def decide(
    pairs: Iterable[ScoredPair], persons: dict[int, Person], rulings: Rulings | None = None
) -> list[Link]:
    """The links of pairs that are likely enough, or ruled on; surest first.

    A record has at most one other at each partner; a further likely one is a question.
    """
    accepted, rejected, referred = rulings or Rulings()

    def likeliest(one: ScoredPair) -> tuple[Any, ...]:
        return one.pair not in accepted, one.pair not in referred, *likelihood(one, persons)

    links: list[Link] = []
    linked: set[tuple[int, str]] = set()
    for one in sorted(pairs, key=likeliest):
        first, second = one.pair
        ends = {(first, persons[second].partner), (second, persons[first].partner)}
        if one.pair in rejected:
            links.append(Link(one, REJECTED, BY_STEWARD))
        elif one.pair in accepted:
            links.append(Link(one, TAKEN, BY_STEWARD))
            linked |= ends
        elif one.probability >= policy.REVIEWED_FROM or one.pair in referred:
            if ends & linked:
                links.append(Link(one, REVIEW, RIVAL))
                continue
            linked |= ends
            if one.pair in referred:
                links.append(Link(one, TAKEN, BY_REFERRAL))
                continue
            sure = one.probability >= policy.TAKEN_FROM[one.tier]
            links.append(Link(one, TAKEN, BY_PROBABILITY) if sure else Link(one, REVIEW, UNSURE))
    # Links of unfit clusters go to the stewards: first those that probability alone made, then those that no
    # steward accepted, then, if need be, all.
    for kept_by in ((BY_STEWARD, BY_REFERRAL), (BY_STEWARD,), ()):
        unfit = dict(_unfit(links, persons, rejected))
        links = [
            Link(link.scored, REVIEW, unfit[link.scored.pair])
            if link.scored.pair in unfit and link.reason not in kept_by
            else link
            for link in links
        ]
    return links


def _unfit(
    links: Iterable[Link], persons: dict[int, Person], rejected: Set[Pair]
) -> Iterator[tuple[Pair, str]]:
    """The taken pairs whose cluster must not be, with the reason.

    A cluster whose every link a steward accepted may hold several records of a partner.
    """
    taken = [link for link in links if link.status == TAKEN]
    cluster_of = clustered(link.scored.pair for link in taken)
    torn = {cluster_of.get(one) for one, other in rejected if cluster_of.get(one) == cluster_of.get(other)}
    records = Counter(cluster_of.values())
    at_partners = {(cluster, persons[record].partner) for record, cluster in cluster_of.items()}
    partners = Counter(cluster for cluster, _ in at_partners)
    unsure = {cluster_of[link.scored.pair[0]] for link in taken if link.reason != BY_STEWARD}
    for link in taken:
        cluster = cluster_of[link.scored.pair[0]]
        if cluster in torn:
            yield link.scored.pair, REJECTED_INSIDE
        elif cluster in unsure and partners[cluster] < records[cluster]:
            yield link.scored.pair, TOO_LARGE


def clusters_of(links: Iterable[Link]) -> dict[int, int]:
    """For each linked record the smallest record id of its person: what its movement is called."""
    return clustered(link.scored.pair for link in links if link.status == TAKEN)
