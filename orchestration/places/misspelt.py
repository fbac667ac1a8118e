"""A text that is no known name: the place it is a misspelling of, where one error and one place will do.

Two errors, or two places equally near, are a steward's to decide: they are only suggested.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from orchestration.places import outcome as o
from orchestration.places.choose import Context, outcome_of, spot_of
from orchestration.places.gazetteer import KENYA, LITTLE_KNOWN, Gazetteer, Place
from orchestration.places.normalise import looks_private, squash
from orchestration.places.outcome import Outcome
from orchestration.places.spellings import Near, Spellings

MISSPELT = "fuzzy"
_ACCEPTED_EDITS = 1
_LEAST_SCORE = 0.76
# What is widely known is meant before a ward, an estate or a small town abroad that is just as near.
_KNOWN_HERE, _WIDELY_KNOWN = 2.0, 3.0
# Units below the county are many, and short names of them are near to anything.
_SHORTEST_OF_MANY = 7
_COST_OF_RANK = 0.01
_LESS_SURE = 0.10
_MOST_SUGGESTIONS = 3


class Misspelt:
    """Reads misspelt names of one gazetteer within a context."""

    def __init__(self, gazetteer: Gazetteer, spellings: Spellings) -> None:
        self._gazetteer = gazetteer
        self._spellings = spellings

    def read(self, normed: str, context: Context) -> Outcome | None:
        """The only place one error away, its first letter right; None where there is none, or another."""
        near = [
            one for one in self._near(normed, context) if one.edits <= _ACCEPTED_EDITS and one.begins_alike
        ]
        scored = sorted(
            ((self._score(one), one.place_id) for one in near),
            key=lambda two: (not self._is_known_here(two[1]), -two[0], two[1]),
        )
        if not scored or scored[0][0] < _LEAST_SCORE:
            return None
        score, place_id = scored[0]
        best = self._gazetteer.place(place_id)
        if len(squash(normed)) < _shortest(best, context):
            return None
        elsewhere = [i for _, i in scored if self._is_elsewhere(i, best)]
        if any(_may_be_meant(best, self._gazetteer.place(i)) for i in elsewhere):
            return None
        found = outcome_of(self._gazetteer, best, MISSPELT, score - _LESS_SURE, context)
        rivals = tuple(dict.fromkeys(elsewhere))
        return replace(found, score=round(score, 4), rivals=rivals, problems=(*context.said, o.MISSPELT))

    def suggestions(self, normed: Iterable[str], context: Context) -> tuple[str, ...]:
        """The nearest places that a steward may mean, at most three."""
        near = {one.place_id: one for text in normed for one in self._near(text, context)}.values()
        ranked = sorted(near, key=lambda one: (one.edits, -self._score(one), one.place_id))
        return tuple(one.place_id for one in ranked[:_MOST_SUGGESTIONS])

    def _near(self, normed: str, context: Context) -> list[Near]:
        if looks_private(normed):
            return []
        near = self._spellings.near(normed)
        return [one for one in near if context.fits(self._gazetteer.place(one.place_id))]

    def _is_known_here(self, place_id: str) -> bool:
        """Whether a reader in Kenya knows the place: names at home go before those abroad."""
        place = self._gazetteer.place(place_id)
        return place.country == KENYA and place.rank <= _KNOWN_HERE

    def _score(self, one: Near) -> float:
        return one.likeness - _COST_OF_RANK * self._gazetteer.place(one.place_id).rank

    def _is_elsewhere(self, place_id: str, best: Place) -> bool:
        place = self._gazetteer.place(place_id)
        is_twin = place_id in self._gazetteer.twins.get(best.place_id, ())
        return spot_of(place) != spot_of(best) and not is_twin


def _shortest(best: Place, context: Context) -> int:
    """How many letters a text needs to be taken for a place; few do where the record says whereabouts."""
    stated = context.counties if best.country == KENYA else context.countries
    return _SHORTEST_OF_MANY if best.rank >= LITTLE_KNOWN and stated is None else 0


def _may_be_meant(best: Place, other: Place) -> bool:
    """Whether reading `best` where another place is as near would be a guess."""
    if best.country == KENYA and other.country != KENYA:
        return best.rank > _KNOWN_HERE and (other.is_foreign_city or other.kind != "town")
    return best.rank > _WIDELY_KNOWN or other.rank <= LITTLE_KNOWN
