"""Look-ups of places for other rooms: a place as shown to people, names resolved, countries named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from orchestration.core import REFERENCE_SEEDS, Keys, Settings, is_token, load_keys, seed_rows
from orchestration.places.gazetteer import load_gazetteer, load_places
from orchestration.places.mentions import Mention
from orchestration.places.place_text import norm
from orchestration.places.resolve import Resolver


@dataclass(frozen=True)
class KnownPlace:
    """`county` and `country` are names; `point`: latitude and longitude in degrees.

    `confidence` is the resolver's, where it read a text so.
    """

    place_id: str
    name: str
    kind: str
    county: str | None
    country: str | None
    point: tuple[float, float] | None
    confidence: float | None = None


def known_place(place_id: str) -> KnownPlace:
    """Return the place of an id; raises KeyError for an unknown one."""
    gazetteer = load_gazetteer(REFERENCE_SEEDS)
    place = gazetteer.places[place_id]
    county, country = (
        gazetteer.places[within].name if within in gazetteer.places else None
        for within in (place.county, place.country)
    )
    return KnownPlace(place_id, place.name, place.kind, county, country, _points().get(place_id))


@cache
def _points() -> dict[str, tuple[float, float]]:
    return {row["place_id"]: (float(row["lat"]), float(row["lon"])) for row in seed_rows("place_coordinates")}


def name_token(keys: Keys, text: str) -> str:
    """Return the token of a name; spellings of one name have one. A token is returned as it is."""
    return text if is_token(text) else keys.token(norm(text))


def keys_of(settings: Settings, place_aliases: Iterable[Mapping[str, Any]]) -> Keys | None:
    """Return the keys if a decision holds a token, else None: other look-ups need none."""
    return load_keys(settings) if any(is_token(alias["text"]) for alias in place_aliases) else None


def is_known(text: str) -> bool:
    """Return whether a text is a name or spelling of a place in the gazetteer."""
    return resolve_names([text])[0]["method"] in ("exact", "alias", "alternate", "squash")


def places_named(text: str) -> list[str]:
    """Return ids of places that a steward may mean by a text, the most prominent first.

    Places with that name or spelling come before those whose name contains all its words.
    """
    gazetteer, wanted = load_gazetteer(REFERENCE_SEEDS), norm(text)
    if not wanted:
        return []
    words, found = set(wanted.split()), dict[str, bool]()
    for index in (gazetteer.names, gazetteer.cores, gazetteer.aliases):
        for place_id in index.get(wanted, ()):
            found[place_id] = True
    for key, ids in gazetteer.names.items():
        if words <= set(key.split()):
            for place_id in ids:
                found.setdefault(place_id, False)
    return sorted(found, key=lambda i: (not found[i], gazetteer.place(i).rank, i))


def country_of_place(place_id: str) -> str | None:
    """Return the ISO alpha-3 of a place's country; None for places without one, such as `unknown`."""
    known = load_places(REFERENCE_SEEDS)
    country = known[place_id].country
    return country if country in known else None


def described(place_id: str) -> str:
    """Describe a place for a steward, so that places of one name differ: `Rongai (town, Nakuru)`."""
    places = load_places(REFERENCE_SEEDS)
    place = places[place_id]
    within = place.county if place.county and place.county != place_id else place.country
    if place.kind == "country" or within not in places:
        return f"{place.name} ({place.kind.replace('_', ' ')})"
    return f"{place.name} ({place.kind.replace('_', ' ')}, {places[within].name})"


def country_code(text: str) -> str | None:
    """Return the ISO alpha-3 of a country's name, alpha-2 or alpha-3; None for any other text.

    None for a name of several countries too: `countries_named` returns them.
    """
    return _without_decisions().country_code(text)


def countries_named(text: str) -> dict[str, str]:
    """Return names by ISO alpha-3 of the countries that a text may mean: `Congo` is two."""
    return _without_decisions().countries_named(text)


def resolve_names(
    names: Iterable[str],
    country: str | None = None,
    place_aliases: Sequence[Mapping[str, Any]] = (),
    keys: Keys | None = None,
) -> list[dict[str, Any]]:
    """Resolve names for `njia place`; `rivals` are place ids.

    `place_aliases`: the stewards' active decisions, which go first.
    """
    gazetteer = load_gazetteer(REFERENCE_SEEDS)
    mentions = {at: Mention(place_text=name, country_text=country) for at, name in enumerate(names)}
    outcomes = resolver_of(place_aliases, keys).resolve_all(mentions)
    return [
        {
            "name": mention.place_text,
            "status": outcomes[at].status,
            "place_id": outcomes[at].place_id,
            "kind": outcomes[at].kind,
            "country": gazetteer.alpha2_of.get(outcomes[at].country or ""),
            "county": outcomes[at].county,
            "method": outcomes[at].method,
            "confidence": round(outcomes[at].confidence, 2),
            "rivals": list(outcomes[at].rivals),
        }
        for at, mention in mentions.items()
    ]


@lru_cache(maxsize=1)
def _without_decisions() -> Resolver:
    """Return a shared resolver, whose keys of names are made once."""
    return Resolver(load_gazetteer(REFERENCE_SEEDS))


def resolver_of(place_aliases: Sequence[Mapping[str, Any]], keys: Keys | None) -> Resolver:
    if not place_aliases:
        return _without_decisions()
    return Resolver(load_gazetteer(REFERENCE_SEEDS), place_aliases, keys)
