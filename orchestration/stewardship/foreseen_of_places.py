"""What an alias would change: the mentions that it reaches, and what they meant before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestration import places
from orchestration.settings import Settings
from orchestration.stewardship.decision_kinds import Decision, PlaceAlias
from orchestration.stewardship.decisions import active_decisions
from orchestration.stewardship.foreseen import Change, Foreseen
from orchestration.stewardship.typed_views import NOT_KEPT, has_typed, typed_views

_TEXTS = (
    "extract_id varchar, mention_id bigint, place_text varchar, admin_text varchar, country_text varchar, "
    "code_system varchar, place_code varchar, default_country varchar"
)
_VIEWS = {
    "mentions": _TEXTS,
    "matches": "mention_id bigint, place_id varchar, geo_precision varchar",
    "place_mentions": "partner varchar, extract_id varchar, record_id bigint, mention_id bigint",
    "in_force": "partner varchar, extract_id varchar, fate varchar",
}
_LATER = "Extracts that come later are read by it too. Records set aside for want of a place may enter."


def of_places(settings: Settings, made: Sequence[Decision], now: datetime) -> Foreseen:
    """Movements in force whose place would be another, by what it was and what it would be."""
    aliases = [one for one in made if isinstance(one, PlaceAlias)]
    if not aliases:
        return Foreseen()
    if not has_typed(settings):
        return Foreseen(unforeseen=[NOT_KEPT])
    texts = {places.norm(alias.text) for alias in aliases}
    with typed_views(settings, _VIEWS) as con:
        cursor = con.execute("select * from mentions")
        columns = [column[0] for column in cursor.description or ()]
        rows = (dict(zip(columns, row, strict=True)) for row in cursor.fetchall())
        reached = [row for row in rows if _text(row) in texts]
        after = _meanings(
            reached,
            [*active_decisions(settings, now).place_aliases, *(alias.model_dump() for alias in aliases)],
        )
        con.register("after", after)
        found = con.execute(
            """
            select matches.place_id, matches.geo_precision, after.place_id, after.geo_precision,
                count(distinct mention_id), count(distinct record_id) filter (where fate = 'in_force')
            from after left join matches using (mention_id) left join place_mentions using (mention_id)
            left join in_force using (partner, extract_id)
            where matches.place_id is distinct from after.place_id
            group by all order by 6 desc, 1, 3
            """
        ).fetchall()
    changes = [
        Change(f"{records:,} movements in force, {mentions:,} mentions", _told(*before), _told(*then))
        for *places_of, mentions, records in found
        for before, then in [(places_of[:2], places_of[2:])]
    ]
    gained: Counter[str] = Counter()
    for *_, place_id, _, _, records in found:
        gained[place_id] += records
    changes += [
        Change(f"Movements that get {_told(place_id, None)} by it", 0, n) for place_id, n in gained.items()
    ]
    return Foreseen(changes, [_LATER])


def _text(row: dict[str, Any]) -> str:
    """What a decision on a name is compared with: the resolver's rule."""
    return places.norm(row["place_text"] or "") or places.norm(row["admin_text"] or "")


def _meanings(rows: Sequence[dict[str, Any]], aliases: Sequence[dict[str, Any]]) -> pa.Table:
    """Place and precision of the mentions that all decisions reach, the new ones included.

    What no decision reaches is left out: it stays as it was read, beside the other mentions of its extract.
    """
    one_each = {row["mention_id"]: row for row in rows}
    matches, _ = places.locate_rows(list(one_each.values()), aliases)
    decided = matches.filter(pc.equal(matches["method"], "decision"))
    return decided.select(["mention_id", "place_id", "geo_precision"])


def _told(place_id: str | None, precision: str | None) -> str:
    name = places.described(place_id) if place_id else "no place"
    return f"{name}, to the {precision.replace('_', ' ')}" if precision and precision != "none" else name
