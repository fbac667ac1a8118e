"""Texts that name a place without stating that it was there: a route, a border, a denial.

They are recognised before a text is cut into parts, as its first part would be read otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from rapidfuzz.distance import OSA

from orchestration.core import seed_words
from orchestration.places.candidates import (
    NEARBY,
    Context,
    Hits,
    at_most,
    open_between,
    outcome_of,
    sides,
    wider_only,
)
from orchestration.places.gazetteer import CORRIDORS, KENYA, NEIGHBOURS, Gazetteer
from orchestration.places.mentions import ALTERNATIVES, TWIN_ASSUMED, Outcome
from orchestration.places.place_text import names_a_road, norm, route, what_is_denied, what_is_outside

_BORDER_WORDS = frozenset(seed_words("border"))
# Texts without any of these words are not examined further.
_TELLING_WORDS = _BORDER_WORDS | frozenset(seed_words("routes_and_denials"))
_ARROW = re.compile("[>→»]")
_AROUND_A_BORDER = frozenset(seed_words("around_a_border"))
_OF = frozenset(["of", "with", "na", "ya", "wa"])
_LONGEST_COUNTRY = 4  # words
_SUDAN, _SOUTH_SUDAN = "SDN", "SSD"
_SOUTH_WORDS = ("south", "southern", "kusini", "sud", "koonfur", "koonfurta", "جنوب", "ደቡብ")
_SHORTEST_MISSPELT = 4


class Reader(Protocol):
    """The part of `read.TextReader` that is used here."""

    def hits(self, text: str) -> Hits: ...

    def countries(self, key: str) -> Hits: ...

    def stopped(self, text: str) -> Outcome | None: ...

    def read(self, text: str, context: Context, depth: int = 0) -> Outcome | None: ...


class Doubts:
    """Recognises such texts; a reader resolves their parts."""

    def __init__(self, gazetteer: Gazetteer, reader: Reader) -> None:
        self._gazetteer = gazetteer
        self._reader = reader

    def read(self, text: str, context: Context, depth: int) -> Outcome | None:
        """Return the outcome of a doubtful text; None for any other."""
        words = norm(text).split()
        if _TELLING_WORDS.isdisjoint(words) and not _ARROW.search(text):
            return None
        denied, outside = what_is_denied(text), what_is_outside(text)
        if (denied and self._reader.hits(denied)) or (outside and self._reader.countries(norm(outside))):
            return wider_only(self._gazetteer, context)
        border = self._border_of_a_country(words, context, depth)
        return border or self._route(text, context, depth)

    def _border_of_a_country(self, words: list[str], context: Context, depth: int) -> Outcome | None:
        """Read `Uganda border`, which has two sides, and a crossing beside such words."""
        at = next((n for n, word in enumerate(words) if word in _BORDER_WORDS), None)
        if at is None:
            return None
        before, after = _without(words[:at]), _without(words[at + 1 :])
        country, rest = self._country_at_the_end(before)
        # `Malaba border, Uganda` is the Ugandan side of it.
        is_of_a_country = not before or (after and words[at + 1] in _OF)
        if country is None and is_of_a_country:
            country, left = self._country_at_the_end(after)
            rest = [*before, *left]
        if country is None or (country == KENYA and rest):
            return None
        across = [KENYA] if country in NEIGHBOURS else []
        across += [_SOUTH_SUDAN] if country == _SUDAN else []
        if not rest:
            known = wider_only(self._gazetteer, context)
            return known if known.place_id else self._open([country, *across], context)
        other = self._reader.countries(" ".join(rest))
        if other:
            return open_between(self._gazetteer, [*other, country], context)
        found = self._reader.read(" ".join(rest), context, depth + 1)
        if found and TWIN_ASSUMED in found.problems:
            return open_between(self._gazetteer, sides(self._gazetteer, found, context), context)
        return at_most(found, NEARBY) or self._open([country, *across], context)

    def _open(self, place_ids: Iterable[str], context: Context) -> Outcome:
        """Return an ambiguous outcome without a country."""
        found = open_between(self._gazetteer, place_ids, context)
        return replace(found, country=None, precision="none")

    def _country_at_the_end(self, words: list[str]) -> tuple[str | None, list[str]]:
        for count in range(min(_LONGEST_COUNTRY, len(words)), 0, -1):
            named = self._gazetteer.country_names.get(" ".join(words[-count:]), ())
            if len(named) == 1:
                return named[0], words[:-count]
        return None, words

    def _route(self, text: str, context: Context, depth: int) -> Outcome | None:
        """Read `Nairobi to Jeddah`, which is no single place."""
        stops, leads_on = route(text)
        if len(stops.texts) < 2:
            return None
        found = [self._place(stop, depth) for stop in stops.texts]
        placed = [outcome for outcome in found if outcome]
        if not (found[0] and (leads_on or len(placed) > 1)):
            return None
        candidates = tuple(dict.fromkeys(i for outcome in placed for i in _candidates(outcome)))
        if len(placed) < len(found):
            return self._open(candidates, context)
        counties = {outcome.county for outcome in placed}
        county = self._gazetteer.place(counties.pop() or KENYA)
        share_a_county = not counties and county.kind == "county" and context.fits(county)
        if not share_a_county or names_a_road(norm(text)):
            return open_between(self._gazetteer, candidates, context)
        shared = outcome_of(self._gazetteer, county, "context", NEARBY, context)
        return replace(shared, rivals=candidates, problems=(*context.said, ALTERNATIVES))

    def _place(self, text: str, depth: int) -> Outcome | None:
        if self._reader.stopped(text):
            return None
        found = self._reader.read(text, Context(), depth + 1)
        return found if found and _candidates(found) and found.method not in ("fuzzy", "country") else None


def names_by_code(gazetteer: Gazetteer) -> dict[str, str]:
    """Return names of countries by the codes that partners write after a place."""
    by_code = {code: i for code, i in gazetteer.alpha2.items() if i in CORRIDORS}
    by_code |= {i: i for i in (*NEIGHBOURS, KENYA)}
    return {code: gazetteer.place(country).name for code, country in by_code.items()}


def with_named_side(reader: Reader, gazetteer: Gazetteer, text: str, names: Mapping[str, str]) -> str:
    """Expand `busia ug` to `busia, Uganda`: after a crossing, small letters are a code too."""
    words = norm(text).split()
    country = names.get(words[-1].upper()) if len(words) > 1 else None
    rest = " ".join(words[:-1])
    if not country or not any(place_id in gazetteer.twins for place_id in reader.hits(rest)):
        return text
    return f"{rest}, {country}"


def may_be_south_sudan(
    gazetteer: Gazetteer, rest: str, countries: Mapping[str, str], context: Context
) -> Outcome | None:
    """Return an ambiguous outcome for `Sudan, south` and `New Sudan`."""
    if _SUDAN not in countries:
        return None
    words = norm(rest).split()
    if "new" in words or any(_is_south(word) for word in words):
        return open_between(gazetteer, [_SOUTH_SUDAN, _SUDAN], replace(context, label=None))
    return None


def _is_south(word: str) -> bool:
    if word in _SOUTH_WORDS:
        return True
    return len(word) >= _SHORTEST_MISSPELT and OSA.distance(word, "south", score_cutoff=1) <= 1


def _without(words: list[str]) -> list[str]:
    return [word for word in words if word not in _AROUND_A_BORDER]


def _candidates(found: Outcome) -> tuple[str, ...]:
    return (found.place_id,) if found.place_id else found.rivals
