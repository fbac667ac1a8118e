"""Names near a misspelt one: measured for all mentions together, taken where enough letters are right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from orchestration.places import mentions as o
from orchestration.places.candidates import Context, choose, spot_of
from orchestration.places.gazetteer import CORRIDORS, KENYA, LITTLE_KNOWN, Gazetteer, Place
from orchestration.places.mentions import Outcome
from orchestration.places.place_text import DIRECTIONS, looks_private, norm, squash

SHORTEST_ALIKE, SHORTEST_MISSPELT = 4, 4
_SHORTEST_OF_MANY = 6  # the many exact-only names: shorter ones sound like anything
_MOST_EDITS = 2
_SHORTEST_OF_TWO = 5  # with two errors, half of a shorter name would be wrong
_LIKE_LETTERS = {"c": "k", "e": "i", "z": "s", "v": "f"}
_KEYS_AT_ONCE = 2_000


class Near(NamedTuple):
    """A name within two typing errors (insert, delete, replace, or swap of neighbours) of a text.

    `likeness`, from 0 to 1: mean of Damerau-Levenshtein and Jaro-Winkler similarity. `begins_alike`: the
    first letters are equal or sound alike. Places of one name share `name_key`.
    """

    place_id: str
    name_key: str
    edits: int
    likeness: float
    begins_alike: bool


class Spellings:
    """Squash keys of names. `names`: (name, place id); `exactly`: names that are matched without errors only.

    `needs_count` is set by a look-up that waits for `count`; the caller resets it. Keys are made on the first
    look-up.
    """

    def __init__(self, names: Iterable[tuple[str, str]], exactly: Iterable[tuple[str, str]] = ()) -> None:
        self._names, self._exactly = names, exactly
        self._near: dict[str, tuple[Near, ...]] = {}
        self._open: set[str] = set()
        self.needs_count = False

    @cached_property
    def _looked_near(self) -> dict[str, tuple[str, ...]]:
        return _by_key(self._names)

    @cached_property
    def _ids(self) -> dict[str, tuple[str, ...]]:
        known = ((key, i) for key, ids in self._looked_near.items() for i in ids)
        others = ((key, i) for key, ids in _by_key(self._exactly, _SHORTEST_OF_MANY).items() for i in ids)
        return _by_key([*known, *others])

    @cached_property
    def _choices(self) -> list[str]:
        return [key for key in self._looked_near if len(key) >= SHORTEST_MISSPELT]

    def alike(self, normed: str) -> tuple[str, ...]:
        """Return the places whose names have the squash key of this text."""
        return self._ids.get(squash(normed), ())

    def near(self, normed: str) -> tuple[Near, ...]:
        """Return the names near a text, nearest first; nothing while its key waits for `count`."""
        key = squash(normed)
        if len(key) < SHORTEST_MISSPELT or any(sign.isdigit() for sign in key):
            return ()
        if key not in self._near:
            self._open.add(key)
            self.needs_count = True
        return self._near.get(key, ())

    def count(self) -> None:
        """Compute distances of all waiting keys to every name."""
        keys = sorted(self._open)
        self._open.clear()
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            self._count(keys[start : start + _KEYS_AT_ONCE])

    def _count(self, keys: list[str]) -> None:
        self._near |= dict.fromkeys(keys, ())
        edits = process.cdist(
            keys, self._choices, scorer=OSA.distance, score_cutoff=_MOST_EDITS, dtype=np.uint8, workers=-1
        )
        found: dict[str, list[Near]] = defaultdict(list)
        for row, column in np.argwhere(edits <= _MOST_EDITS).tolist():
            key, choice = keys[row], self._choices[column]
            count = int(edits[row, column])
            if count > 1 and min(len(key), len(choice)) < _SHORTEST_OF_TWO:
                continue
            alike = (OSA.normalized_similarity(key, choice) + JaroWinkler.similarity(key, choice)) / 2
            begins = _LIKE_LETTERS.get(key[0], key[0]) == _LIKE_LETTERS.get(choice[0], choice[0])
            found[key] += [Near(i, choice, count, alike, begins) for i in self._looked_near[choice]]
        for key, near in found.items():
            self._near[key] = tuple(
                sorted(near, key=lambda name: (name.edits, -name.likeness, name.place_id))
            )


def _by_key(names: Iterable[tuple[str, str]], shortest: int = SHORTEST_ALIKE) -> dict[str, tuple[str, ...]]:
    ids: dict[str, set[str]] = defaultdict(set)
    for name, place_id in names:
        key = squash(norm(name))
        if len(key) >= shortest:
            ids[key].add(place_id)
    return {key: tuple(sorted(found)) for key, found in ids.items()}


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
        # A misspelt direction (`nothern`) is no province.
        if not safe or any(OSA.distance(normed, word, score_cutoff=1) <= 1 for word in DIRECTIONS):
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
        best = self._best(name)
        is_known = best.kind == "country" or (best.country == KENYA and best.rank <= _KNOWN_HERE)
        return (not is_known, -max(map(self._score, name)), name[0].name_key)

    def _best(self, name: list[Near]) -> Place:
        """Return the best known of the places of one name."""
        places = (self._gazetteer.place(near.place_id) for near in name)
        return min(places, key=lambda place: (place.country != KENYA, place.rank))

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
        on_a_corridor = CORRIDORS | self._gazetteer.countries_with_towns
        if place.kind == "county" or (place.kind == "country" and place.country in on_a_corridor):
            return SHORTEST_MISSPELT
        if place.rank >= LITTLE_KNOWN:
            return _MANY if place.rank < _OF_A_WARD else _VERY_MANY
        is_big = place.country == KENYA or place.kind != "town" or (place.population or 0) >= _METROPOLIS
        return SHORTEST_MISSPELT + 1 if is_big and place.kind != "country" else _FEW

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


def _may_be_meant(best: Place, other: Place) -> bool:
    """Whether another place that is as near may be meant instead of `best`."""
    if best.country == KENYA and other.country != KENYA:
        return best.rank > _KNOWN_HERE and (other.is_foreign_city or other.kind != "town")
    return best.rank > _WIDELY_KNOWN or other.rank <= LITTLE_KNOWN
