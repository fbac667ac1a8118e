"""Records of cases to links, linked records and expected persons: the whole of linkage but its files.

Pairs stay arrays until they are likely enough to be decided on: these are few, and are decided one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.linkage import policy
from orchestration.linkage.comparisons import Floats
from orchestration.linkage.decisions import (
    REVIEW,
    TAKEN,
    Link,
    Pair,
    Person,
    Rulings,
    ScoredPair,
    clusters_of,
    decide,
)
from orchestration.linkage.expected import Duplicates, Scored, duplicates_of
from orchestration.linkage.frame import Frame, Ints, frame_of
from orchestration.linkage.model import MODEL
from orchestration.linkage.scoring import Kinds, score
from orchestration.linkage.tables import (
    ENDS,
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


def link(records: pa.Table, rulings: Rulings | None = None) -> Linked:
    """Link the persons of a LINK_INPUT table across its partners.

    The same rows and rulings give the same answer, in whatever order the rows come, and under any keys: which
    records are linked does not hang on their ids or codes, but where two tell the same.
    """
    rulings = rulings or Rulings()
    records = records.sort_by("record_id")
    tiers = tiers_of(records)
    frame, order = frame_of(records)
    scored = score(frame, MODEL, _kinds(frame, (tiers == policy.NAME_CODES)[order], _is_rich(records)[order]))
    pairs = _paired(scored, records["record_id"].to_numpy()[order])
    said = _said(pairs, rulings)
    found = duplicates_of(scored, said)
    unseen = _known_to_stewards_alone(pairs, records, tiers, rulings)
    links = _decided(pa.concat_tables([pairs, unseen]), records, rulings)
    linked = _record_table(links, records, tiers)
    return Linked(
        _link_table(links),
        linked,
        _expected_table(links, records["partner"], _merged(linked, tiers), tiers, found, unseen, scored),
        _likely_table(pairs, found, scored.kinds, unseen),
        scored.left_out,
    )


def tiers_of(records: pa.Table) -> Tiers:
    """By what each record gives to tell its person from another."""
    named = np.any([_filled(records, column) for column in NAME_CODES], axis=0)
    tiers = [np.array(tier, dtype=object) for tier in policy.TIERS[:3]]
    return np.select([named, _is_rich(records)], tiers[:2], tiers[2])


def _is_rich(records: pa.Table) -> npt.NDArray[np.bool_]:
    answers = np.sum([_filled(records, column) for column in RICH_CODES], axis=0)
    return np.asarray(answers >= policy.RICH_ANSWERS)


def _kinds(frame: Frame, named: npt.NDArray[np.bool_], rich: npt.NDArray[np.bool_]) -> Kinds:
    """Pairs of two records with names, and of two that give answers enough, as `policy.LINKED_TIERS`.

    Names that were coded by different rules cannot be compared.
    """
    partner, version = frame.columns["partner"], frame.columns["names_version"]

    def number(one: Ints, other: Ints) -> Ints:
        by_names = named[one] & named[other] & (version[one] == version[other])
        return np.where(by_names, 0, np.where(rich[one] & rich[other], 1, -1))

    across, within = (
        counts[0] + counts[1] - counts[2]
        for counts in zip(*(_pairs_of(partner[of]) for of in (named, rich, named & rich)), strict=True)
    )
    return Kinds(number, (named, rich & ~named), across, within)


def _pairs_of(partner: Ints) -> tuple[int, int]:
    """How many pairs of records are of two partners, and of one."""
    sizes = np.bincount(partner, minlength=1)
    within = int(np.sum(sizes * (sizes - 1))) // 2
    return len(partner) * (len(partner) - 1) // 2 - within, within


def _paired(scored: Scored, ids: Ints) -> pa.Table:
    """The PAIRS that were scored."""
    ends = np.sort(np.stack([ids[scored.first], ids[scored.second]]), axis=0)
    drawn = scored.draws[0] if scored.draws else [scored.estimate]
    rest = (1 - policy.RANGE_SHARE) / 2
    likely = scored.estimate.probability
    low, high = np.quantile([one.probability for one in drawn], [rest, 1 - rest], axis=0)
    tiers = pa.DictionaryArray.from_arrays(pa.array(scored.kinds, pa.int32()), list(policy.LINKED_TIERS))
    columns = {
        "record_a": ends[0],
        "record_b": ends[1],
        "tier": tiers.cast(pa.string()),
        "low": np.round(np.minimum(low, likely), _DIGITS),
        "probability": np.round(likely, _DIGITS),
        "high": np.round(np.maximum(high, likely), _DIGITS),
        "weight": np.round(scored.weight, _DIGITS),
    }
    return pa.table(columns, schema=PAIRS)


def _said(pairs: pa.Table, rulings: Rulings) -> Floats:
    """1 where stewards accepted a pair, 0 where they rejected it, else NaN."""
    said = np.full(pairs.num_rows, np.nan)
    for ruled_so, pairs_ruled in ((1.0, rulings.accepted), (0.0, rulings.rejected)):
        said[ruled(pairs, pairs_ruled)] = ruled_so
    return said


def ruled(pairs: pa.Table, rulings: Collection[Pair]) -> npt.NDArray[np.bool_]:
    """For each of some pairs whether it is among those ruled on, of which there are few."""
    found = np.zeros(pairs.num_rows, dtype=bool)
    first = pa.array({pair[0] for pair in rulings}, type=pa.int64())
    for at in np.flatnonzero(pc.is_in(pairs["record_a"], value_set=first).to_numpy()).tolist():
        found[at] = (pairs["record_a"][at].as_py(), pairs["record_b"][at].as_py()) in rulings
    return found


def _known_to_stewards_alone(pairs: pa.Table, records: pa.Table, tiers: Tiers, rulings: Rulings) -> pa.Table:
    """Accepted pairs that agree in too little to be looked at, with the tier of the weaker record."""
    scored = pairs.filter(pa.array(ruled(pairs, rulings.accepted)))
    known = set(zip(scored["record_a"].to_pylist(), scored["record_b"].to_pylist(), strict=True))
    tier_of = dict(zip(records["record_id"].to_pylist(), tiers.tolist(), strict=True))
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
    likely = pairs["probability"].to_numpy() >= policy.REVIEWED_FROM
    for ruling in (rulings.accepted, rulings.rejected):
        likely |= ruled(pairs, ruling)
    asked = [
        ScoredPair((row.pop("record_a"), row.pop("record_b")), **row)
        for row in pairs.filter(pa.array(likely)).to_pylist()
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


def _filled(records: pa.Table, column: str) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.is_valid(records[column]).to_numpy())


def _link_table(links: list[Link]) -> pa.Table:
    told = ((*link.scored.pair, *link.scored[1:5], link.status, link.reason) for link in links)
    rows = [dict(zip(LINKS.names, row, strict=True)) for row in told]
    return pa.Table.from_pylist(rows, schema=LINKS).sort_by(
        [("record_a", "ascending"), ("record_b", "ascending")]
    )


def _likely_table(pairs: pa.Table, found: Duplicates, kinds: Ints, unseen: pa.Table) -> pa.Table:
    """What each pair brings, so that their sums are the ends of the range of each tier."""
    counted = found.brings >= policy.COUNTED_FROM_IN_CELLS
    sums = np.maximum(np.bincount(kinds[counted], found.brings[counted], len(found.expected)), 1e-9)
    columns = {name: pairs[name].filter(pa.array(counted)) for name in ("record_a", "record_b")}
    for name, total in zip(ENDS, (found.low, found.expected, found.high), strict=True):
        brings = found.brings[counted] * (total / sums)[kinds[counted]]
        columns[f"{name}_millionths"] = pa.array(np.round(brings * 1e6).astype(np.int64))
    sure = {name: unseen[name] for name in ("record_a", "record_b")}
    for name in ENDS:
        sure[f"{name}_millionths"] = pa.repeat(pa.scalar(1_000_000), unseen.num_rows)
    return pa.concat_tables([pa.table(part, schema=LIKELY_PAIRS) for part in (columns, sure)])


def _record_table(links: list[Link], records: pa.Table, tiers: Tiers) -> pa.Table:
    ids = records["record_id"].to_numpy()
    movements = ids.copy()
    joined = clusters_of(links)
    movements[np.searchsorted(ids, list(joined))] = list(joined.values())
    columns = {"record_id": ids, "movement_id": movements, "tier": pa.array(tiers, type=pa.string())}
    return pa.table(columns, schema=LINKED_RECORDS)


def _merged(linked: pa.Table, tiers: Tiers) -> Ints:
    """How many records of each tier are a linked person's second: of each person all but the strongest."""
    rank = np.array([policy.TIERS.index(tier) for tier in tiers], dtype=np.int64)
    movements = linked["movement_id"].to_numpy()
    order = np.lexsort((rank, movements))
    second = order[1:][movements[order][1:] == movements[order][:-1]]
    return np.bincount(rank[second], minlength=len(policy.TIERS))


