"""The step: tables of the work file in, `work/linkage/*.parquet` and questions for stewards out.

Records of cases become links, linked records and expected persons. Pairs stay arrays until they are likely
enough to be decided on: these are few, and are decided one by one. Codes are read, compared in memory and
written nowhere. Those of an extract of which nothing counts any more, nor may yet, are destroyed once a
release without that extract is published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.core import Settings, open_duckdb, record_of, remove_summed, write_json
from orchestration.linkage import policy
from orchestration.linkage.blocks import Kinds
from orchestration.linkage.decisions import (
    BY_REFERRAL,
    BY_STEWARD,
    REVIEW,
    TAKEN,
    Link,
    Pair,
    Person,
    Rulings,
    ScoredPair,
    clustered,
    clusters_of,
    decide,
    likelihood,
)
from orchestration.linkage.expected import RANGE, Duplicates, Scored, duplicates_of
from orchestration.linkage.frame import Ints, frame_of
from orchestration.linkage.scoring import score
from orchestration.linkage.tables import (
    ENDS,
    LIKELY_PAIRS,
    LINK_INPUT,
    NAME_CODES,
    PAIR,
    PAIRS,
    QUESTIONS,
    RICH_CODES,
    SCHEMAS,
    cell_duplicates,
    counted_cases,
    link_input,
    needed_extracts,
    questions,
    route_groups,
    source_rows,
)
from orchestration.linkage.witnesses import referred, witnesses

_DIGITS = 6  # what is compared with a threshold is rounded, so that all machines agree
Tiers = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Linked:
    """What became of some records, as three tables of SCHEMAS and LIKELY_PAIRS.

    `left_out`: pairs that are not compared as too many records agree so, by blocking rule.
    """

    links: pa.Table
    records: pa.Table
    expected: pa.Table
    likely: pa.Table
    left_out: dict[str, int]


def link(records: pa.Table, rulings: Rulings | None = None) -> Linked:
    """Link the persons of a LINK_INPUT table across its partners.

    The same rows and rulings give the same answer, in whatever order the rows come, and under any keys: which
    records are linked does not hang on their ids or codes, but where two have the same values.
    """
    rulings = rulings or Rulings()
    records = records.sort_by("record_id")
    named, rich = _given(records, NAME_CODES) > 0, _given(records, RICH_CODES) >= policy.RICH_ANSWERS
    tiers = np.select([named, rich], policy.LINKED_TIERS, policy.POOR_FORM)
    frame, order = frame_of(records)
    groups = [np.where(given[order], 0, -1) for given in (named, rich)]  # by policy.LINKED_TIERS
    scored = score(frame, Kinds(groups, frame.columns["partner"]))
    pairs = _pair_table(scored, records["record_id"].to_numpy()[order])
    rows = _rows_of(pairs, rulings.taken | rulings.rejected)
    ruled = np.full(pairs.num_rows, np.nan)
    ruled[list(rows.values())] = [pair not in rulings.rejected for pair in rows]
    found = duplicates_of(scored, ruled)
    unseen = _found_without_blocks(rulings.taken - rows.keys(), records, tiers)
    likely = (pairs["probability"].to_numpy() >= policy.REVIEWED_FROM) | ~np.isnan(ruled)
    links = _decided(pa.concat_tables([pairs.filter(pa.array(likely)), unseen]), records, rulings)
    rows_of_links = (
        (
            *one.scored.pair,
            *one.scored[1:5],
            one.status,
            one.reason,
            rank,
            one.scored.pair in rulings.referred,
        )
        for rank, one in enumerate(links)
    )
    return Linked(
        _table(rows_of_links, SCHEMAS["links"]).sort_by([(end, "ascending") for end in PAIR]),
        _record_table(links, records, tiers),
        _expected_table(links, records["partner"], tiers, found, unseen, scored),
        _likely_table(pairs, found, scored.kinds, unseen),
        scored.left_out,
    )


def _given(records: pa.Table, columns: Collection[str]) -> Ints:
    """How many of these columns each record gives."""
    return np.sum([pc.is_valid(records[column]).to_numpy() for column in columns], axis=0)


def _pair_table(scored: Scored, ids: Ints) -> pa.Table:
    """The PAIRS that were scored."""
    first, second = np.sort(np.stack([ids[scored.first], ids[scored.second]]), axis=0)
    likely = scored.estimate.probability
    low, high = np.quantile([one.probability for one in scored.draws[0]], RANGE, axis=0)
    tiers = pa.DictionaryArray.from_arrays(pa.array(scored.kinds, pa.int32()), list(policy.LINKED_TIERS))
    numbers = (np.minimum(low, likely), likely, np.maximum(high, likely), scored.weight)
    columns = [first, second, tiers.cast(pa.string()), *(np.round(number, _DIGITS) for number in numbers)]
    return pa.table(dict(zip(PAIRS.names, columns, strict=True)), schema=PAIRS)


def _rows_of(pairs: pa.Table, ruled: Collection[Pair]) -> dict[Pair, int]:
    """In which row those of the pairs stand that stewards ruled on, of which there are few."""
    first = pa.array({pair[0] for pair in ruled}, type=pa.int64())
    rows = np.flatnonzero(pc.is_in(pairs["record_a"], value_set=first).to_numpy())
    ends = (pairs[end].take(pa.array(rows)).to_pylist() for end in PAIR)
    found = dict(zip(zip(*ends, strict=True), rows.tolist(), strict=True))
    return {pair: row for pair, row in found.items() if pair in ruled}


def _found_without_blocks(taken: Collection[Pair], records: pa.Table, tiers: Tiers) -> pa.Table:
    """Pairs that stewards or numbers take, and that agree in too little to be compared, with the tier of the
    weaker record.
    """
    ends = pa.array({end for pair in taken for end in pair}, type=pa.int64())
    known = pc.is_in(records["record_id"], value_set=ends).to_numpy()
    tier_of = dict(zip(records["record_id"].to_numpy()[known].tolist(), tiers[known].tolist(), strict=True))
    rows = [
        (*pair, max((tier_of[end] for end in pair), key=policy.TIERS.index), 0.0, 0.0, 0.0, 0.0)
        for pair in sorted(taken)
        if set(pair) <= tier_of.keys()
    ]
    return _table(rows, PAIRS)


def _decided(pairs: pa.Table, records: pa.Table, rulings: Rulings) -> list[Link]:
    """The links of pairs that are likely enough or ruled on, the likeliest first: no other can become one."""
    rows = zip(*(column.to_pylist() for column in pairs.columns), strict=True)
    asked = [ScoredPair((first, second), *rest) for first, second, *rest in rows]
    ends = pa.array({end for one in asked for end in one.pair}, type=pa.int64())
    own = records.filter(pc.is_in(records["record_id"], value_set=ends))
    people = map(Person, own["partner"].to_pylist(), _standings(own))
    persons = dict(zip(own["record_id"].to_pylist(), people, strict=True))
    return sorted(decide(asked, persons, rulings), key=lambda link: likelihood(link.scored, persons))


def relinked(links: pa.Table, rulings: Rulings, partners: Mapping[int, str]) -> dict[int, int]:
    """Decide on the pairs of a `links` table again, as likely as they were found.

    Returns for each linked record the one that its movement is called by. `partners`: of each record that
    counts as one person; a pair of any other is left out.
    """
    rows = {tuple(row[end] for end in PAIR): row for row in links.to_pylist()}
    asked = [
        ScoredPair(
            pair,
            row["tier"],
            row["probability_low"],
            row["probability"],
            row["probability_high"],
            -row["rank"],
        )
        for pair, row in rows.items()
        if partners.keys() >= set(pair)
    ]
    unseen = sorted(pair for pair in rulings.accepted - rows.keys() if partners.keys() >= set(pair))
    asked += [ScoredPair(pair, policy.POOR_FORM, 0.0, 0.0, 0.0) for pair in unseen]
    referred = frozenset(pair for pair, row in rows.items() if row["is_referred"])
    persons = {record: Person(partner) for record, partner in partners.items()}
    return clusters_of(decide(asked, persons, rulings._replace(referred=referred)))


def _standings(records: pa.Table) -> list[int]:
    """A number a record by its values but ids and codes, which hang on keys; equal where these are equal."""
    plain = [name for name in LINK_INPUT.names if not name.endswith(("_code", "record_id"))]
    columns = [pc.cast(records[name], pa.string()).to_pylist() for name in plain]
    values = [str(row) for row in zip(*columns, strict=True)]
    place = {row: number for number, row in enumerate(sorted(set(values)))}
    return [place[row] for row in values]


def _table(rows: Iterable[Iterable[Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def _likely_table(pairs: pa.Table, found: Duplicates, kinds: Ints, unseen: pa.Table) -> pa.Table:
    """What each pair brings, so that their sums are the ends of the range of each tier."""
    counted = np.round(found.brings, _DIGITS) >= policy.COUNTED_FROM_IN_CELLS
    sums = np.maximum(np.bincount(kinds[counted], found.brings[counted], len(found.expected)), 1e-9)
    ends = [pairs[end].filter(pa.array(counted)).combine_chunks() for end in PAIR]
    scaled = [
        found.brings[counted] * (total / sums)[kinds[counted]]
        for total in (found.low, found.expected, found.high)
    ]
    brings = [np.round(own * 1e6).astype(np.int64) for own in (*scaled, found.variance[counted])]
    sure = [pa.repeat(pa.scalar(millionths), unseen.num_rows) for millionths in (1_000_000,) * 3 + (0,)]
    parts = ([*ends, *brings], [*(unseen[end] for end in PAIR), *sure])
    return pa.concat_tables(
        [pa.table(dict(zip(LIKELY_PAIRS.names, part, strict=True)), schema=LIKELY_PAIRS) for part in parts]
    )


def _record_table(links: list[Link], records: pa.Table, tiers: Tiers) -> pa.Table:
    ids = records["record_id"].to_numpy()
    movements = ids.copy()
    joined = clusters_of(links)
    movements[np.searchsorted(ids, list(joined))] = list(joined.values())
    columns = {"record_id": ids, "movement_id": movements, "tier": pa.array(tiers, type=pa.string())}
    return pa.table(columns, schema=SCHEMAS["linked_records"])


def _merged(links: Iterable[Link]) -> Ints:
    """How many records are a linked person's second by links of each tier, and by none of a stronger one."""
    rank = {link.scored.pair: policy.TIERS.index(link.scored.tier) for link in links if link.status == TAKEN}
    clusters = [
        clustered(pair for pair, own in rank.items() if own <= tier) for tier in range(len(policy.TIERS))
    ]
    return np.diff([len(found) - len(set(found.values())) for found in clusters], prepend=0)


