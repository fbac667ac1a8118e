"""Unknown place names, with the places that each may mean and where they lie.

What a partner wrote is shown only where `unresolved_places.csv` shows it: never what may be a person, a phone
number or a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration import places
from orchestration.core import Settings
from orchestration.stewardship.decisions.active import active_decisions
from orchestration.stewardship.items import Item
from orchestration.stewardship.kinds.place_alias import OpenName, open_name_groups
from orchestration.stewardship.worklists.listing import open_items

_SIMPLIFIED = 0.01  # of a degree: about a kilometre, less than a line of a small map is wide

MOST_MATCHES = 12


@dataclass(frozen=True)
class Candidate:
    """A place that a name may mean. `county` and `country` are names; `lat`, `lon` None where not known.

    `method` and `confidence` are the resolver's, None of a place that it offers without reading the name so.
    """

    place_id: str
    name: str
    kind: str
    county: str | None
    country: str | None
    lat: float | None
    lon: float | None
    method: str | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class PlaceQuestion:
    """`text_shown` is None where the name is withheld; `country` is an ISO alpha-3 code. `mentions`: how many
    ways to name it there are; `movements`: records of extracts in force that do."""

    item: Item
    text_shown: str | None
    country: str | None
    mentions: int
    movements: int
    status: str
    candidates: list[Candidate]


def place_questions(settings: Settings, page: int = 1, size: int = 20) -> tuple[list[PlaceQuestion], int]:
    """Return a page (from 1) of the undecided names, most movements first, and the number of all."""
    groups = {name.item: name for name in open_name_groups(settings)}
    waiting = [one for one in open_items(settings) if one.item in groups]
    shown = waiting[(page - 1) * size : page * size]
    return [_question(groups[one.item], one.movements) for one in shown], len(waiting)


def place_question(settings: Settings, item: Item) -> PlaceQuestion | None:
    """Return the question of one item; None where it is decided, or the last refresh did not ask it."""
    groups = {one.item: one for one in open_name_groups(settings)}
    waiting = (one for one in open_items(settings) if one.item == item and item in groups)
    return next((_question(groups[item], one.movements) for one in waiting), None)


def place_matches(settings: Settings, text: str, country: str | None = None) -> list[Candidate]:
    """Return the places that a text typed by a steward may mean, best first, by decisions and the resolver.

    Then the other places of that name: a county, a town and a border point may share it.
    """
    aliases = active_decisions(settings, settings.as_of()).place_aliases
    found = _candidates_for(text, country, aliases)
    known = {one.place_id for one in found}
    others = [_candidate(one) for one in places.places_named(text) if one not in known]
    return [*found, *others][:MOST_MATCHES]


def county_outlines(settings: Settings) -> dict[str, Any]:
    """Return the counties in force as GeoJSON, lines simplified, each with `place_id` and `name`.

    `captions` has the words that every map drawn with them must carry.
    """
    # Loads shapely, which only a map needs.
    from shapely import to_geojson

    from orchestration.places import boundaries

    names, in_force = places.place_names(), boundaries.boundaries_in_force(settings)
    return {
        "type": "FeatureCollection",
        "captions": vars(boundaries.captions(in_force)),
        "features": [
            {
                "type": "Feature",
                "properties": {"place_id": place_id, "name": names.get(place_id, place_id)},
                "geometry": json.loads(to_geojson(shape.simplify(_SIMPLIFIED))),
            }
            for place_id, shape in sorted(in_force.counties.items())
        ],
    }


def _question(group: OpenName, movements: int) -> PlaceQuestion:
    found = [] if group.text is None else _candidates_for(group.text, group.country, ())
    known = {one.place_id for one in found}
    offered = [_candidate(place_id) for place_id in group.candidates if place_id not in known]
    return PlaceQuestion(
        group.item,
        group.text,
        group.country,
        len(group.mention_ids),
        movements,
        group.status,
        [*found, *offered],
    )


def _candidates_for(text: str, country: str | None, aliases: Iterable[Mapping[str, Any]]) -> list[Candidate]:
    (found,) = places.resolve_names([text], country, list(aliases))
    best = [found["place_id"]] if found["place_id"] else []
    return [
        *(_candidate(place_id, found["method"], found["confidence"]) for place_id in best),
        *(_candidate(place_id) for place_id in found["rivals"] if place_id not in best),
    ]


def _candidate(place_id: str, method: str | None = None, confidence: float | None = None) -> Candidate:
    place = places.known_place(place_id)
    lat, lon = place.point or (None, None)
    return Candidate(
        place_id, place.name, place.kind, place.county, place.country, lat, lon, method, confidence
    )