def _expected_table(
    links: list[Link],
    partners: pa.ChunkedArray,
    merged: Ints,
    tiers: Tiers,
    found: Duplicates,
    unseen: pa.Table,
    scored: Scored,
) -> pa.Table:
    """A row a tier that has records; no persons where they cannot be told apart.

    A pair's tier is that of its weaker record, and the duplicate is counted there. Persons are no fewer than
    one partner knows, and no more than links leave. Blocks are of all tiers: pairs that they left out stand
    beside the strongest.
    """
    by_status = Counter((link.scored.tier, link.status) for link in links)
    beside = Counter(unseen["tier"].to_pylist())
    left_out = sum(block["pair_count"] for block in scored.left_out)
    rows = []
    for number, tier in enumerate(policy.TIERS):
        records = int(np.count_nonzero(tiers == tier))
        if not records:
            continue
        row = {
            "tier": tier,
            "record_count": records,
            "link_count": by_status[tier, TAKEN],
            "review_count": by_status[tier, REVIEW],
        }
        if tier in policy.LINKED_TIERS:
            row["pairs_left_out"], left_out = left_out, 0
            row["pairs_within_partner"] = round(float(scored.false[number]), 1)
            ends = {"low": found.high, "expected": found.expected, "high": found.low}
            known = pc.max(partners.filter(pa.array(tiers == tier)).value_counts().field("counts")).as_py()
            for name, duplicates in ends.items():
                persons = records - max(float(duplicates[number]) + beside[tier], int(merged[number]))
                row[f"persons_{name}"] = round(max(persons, known), 1)
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=EXPECTED_PERSONS)