def _expected_table(
    links: list[Link],
    partners: pa.ChunkedArray,
    tiers: Tiers,
    found: Duplicates,
    unseen: pa.Table,
    scored: Scored,
) -> pa.Table:
    """A row a tier that has records; no persons where they cannot be told apart.

    A pair's tier is that of its weaker record, and the duplicate is counted there. Persons are no fewer than
    one partner knows, and no more than links leave: the high end, those of stewards and numbers, as another
    link may be wrong. Rules are of all tiers: pairs that they left out stand beside the strongest.
    """
    by_status = Counter((link.scored.tier, link.status) for link in links)
    beside, merged = Counter(unseen["tier"].to_pylist()), _merged(links)
    ruled = np.minimum(merged, _merged(link for link in links if link.reason in (BY_STEWARD, BY_REFERRAL)))
    left_out = sum(scored.left_out.values())
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
            known = pc.max(partners.filter(pa.array(tiers == tier)).value_counts().field("counts")).as_py()
            fewest, most = found.with_chance(scored.kinds)
            for name, duplicates in zip(ENDS, (most, found.expected, fewest), strict=True):
                least = ruled if name == "high" else merged
                persons = records - max(float(duplicates[number]) + beside[tier], int(least[number]))
                row[f"persons_{name}"] = round(max(persons, known), 1)
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=SCHEMAS["expected_persons"])


