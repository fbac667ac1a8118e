"""A text that is no known name: the place it is a misspelling of, where one error and one place will do.

Two errors, or two places equally near, are a steward's to decide: they are only suggested.
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
# What is widely known is meant before a ward, an estate or a small town abroad that is just as near.
_KNOWN_HERE, _WIDELY_KNOWN = 2.0, 3.0
# Letters that must be right: of a name a record places, of a lesser one, of a locality, of a ward or village.
_FEWEST_STATED, _FEW, _MANY, _VERY_MANY = 5, 6, 7, 8
_OF_A_WARD = 6.0
_METROPOLIS = 500_000  # people
_COST_OF_RANK = 0.01
_LESS_SURE = 0.10
_MOST_SUGGESTIONS = 3
_WORTH_OF_RANK, _WORTH_OF_FIRST_LETTER = 0.04, 0.1


class Misspelt:
    """Reads misspelt names of one gazetteer within a context."""

    def __init__(self, gazetteer: Gazetteer, spellings: Spellings) -> None:
        self._gazetteer = gazetteer
        self._spellings = spellings

    def read(self, normed: str, context: Context) -> Outcome | None:
        """The only name one error away, its first letter right; None where there is none, or another."""
        names: dict[str, list[Near]] = {}
        for one in self._near(normed, context):
            if one.edits <= _ACCEPTED_EDITS and one.begins_alike:
                names.setdefault(one.name_key, []).append(one)
        safe = [some for some in names.values() if any(self._is_safe(one, normed, context) for one in some)]
        if not safe or _is_near_a_direction(normed):
            return None
        best = min(safe, key=self._order)
        place, score = self._best(best), max(map(self._score, best))
        if score < _LEAST_SCORE:
            return None
        elsewhere = [
            one.place_id
            for name, some in names.items()
            if name != best[0].name_key
            for one in some
            if self._is_elsewhere(one.place_id, place)
        ]
        if any(_may_be_meant(place, self._gazetteer.place(i)) for i in elsewhere):
            return None
        found = choose(self._gazetteer, {one.place_id: "exact" for one in best}, context)
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
        """The nearest places that a steward may mean, at most three."""
        near = (one for text in normed for one in self._near(text, context))
        ranked = sorted(near, key=lambda one: (-self._promise(one), one.place_id))
        return tuple(dict.fromkeys(one.place_id for one in ranked))[:_MOST_SUGGESTIONS]

    def _near(self, normed: str, context: Context) -> list[Near]:
        if looks_private(normed):
            return []
        near = self._spellings.near(normed)
        return [one for one in near if context.fits(self._gazetteer.place(one.place_id))]

    def _order(self, name: list[Near]) -> tuple[bool, float, str]:
        return (not self._is_known(self._best(name)), -max(map(self._score, name)), name[0].name_key)

    def _best(self, name: list[Near]) -> Place:
        """The best known of the places of one name."""
        return min(
            (self._gazetteer.place(one.place_id) for one in name), key=lambda p: (p.country != KENYA, p.rank)
        )

    def _is_known(self, place: Place) -> bool:
        """Whether a reader in Kenya knows the place: names at home, and countries, go before those abroad."""
        return place.kind == "country" or (place.country == KENYA and place.rank <= _KNOWN_HERE)

    def _is_safe(self, one: Near, normed: str, context: Context) -> bool:
        """Whether so many letters are right that the name is meant, and not another that nobody listed."""
        place = self._gazetteer.place(one.place_id)
        letters = len(squash(normed))
        fewest_of_other_names = _MANY if place.kind == "country" else _FEW
        if letters < fewest_of_other_names and one.name_key != squash(norm(place.name)):
            return False
        stated = context.counties if place.country == KENYA else context.countries
        return letters >= (_FEWEST_STATED if stated else self._fewest_letters(place))

    def _fewest_letters(self, place: Place) -> int:
        """Short names are near to anything: the less a place is known, the more of it must be right."""
        if place.kind == "county" or self._is_on_a_corridor(place):
            return SHORTEST_MISSPELT
        if place.rank >= LITTLE_KNOWN:
            return _MANY if place.rank < _OF_A_WARD else _VERY_MANY
        is_big = place.country == KENYA or place.kind != "town" or (place.population or 0) >= _METROPOLIS
        return SHORTEST_MISSPELT + 1 if is_big and place.kind != "country" else _FEW

    def _is_on_a_corridor(self, place: Place) -> bool:
        on_one = CORRIDORS | self._gazetteer.countries_with_towns
        return place.kind == "country" and place.country in on_one

    def _score(self, one: Near) -> float:
        return one.likeness - _COST_OF_RANK * self._gazetteer.place(one.place_id).rank

    def _promise(self, one: Near) -> float:
        """How likely a steward means a place: what is well known, and begins alike, before what is near."""
        known = _WORTH_OF_RANK * self._gazetteer.place(one.place_id).rank
        return one.likeness - known + _WORTH_OF_FIRST_LETTER * one.begins_alike

    def _is_elsewhere(self, place_id: str, best: Place) -> bool:
        place = self._gazetteer.place(place_id)
        is_twin = place_id in self._gazetteer.twins.get(best.place_id, ())
        return spot_of(place) != spot_of(best) and not is_twin


def _is_near_a_direction(normed: str) -> bool:
    """`nothern` says where in a country nobody named, whatever province is called so."""
    return any(OSA.distance(normed, word, score_cutoff=1) <= 1 for word in DIRECTIONS)


def _may_be_meant(best: Place, other: Place) -> bool:
    """Whether reading `best` where another place is as near would be a guess."""
    if best.country == KENYA and other.country != KENYA:
        return best.rank > _KNOWN_HERE and (other.is_foreign_city or other.kind != "town")
    return best.rank > _WIDELY_KNOWN or other.rank <= LITTLE_KNOWN
