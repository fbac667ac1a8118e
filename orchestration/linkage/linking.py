"""Records of cases to links, linked records and expected persons: the whole of linkage but its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.linkage import policy
from orchestration.linkage.decisions import (
    REVIEW,
    TAKEN,
    Link,
    Person,
    Rulings,
    ScoredPair,
    clusters_of,
    decide,
)
from orchestration.linkage.expected import (
    Duplicates,
    counted_pairs,
    expected_duplicates,
    prior_of,
    probabilities,
)
from orchestration.linkage.model import model_of
from orchestration.linkage.scoring import score
from orchestration.linkage.tables import (
    EXPECTED_PERSONS,
    LIKELY_PAIRS,
    LINK_INPUT,
    LINKED_RECORDS,
    LINKS,
    NAME_CODES,
    RICH_CODES,
)

_DIGITS = 6


@dataclass(frozen=True)
class Linked:
    """What became of some records, as the tables LINKS, LINKED_RECORDS, EXPECTED_PERSONS and LIKELY_PAIRS."""

    links: pa.Table
    records: pa.Table
    expected: pa.Table
    likely: pa.Table


def link(records: pa.Table, rulings: Rulings | None = None, spill: Path | None = None) -> Linked:
    """Link the persons of a LINK_INPUT table across its partners.

    The same rows and rulings give the same answer, in whatever order the rows come, and under any keys: which
    records are linked does not hang on their ids or codes, but where two of one partner tell the same.
    """
    rulings = rulings or Rulings()
    records = records.sort_by("record_id")
    tiers = tiers_of(records)
    pairs = [pair for tier in policy.LINKED_TIERS for pair in _scored(records, tiers, tier, spill)]
    persons = {
        record: Person(partner, source, standing)
        for record, partner, source, standing in zip(
            *(records[name].to_pylist() for name in ("record_id", "partner", "source_record")),
            _standings(records),
            strict=True,
        )
    }
    tier_of = dict(zip(records["record_id"].to_pylist(), tiers, strict=True))
    pairs += _known_to_stewards_alone(pairs, tier_of, rulings)
    links = decide(pairs, persons, rulings)
    counted = counted_pairs(pairs, rulings)
    return Linked(
        _link_table(links),
        _record_table(links, tier_of),
        _expected_table(links, tier_of, expected_duplicates(counted)),
        _likely_table(counted),
    )


def tiers_of(records: pa.Table) -> list[str]:
    """By what each record gives to tell its person from another."""
    named = np.any([_filled(records, column) for column in NAME_CODES], axis=0)
    answers = np.sum([_filled(records, column) for column in RICH_CODES], axis=0)
    return [
        policy.NAME_CODES
        if has_name
        else policy.RICH_FORM
        if count >= policy.RICH_ANSWERS
        else policy.POOR_FORM
        for has_name, count in zip(named.tolist(), answers.tolist(), strict=True)
    ]


def _scored(records: pa.Table, tiers: list[str], tier: str, spill: Path | None) -> Iterable[ScoredPair]:
    """The pairs that this tier is the strongest for, with their probabilities."""
    stronger = np.array([policy.TIERS.index(one) < policy.TIERS.index(tier) for one in tiers], dtype=bool)
    if tier == policy.RICH_FORM:  # a record with names may give as many answers
        able = np.sum([_filled(records, column) for column in RICH_CODES], axis=0) >= policy.RICH_ANSWERS
    else:
        able = np.array([one == tier for one in tiers], dtype=bool)
    frame = records.append_column("is_stronger", pa.array(stronger)).filter(pa.array(able))
    partners = frame["partner"].to_pylist()
    # Two records with names were compared by their names.
    possible = _pairs_across(partners) - _pairs_across(
        [partner for partner, also in zip(partners, frame["is_stronger"].to_pylist(), strict=True) if also]
    )
    if not possible:
        return []
    told = {name for name in frame.column_names if frame[name].null_count < frame.num_rows}
    first_prior = min(0.5, policy.DUPLICATE_SHARE_AT_FIRST * frame.num_rows / possible)
    scores = score(frame, model_of(tier, told), first_prior, spill)
    weights = scores["weight"].to_numpy()
    prior = prior_of(weights, possible, frame.num_rows)
    low, middle, high = (
        np.round(probabilities(weights, min(factor * prior, 0.5)), _DIGITS).tolist()
        for factor in policy.PRIOR_FACTORS
    )
    pairs = zip(scores["record_a"].to_pylist(), scores["record_b"].to_pylist(), strict=True)
    return [
        ScoredPair(pair, tier, *found)
        for pair, *found in zip(pairs, low, middle, high, weights.tolist(), strict=True)
    ]


def _standings(records: pa.Table) -> list[int]:
    """A number a record by what it tells but ids and codes, which hang on keys; equal where that is equal."""
    plain = [name for name in LINK_INPUT.names if not name.endswith(("_code", "record_id", "source_record"))]
    columns = [pc.cast(records[name], pa.string()).to_pylist() for name in plain]
    told = [str(row) for row in zip(*columns, strict=True)]
    place = {row: number for number, row in enumerate(sorted(set(told)))}
    return [place[row] for row in told]


def _known_to_stewards_alone(
    pairs: list[ScoredPair], tier_of: dict[int, str], rulings: Rulings
) -> list[ScoredPair]:
    """Accepted pairs that agree in too little to be looked at, with the tier of the weaker record."""
    scored = {one.pair for one in pairs}
    return [
        ScoredPair(pair, max((tier_of[end] for end in pair), key=policy.TIERS.index), 0.0, 0.0, 0.0)
        for pair in sorted(rulings.accepted - scored)
        if set(pair) <= tier_of.keys()
    ]


def _filled(records: pa.Table, column: str) -> np.ndarray:
    return pc.is_valid(records[column]).to_numpy()


def _pairs_across(partners: list[str]) -> int:
    """How many pairs of records are of two partners."""
    sizes = Counter(partners).values()
    return (len(partners) ** 2 - sum(size * size for size in sizes)) // 2


def _link_table(links: list[Link]) -> pa.Table:
    rows = [
        {
            "record_a": link.scored.pair[0],
            "record_b": link.scored.pair[1],
            "tier": link.scored.tier,
            "probability_low": link.scored.low,
            "probability": link.scored.probability,
            "probability_high": link.scored.high,
            "status": link.status,
            "reason": link.reason,
        }
        for link in links
    ]
    return pa.Table.from_pylist(rows, schema=LINKS).sort_by(
        [("record_a", "ascending"), ("record_b", "ascending")]
    )


def _likely_table(counted: list[ScoredPair]) -> pa.Table:
    rows = [
        {
            "record_a": one.pair[0],
            "record_b": one.pair[1],
            "low_millionths": round(one.low * 1e6),
            "high_millionths": round(one.high * 1e6),
        }
        for one in counted
    ]
    return pa.Table.from_pylist(rows, schema=LIKELY_PAIRS)


def _record_table(links: list[Link], tier_of: dict[int, str]) -> pa.Table:
    movements = clusters_of(links)
    rows = [
        {"record_id": record, "movement_id": movements.get(record, record), "tier": tier}
        for record, tier in tier_of.items()
    ]
    return pa.Table.from_pylist(rows, schema=LINKED_RECORDS)


def _expected_table(
    links: list[Link], tier_of: dict[int, str], duplicates: dict[str, Duplicates]
) -> pa.Table:
    """A row a tier that has records; no persons where they cannot be told apart.

    A pair's tier is that of its weaker record, and the duplicate is counted there.
    """
    records = Counter(tier_of.values())
    by_status = Counter((link.scored.tier, link.status) for link in links)
    rows = []
    for tier in policy.TIERS:
        if not records[tier]:
            continue
        row = {
            "tier": tier,
            "record_count": records[tier],
            "link_count": by_status[tier, TAKEN],
            "review_count": by_status[tier, REVIEW],
        }
        if tier in policy.LINKED_TIERS:
            found = duplicates.get(tier, Duplicates())
            row["persons_low"] = _persons(records[tier], found.high)
            row["persons_expected"] = _persons(records[tier], found.expected)
            row["persons_high"] = _persons(records[tier], found.low)
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=EXPECTED_PERSONS)


def _persons(records: int, duplicates: float) -> float:
    return round(records - duplicates, 1)