LINK = "link"  # the artifact of the step
CODE = ("orchestration/linkage", "seeds/reference", "jellyfish==", "numpy==", "pyarrow==")


def link_records(settings: Settings, rulings: Rulings) -> dict[str, Any]:
    """Link the records of the work file; write each table of SCHEMAS, and QUESTIONS for stewards.

    Returns the rows of each table, extracts (`partner/extract_id`) whose codes serve nothing any more, by
    blocking rule the pairs left out, as too many records agree so, and what Witnesses says beside its table.
    """
    settings.spill.mkdir(parents=True, exist_ok=True)
    settings.linkage.mkdir(parents=True, exist_ok=True)
    with open_duckdb(settings.warehouse) as con:  # no code is written to the disk
        records, numbered = link_input(con, settings.link_codes)
        linked = link(records, rulings._replace(referred=referred(numbered, records)))
        witnessed = witnesses(numbered, records, linked.records)
        con.execute("set temp_directory = ?", [str(settings.spill)])
        written = {
            "links": linked.links,
            "linked_records": linked.records,
            "expected_persons": with_groups(linked.expected, counted_cases(con)),
            "cell_duplicates": cell_duplicates(con, linked.likely),
            "route_groups": route_groups(con),
            "witnesses": witnessed.table,
        }
        asked = linked.links.filter(pc.equal(linked.links["status"], REVIEW)).to_pylist()
        ends = {link[end] for link in asked for end in PAIR}
        rows, needed = source_rows(con, ends), needed_extracts(con)
    for name, table in written.items():
        pq.write_table(table, settings.linkage / f"{name}.parquet")
    write_json(settings.linkage / QUESTIONS, questions(asked, records, rows))
    return {
        "rows": {name: table.num_rows for name, table in written.items()},
        "codes_unneeded": _unneeded_codes(settings, needed),
        "left_out": linked.left_out,
        "ignored_numbers": witnessed.ignored_numbers,
        "shared_persons": witnessed.shared_persons,
    }


