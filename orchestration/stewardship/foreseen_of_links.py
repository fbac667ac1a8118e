"""What a ruling on two records would change: whether they are one movement or two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from orchestration.keys import record_of
from orchestration.settings import Settings
from orchestration.stewardship.decision_kinds import Decision, LinkAccept, LinkReject
from orchestration.stewardship.foreseen import Change, Foreseen
from orchestration.stewardship.typed_views import NOT_KEPT, has_typed, typed_views

_VIEWS = {
    "linked_records": "record_id bigint, movement_id bigint",
    "links": "record_a bigint, record_b bigint, status varchar",
}
_CLUSTERS = (
    "A pair that would join two persons of one record, or a pair ruled to be two persons, stays a question. "
    "Another pair of the same records may be linked instead."
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
