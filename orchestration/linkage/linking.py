"""Records of cases to links, linked records and expected persons: the whole of linkage but its files.

Pairs stay tables until they are likely enough to be decided on: these are few, and are decided one by one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
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
    ruled,
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
    PAIRS,
    RICH_CODES,
)

_DIGITS = 6
Tiers = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Linked:
    """What became of some records, as the tables LINKS, LINKED_RECORDS, EXPECTED_PERSONS and LIKELY_PAIRS.

    `left_out`: the columns in which too many records agree for these to be compared, tier by tier.
    """

    links: pa.Table
    records: pa.Table
    expected: pa.Table
    likely: pa.Table
    left_out: list[dict[str, Any]] = field(default_factory=list)


def link(records: pa.Table, rulings: Rulings | None = None, spill: Path | None = None) -> Linked:
    """Link the persons of a LINK_INPUT table across its partners.

    The same rows and rulings give the same answer, in whatever order the rows come, and under any keys: which
    records are linked does not hang on their ids or codes, but where two of one partner tell the same.
    """
    rulings = rulings or Rulings()
    records = records.sort_by("record_id")
    tiers = tiers_of(records)
    scored, left_out = [], []
    for tier in policy.LINKED_TIERS:
        pairs, not_looked_at = _scored(records, tiers, tier, spill)
        scored.append(pairs)
        left_out += not_looked_at
    pairs = pa.concat_tables(scored)
    pairs = pa.concat_tables([pairs, _known_to_stewards_alone(pairs, records, tiers, rulings)])
    links = _decided(pairs, records, rulings)
    counted = counted_pairs(pairs, rulings)
    return Linked(
        _link_table(links),
        _record_table(links, records, tiers),
        _expected_table(links, tiers, expected_duplicates(counted), left_out),
        _likely_table(counted),
        left_out,
    )


def tiers_of(records: pa.Table) -> Tiers:
    """By what each record gives to tell its person from another."""
    named = np.any([_filled(records, column) for column in NAME_CODES], axis=0)
    tiers = [np.array(tier, dtype=object) for tier in policy.TIERS[:3]]
    return np.select([named, _is_rich(records)], tiers[:2], tiers[2])


def _is_rich(records: pa.Table) -> npt.NDArray[np.bool_]:
    answers = np.sum([_filled(records, column) for column in RICH_CODES], axis=0)
    return np.asarray(answers >= policy.RICH_ANSWERS)


def _scored(
    records: pa.Table, tiers: Tiers, tier: str, spill: Path | None
) -> tuple[pa.Table, list[dict[str, Any]]]:
    """The PAIRS that this tier is the strongest for, and what blocks of it were left out."""
    stronger = np.isin(tiers, policy.TIERS[: policy.TIERS.index(tier)])
    # A record with names may give as many answers.
    able = _is_rich(records) if tier == policy.RICH_FORM else tiers == tier
    frame = records.append_column("is_stronger", pa.array(stronger, type=pa.bool_())).filter(pa.array(able))
    # Two records with names were compared by their names.
    possible = _pairs_across(frame) - _pairs_across(frame.filter(frame["is_stronger"]))
    if not possible:
        return PAIRS.empty_table(), []
    told = {name for name in frame.column_names if frame[name].null_count < frame.num_rows}
    first_prior = min(0.5, policy.DUPLICATE_SHARE_AT_FIRST * frame.num_rows / possible)
    scored = score(frame, model_of(tier, told), first_prior, spill)
    weights = scored.pairs["weight"].to_numpy()
    prior = prior_of(weights, possible, frame.num_rows)
    columns = {name: scored.pairs[name] for name in ("record_a", "record_b")}
    columns["tier"] = pa.repeat(pa.scalar(tier), len(weights))
    for name, factor in zip(("low", "probability", "high"), policy.PRIOR_FACTORS, strict=True):
        columns[name] = np.round(probabilities(weights, min(factor * prior, 0.5)), _DIGITS)
    columns["weight"] = weights
    return pa.table(columns, schema=PAIRS), [{"tier": tier, **block} for block in scored.left_out]


def _known_to_stewards_alone(pairs: pa.Table, records: pa.Table, tiers: Tiers, rulings: Rulings) -> pa.Table:
    """Accepted pairs that agree in too little to be looked at, with the tier of the weaker record."""
    scored = pairs.filter(ruled(pairs, rulings.accepted))
    known = set(zip(scored["record_a"].to_pylist(), scored["record_b"].to_pylist(), strict=True))
    tier_of = dict(_of(records, {end for pair in rulings.accepted for end in pair}, tiers))
    rows = [
        {
            "record_a": pair[0],
            "record_b": pair[1],
            "tier": max((tier_of[end] for end in pair), key=policy.TIERS.index),
            **dict.fromkeys(("low", "probability", "high", "weight"), 0.0),
        }
        for pair in sorted(rulings.accepted - known)
        if set(pair) <= tier_of.keys()
    ]
    return pa.Table.from_pylist(rows, schema=PAIRS)


def _decided(pairs: pa.Table, records: pa.Table, rulings: Rulings) -> list[Link]:
    """The links of the pairs that are likely enough, or ruled on: no other pair can become one."""
    likely = pc.greater_equal(pairs["probability"], policy.REVIEWED_FROM)
    for ruling in (rulings.accepted, rulings.rejected):
        likely = pc.or_(likely, ruled(pairs, ruling))
    asked = [
        ScoredPair((row.pop("record_a"), row.pop("record_b")), **row)
        for row in pairs.filter(likely).to_pylist()
    ]
    ends = {end for one in asked for end in one.pair}
    own = records.filter(pc.is_in(records["record_id"], value_set=pa.array(ends, type=pa.int64())))
    persons = {
        record: Person(partner, source, standing)
        for record, partner, source, standing in zip(
            *(own[name].to_pylist() for name in ("record_id", "partner", "source_record")),
            _standings(own),
            strict=True,
        )
    }
    return decide(asked, persons, rulings)


def _standings(records: pa.Table) -> list[int]:
    """A number a record by what it tells but ids and codes, which hang on keys; equal where that is equal."""
    plain = [name for name in LINK_INPUT.names if not name.endswith(("_code", "record_id", "source_record"))]
    columns = [pc.cast(records[name], pa.string()).to_pylist() for name in plain]
    told = [str(row) for row in zip(*columns, strict=True)]
    place = {row: number for number, row in enumerate(sorted(set(told)))}
    return [place[row] for row in told]


def _of(records: pa.Table, asked: set[int], told: Tiers) -> list[tuple[int, str]]:
    """The records asked for that there are, with what is told of each in their order."""
    is_asked = pc.is_in(records["record_id"], value_set=pa.array(asked, type=pa.int64())).to_numpy()
    found = records.filter(pa.array(is_asked))["record_id"].to_pylist()
    return list(zip(found, told[is_asked].tolist(), strict=True))


def _filled(records: pa.Table, column: str) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.is_valid(records[column]).to_numpy())


def _pairs_across(records: pa.Table) -> int:
    """How many pairs of records are of two partners."""
    sizes = [row["counts"] for row in records["partner"].value_counts().to_pylist()]
    return int((records.num_rows**2 - sum(size * size for size in sizes)) // 2)


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


def _likely_table(counted: pa.Table) -> pa.Table:
    columns = {name: counted[name] for name in ("record_a", "record_b")}
    for name in ("low", "high"):
        millionths = np.round(counted[name].to_numpy() * 1e6).astype(np.int64)
        columns[f"{name}_millionths"] = pa.array(millionths)
    return pa.table(columns, schema=LIKELY_PAIRS)


def _record_table(links: list[Link], records: pa.Table, tiers: Tiers) -> pa.Table:
    ids = records["record_id"].to_numpy()
    movements = ids.copy()
    joined = clusters_of(links)
    movements[np.searchsorted(ids, list(joined))] = list(joined.values())
    columns = {"record_id": ids, "movement_id": movements, "tier": pa.array(tiers, type=pa.string())}
    return pa.table(columns, schema=LINKED_RECORDS)


def _expected_table(
    links: list[Link], tiers: Tiers, duplicates: dict[str, Duplicates], left_out: list[dict[str, Any]]
) -> pa.Table:
    """A row a tier that has records; no persons where they cannot be told apart.

    A pair's tier is that of its weaker record, and the duplicate is counted there.
    """
    records = {tier: int(np.count_nonzero(tiers == tier)) for tier in policy.TIERS}
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
            row["pairs_left_out"] = sum(block["pair_count"] for block in left_out if block["tier"] == tier)
            row["persons_low"] = _persons(records[tier], found.high)
            row["persons_expected"] = _persons(records[tier], found.expected)
            row["persons_high"] = _persons(records[tier], found.low)
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=EXPECTED_PERSONS)


def _persons(records: int, duplicates: float) -> float:
    return round(records - duplicates, 1)
