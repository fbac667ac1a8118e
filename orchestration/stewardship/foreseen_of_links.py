"""What a ruling on two records would change, or taking it back: whether they are one movement or two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from orchestration.core import Settings, record_of
from orchestration.linkage import REVIEWED_FROM, TAKEN_FROM, Clusters
from orchestration.stewardship.decision_kinds import Decision, LinkAccept, LinkReject
from orchestration.stewardship.decisions import Decisions
from orchestration.stewardship.foreseen import Change, Foreseen
from orchestration.stewardship.typed_views import NOT_KEPT, has_typed, typed_views

_VIEWS = {
    "linked_records": "record_id bigint, movement_id bigint",
    "links": "record_a bigint, record_b bigint, status varchar",
}
_LIKELY = {"links": f"{_VIEWS['links']}, probability double"}
_CLUSTERS = (
    "A pair that would join two persons of one record, or a pair ruled to be two persons, stays a question. "
    "Another pair of the same records may be linked instead."
)
_BY_ITSELF = (
    "Without a ruling the program decides by how likely the pair is; a pair of the same records that is "
    "likelier goes first, so it may leave this one a question."
)


def of_links(settings: Settings, made: Sequence[Decision], now: datetime) -> Foreseen:
    """Movements of the records that are ruled on, and links that the program had made itself."""
    rulings = [one for one in made if isinstance(one, LinkAccept | LinkReject)]
    if not rulings:
        return Foreseen()
    if not has_typed(settings):
        return Foreseen(unforeseen=[NOT_KEPT])
    pairs = {tuple(sorted(map(record_of, one.pair))): isinstance(one, LinkAccept) for one in rulings}
    records = sorted({record for pair in pairs for record in pair})
    with typed_views(settings, _VIEWS) as con:
        con.register("asked", pa.table({"record_id": pa.array(records, pa.int64())}))
        found = con.execute(
            "select record_id, coalesce(movement_id, record_id) from asked left join linked_records "
            "using (record_id)"
        ).fetchall()
        taken = {
            tuple(sorted(pair))
            for pair in con.execute("select record_a, record_b from links where status = 'taken'").fetchall()
        }
    before = dict(found)
    after = dict(before)
    for (a, b), is_one in pairs.items():
        if is_one:
            joined, kept = after[a], after[b]
            after = {record: kept if movement == joined else movement for record, movement in after.items()}
        elif (a, b) in taken:
            after[a], after[b] = a, b
    changes = [Change("Movements of these records", len(set(before.values())), len(set(after.values())))]
    undone = sum(not is_one and pair in taken for pair, is_one in pairs.items())
    if undone:
        changes.append(Change("Links that the program had made of them", undone, 0))
    return Foreseen(changes, [_CLUSTERS])


def links_without(
    settings: Settings, taken_back: Sequence[Decision], left: Decisions, now: datetime
) -> Foreseen:
    """The same for rulings that a refresh has used: what the program makes of the pairs by itself."""
    rulings = [one for one in taken_back if isinstance(one, LinkAccept | LinkReject)]
    if not rulings:
        return Foreseen()
    if not has_typed(settings):
        return Foreseen(unforeseen=[NOT_KEPT])
    still = {
        frozenset((one["record_a"], one["record_b"])) for one in (*left.link_accepts, *left.link_rejections)
    }
    free = {_ordered(one) for one in rulings if one.pair not in still}
    with typed_views(settings, _LIKELY) as con:
        found = con.execute("select record_a, record_b, status, probability from links").fetchall()
    taken = {(a, b) for a, b, status, _ in found if status == "taken"}
    likely = {(a, b): probability for a, b, _, probability in found if (a, b) in free}
    linked = {pair for pair, probability in likely.items() if probability >= TAKEN_FROM}
    asked = {pair for pair, probability in likely.items() if REVIEWED_FROM <= probability < TAKEN_FROM}
    before, after = Clusters(taken), Clusters((taken - free) | linked)
    records = {record for pair in free for record in pair}
    changes = [
        Change(
            "Movements of these records",
            *(len({clusters.of(one) for one in records}) for clusters in (before, after)),
        )
    ]
    if asked:
        changes.append(Change("Pairs of them that are a question again", 0, len(asked)))
    return Foreseen(changes, [_BY_ITSELF])


def _ordered(ruling: LinkAccept | LinkReject) -> tuple[int, int]:
    first, second = sorted((record_of(ruling.record_a), record_of(ruling.record_b)))
    return first, second
