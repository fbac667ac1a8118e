"""Resolve a misspelt name where one error leads to one place.

Names with two errors, or two places equally near, are suggested to a steward.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rapidfuzz.distance import OSA

from orchestration.places import outcome as o
from orchestration.places.choose import Context, choose, spot_of
from orchestration.places.gazetteer import CORRIDORS, KENYA, LITTLE_KNOWN, Gazetteer, Place
from orchestration.places.normalise import looks_private, norm, squash
from orchestration.places.outcome import Outcome
from orchestration.places.parts import DIRECTIONS
from orchestration.places.spellings import SHORTEST_MISSPELT, Near, Spellings

MISSPELT = "fuzzy"
_ACCEPTED_EDITS = 1
_LEAST_SCORE = 0.76
# Widely known places are meant before wards, estates and small towns abroad that are just as near.
_KNOWN_HERE, _WIDELY_KNOWN = 2.0, 3.0
# Least number of letters: of a name with a stated county or country, a lesser place, a locality, a ward or
# village.
_FEWEST_STATED, _FEW, _MANY, _VERY_MANY = 5, 6, 7, 8
_OF_A_WARD = 6.0
_METROPOLIS = 500_000  # people
_COST_OF_RANK = 0.01
_LESS_SURE = 0.10
_MOST_SUGGESTIONS = 3
_WORTH_OF_RANK, _WORTH_OF_FIRST_LETTER = 0.04, 0.1


class Misspelt:
    """Resolves misspelt names of one gazetteer within a context."""

    def __init__(self, gazetteer: Gazetteer, spellings: Spellings) -> None:
        self._gazetteer = gazetteer
        self._spellings = spellings

    def read(self, normed: str, context: Context) -> Outcome | None:
        """Return the only name one error away with the right first letter; None for none or several."""
        names: dict[str, list[Near]] = {}
        for near in self._near(normed, context):
            if near.edits <= _ACCEPTED_EDITS and near.begins_alike:
                names.setdefault(near.name_key, []).append(near)
        safe = [
            places
            for places in names.values()
            if any(self._is_safe(near, normed, context) for near in places)
        ]
        if not safe or _is_near_a_direction(normed):
            return None
        best = min(safe, key=self._order)
        place, score = self._best(best), max(map(self._score, best))
        if score < _LEAST_SCORE:
            return None
        elsewhere = [
            near.place_id
            for name, places in names.items()
            if name != best[0].name_key
            for near in places
            if self._is_elsewhere(near.place_id, place)
        ]
        if any(_may_be_meant(place, self._gazetteer.place(i)) for i in elsewhere):
            return None
        found = choose(self._gazetteer, {near.place_id: "exact" for near in best}, context)
        if found.place_id is None:
            return found
        rivals = tuple(dict.fromkeys((*found.rivals, *elsewhere)))
        problems = tuple(dict.fromkeys((*context.said, o.MISSPELT)))
        return replace(
            found,
            method=MISSPELT,
            confidence=score - _LESS_SURE,
            score=round(score, 4),
            rivals=rivals,
            problems=problems,
        )

    def suggestions(self, normed: Iterable[str], context: Context) -> tuple[str, ...]:
        """Return the nearest places that a steward may mean, at most three."""
        found = (near for text in normed for near in self._near(text, context))
        ranked = sorted(found, key=lambda near: (-self._promise(near), near.place_id))
        return tuple(dict.fromkeys(near.place_id for near in ranked))[:_MOST_SUGGESTIONS]

    def _near(self, normed: str, context: Context) -> list[Near]:
        if looks_private(normed):
            return []
        found = self._spellings.near(normed)
        return [near for near in found if context.fits(self._gazetteer.place(near.place_id))]

    def _order(self, name: list[Near]) -> tuple[bool, float, str]:
        return (not self._is_known(self._best(name)), -max(map(self._score, name)), name[0].name_key)

    def _best(self, name: list[Near]) -> Place:
        """Return the best known of the places of one name."""
        places = (self._gazetteer.place(near.place_id) for near in name)
        return min(places, key=lambda place: (place.country != KENYA, place.rank))

    def _is_known(self, place: Place) -> bool:
        """Whether the place is well known in Kenya: a country, or a well-known place at home."""
        return place.kind == "country" or (place.country == KENYA and place.rank <= _KNOWN_HERE)

    def _is_safe(self, near: Near, normed: str, context: Context) -> bool:
        """Whether enough letters are right to exclude an unlisted name."""
        place = self._gazetteer.place(near.place_id)
        letters = len(squash(normed))
        fewest_of_other_names = _MANY if place.kind == "country" else _FEW
        if letters < fewest_of_other_names and near.name_key != squash(norm(place.name)):
            return False
        stated = context.counties if place.country == KENYA else context.countries
        return letters >= (_FEWEST_STATED if stated else self._fewest_letters(place))

    def _fewest_letters(self, place: Place) -> int:
        """Return the least number of letters: lesser known places need longer names."""
        if place.kind == "county" or self._is_on_a_corridor(place):
            return SHORTEST_MISSPELT
        if place.rank >= LITTLE_KNOWN:
            return _MANY if place.rank < _OF_A_WARD else _VERY_MANY
        is_big = place.country == KENYA or place.kind != "town" or (place.population or 0) >= _METROPOLIS
        return SHORTEST_MISSPELT + 1 if is_big and place.kind != "country" else _FEW

    def _is_on_a_corridor(self, place: Place) -> bool:
        on_one = CORRIDORS | self._gazetteer.countries_with_towns
        return place.kind == "country" and place.country in on_one

    def _score(self, near: Near) -> float:
        return near.likeness - _COST_OF_RANK * self._gazetteer.place(near.place_id).rank

    def _promise(self, near: Near) -> float:
        """Score a suggestion: well-known places and equal first letters before mere nearness."""
        known = _WORTH_OF_RANK * self._gazetteer.place(near.place_id).rank
        return near.likeness - known + _WORTH_OF_FIRST_LETTER * near.begins_alike

    def _is_elsewhere(self, place_id: str, best: Place) -> bool:
        place = self._gazetteer.place(place_id)
        is_twin = place_id in self._gazetteer.twins.get(best.place_id, ())
        return spot_of(place) != spot_of(best) and not is_twin


def _is_near_a_direction(normed: str) -> bool:
    """Whether a text is a misspelt direction (`nothern`) and so no province."""
    return any(OSA.distance(normed, word, score_cutoff=1) <= 1 for word in DIRECTIONS)


def _may_be_meant(best: Place, other: Place) -> bool:
    """Whether another place that is as near may be meant instead of `best`."""
    if best.country == KENYA and other.country != KENYA:
        return best.rank > _KNOWN_HERE and (other.is_foreign_city or other.kind != "town")
    return best.rank > _WIDELY_KNOWN or other.rank <= LITTLE_KNOWN
