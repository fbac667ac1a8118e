"""What letting records in or leaving them out would change, or taking that back: by rule, and in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from orchestration.core import Settings, record_of
from orchestration.stewardship import review
from orchestration.stewardship.decision_kinds import Decision, RowExclude, RowRelease
from orchestration.stewardship.decisions import Decisions
from orchestration.stewardship.effect_on_records import releasable_rules
from orchestration.stewardship.foreseen import Change, Foreseen
from orchestration.stewardship.said import say
from orchestration.stewardship.typed_views import NOT_KEPT, has_typed, typed_views

_VIEWS = {
    "records": "partner varchar, extract_id varchar, record_id bigint",
    "in_force": "partner varchar, extract_id varchar, fate varchar",
}
_LATER = "An embargo, or 30 days that have not passed, may keep back a record that is let in."
_MAY_HAVE_CHANGED = (
    "A record whose newest copy no longer fails the rule stays in; one whose newest copy fails another rule "
    "is out already."
)
_JUDGED_ANEW = "Every rule judges them as any other record, and may set some aside."


def of_rows(settings: Settings, made: Sequence[Decision], now: datetime) -> Foreseen:
    """Records that leave quarantine, those of them that enter, and those that leave the release."""
    released = {one.record for one in made if isinstance(one, RowRelease)}
    excluded = {one.record for one in made if isinstance(one, RowExclude)}
    if not released | excluded:
        return Foreseen()
    rows = review.read(settings, review.QUARANTINED_ROWS)
    aside = {row["record"] for row in rows}
    left = [row for row in rows if row["record"] not in released | excluded]
    changes = [Change("Records set aside", len(aside), len({row["record"] for row in left}))]
    for partner, rule in sorted(
        {(r["partner"], r["rule_code"]) for r in rows if r["record"] in released | excluded}
    ):
        before, after = (
            sum((row["partner"], row["rule_code"]) == (partner, rule) for row in some)
            for some in (rows, left)
        )
        changes.append(
            Change(say("Rows of {partner} set aside for {rule}", partner=partner, rule=rule), before, after)
        )
    if released & aside:
        changes.append(Change("Records let in of those", 0, len(released & aside)))
    unforeseen = []
    if excluded - aside and has_typed(settings):
        counting = _in_force(settings, excluded - aside)
        changes.append(Change("Records left out that an extract in force holds", 0, counting))
    elif excluded - aside:
        unforeseen.append(NOT_KEPT)
    unknown = {releasable_rules()[rule] for one in made if isinstance(one, RowRelease) for rule in one.rules}
    unforeseen += [
        say("What stays unknown of those let in: {unknown}", unknown=what) for what in sorted(unknown)
    ]
    return Foreseen(changes, [*unforeseen, _LATER] if released else unforeseen)


def rows_without(
    settings: Settings, taken_back: Sequence[Decision], left: Decisions, now: datetime
) -> Foreseen:
    """The same for releases and exclusions that a refresh has used."""
    excluded = {one.record for one in taken_back if isinstance(one, RowExclude)}
    excluded -= {one["record"] for one in left.row_exclusions}
    still = {(one["record"], rule) for one in left.row_releases for rule in one["rules"]}
    barred = {
        (one.record, rule) for one in taken_back if isinstance(one, RowRelease) for rule in one.rules
    } - still
    if not excluded and not barred:
        return Foreseen()
    if not has_typed(settings):
        return Foreseen(unforeseen=[NOT_KEPT])
    changes: list[Change] = []
    unforeseen: list[str] = []
    if barred:
        counting = _in_force(settings, {record for record, _ in barred})
        changes.append(Change("Records that were let in and count", counting, 0))
        for rule, records in Counter(rule for _, rule in barred).items():
            changes.append(
                Change(say("Records among them set aside again for {rule}", rule=rule), 0, records)
            )
        unforeseen.append(_MAY_HAVE_CHANGED)
    if excluded:
        counting = _in_force(settings, excluded)
        changes.append(Change("Records that were left out and an extract in force holds", 0, counting))
        unforeseen.append(_JUDGED_ANEW)
    return Foreseen(changes, unforeseen)


def _in_force(settings: Settings, records: set[str]) -> int:
    """How many of some records an extract in force holds; a newer copy elsewhere may stand for them."""
    with typed_views(settings, _VIEWS) as con:
        con.register("asked", pa.table({"record_id": pa.array(map(record_of, records), pa.int64())}))
        [(found,)] = con.execute(
            "select count(distinct record_id) from records inner join asked using (record_id) "
            "inner join in_force using (partner, extract_id) where fate = 'in_force'"
        ).fetchall()
    return int(found)
