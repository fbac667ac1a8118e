"""What an alias would change, or taking one back: what the mentions that it reaches mean then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from orchestration import places
from orchestration.core import Settings
from orchestration.stewardship.decision_kinds import Decision, PlaceAlias
from orchestration.stewardship.decisions import Decisions, active_decisions
from orchestration.stewardship.foreseen import Change, Foreseen
from orchestration.stewardship.said import say
from orchestration.stewardship.typed_views import NOT_KEPT, has_typed, typed_views

_VIEWS = {
    "matches": "mention_id bigint, place_id varchar, geo_precision varchar",
    "place_mentions": "partner varchar, extract_id varchar, record_id bigint, mention_id bigint",
    "in_force": "partner varchar, extract_id varchar, fate varchar",
}
_LATER = "Extracts that come later are read by it too. Records set aside for want of a place may enter."
_ABROAD = "Movements among them whose mention names {country}"
_REACHED = "Movements in force: {movements:,}; mentions: {mentions:,}"
_MAY_LEAVE = (
    "A record that is left without any place is set aside. What the name means without the decision is exact."
    " The name waits for a decision again once the next refresh has run."
)


def of_places(settings: Settings, made: Sequence[Decision], now: datetime) -> Foreseen:
    """Movements in force whose place would be another, by what it was and what it would be."""
    aliases = [one for one in made if isinstance(one, PlaceAlias)]
    if not aliases:
        return Foreseen()
    given = [*active_decisions(settings, now).place_aliases, *(alias.model_dump() for alias in aliases)]
    return _moved(settings, aliases, given, _LATER)


def places_without(
    settings: Settings, taken_back: Sequence[Decision], left: Decisions, now: datetime
) -> Foreseen:
    """The same for aliases that a refresh has used."""
    aliases = [one for one in taken_back if isinstance(one, PlaceAlias)]
    return _moved(settings, aliases, left.place_aliases, _MAY_LEAVE) if aliases else Foreseen()


def _moved(
    settings: Settings, aliases: Sequence[PlaceAlias], given: Sequence[dict[str, Any]], said: str
) -> Foreseen:
    """From what the mentions of these names meant in the last refresh to what they mean as decided then."""
    if not has_typed(settings):
        return Foreseen(unforeseen=[NOT_KEPT])
    after = places.meanings(settings, {places.norm(alias.text) for alias in aliases}, given)
    with typed_views(settings, _VIEWS) as con:
        con.register("after", after.select(["mention_id", "place_id", "geo_precision", "named_country"]))
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
        abroad = con.execute(
            """
            select named_country, after.place_id, count(distinct record_id) from after
            left join matches using (mention_id) inner join place_mentions using (mention_id)
            inner join in_force using (partner, extract_id)
            where fate = 'in_force' and named_country is not null and after.place_id is not null
                and matches.place_id is distinct from after.place_id
            group by all order by 3 desc, 1
            """
        ).fetchall()
    changes = [
        Change(say(_REACHED, movements=records, mentions=mentions), _told(*before), _told(*then))
        for *places_of, mentions, records in found
        for before, then in [(places_of[:2], places_of[2:])]
    ]
    gained: Counter[str] = Counter()
    for _, _, place_id, _, _, records in found:
        if place_id:
            gained[place_id] += records
    changes += [
        Change(say("Movements that get {place} by it", place=_told(place_id, None)), 0, n)
        for place_id, n in gained.items()
    ]
    for country, place_id, number in abroad:
        lies_in = places.country_of_place(place_id)
        if lies_in and lies_in != country:
            changes.append(Change(say(_ABROAD, country=places.described(country)), 0, number))
    return Foreseen(changes, [said])


def _told(place_id: str | None, precision: str | None) -> str:
    name = places.described(place_id) if place_id else "no place"
    if not precision or precision == "none":
        return name
    return say("{place}, to the {precision}", place=name, precision=precision.replace("_", " "))