def with_groups(expected: pa.Table, cases: int) -> pa.Table:
    """The tiers, and beside them the counted cases of several persons: all cases stand in some row."""
    groups = cases - (pc.sum(expected["record_count"]).as_py() or 0)
    if not groups:
        return expected
    row = {"tier": policy.NOT_LINKED, "record_count": groups, "link_count": 0, "review_count": 0}
    return pa.concat_tables([expected, pa.Table.from_pylist([row], schema=SCHEMAS["expected_persons"])])


def destroy_codes(settings: Settings, extracts: Iterable[str]) -> None:
    """Destroy the link codes of extracts (`partner/extract_id`); their originals can bring them back."""
    for extract in extracts:
        remove_summed(settings.link_codes / f"{extract}.parquet")


def rulings_of(accepts: Iterable[Mapping[str, Any]], rejections: Iterable[Mapping[str, Any]]) -> Rulings:
    """Stewards' decisions, as `stewardship` hands them on."""

    def pairs(decisions: Iterable[Mapping[str, Any]]) -> frozenset[Pair]:
        ends = (sorted(record_of(decision[end]) for end in PAIR) for decision in decisions)
        return frozenset((first, second) for first, second in ends)

    return Rulings(pairs(accepts), pairs(rejections))


def _unneeded_codes(settings: Settings, needed: set[tuple[str, str]]) -> list[str]:
    found = ((path.parent.name, path.stem) for path in sorted(settings.link_codes.glob("*/*.parquet")))
    return ["/".join(one) for one in found if one not in needed]
