"""Names that a text may be a spelling of: those of its squash key, and those a typing error or two away.

Distances are counted for all texts at once, because that is what makes them cheap: whoever asks for a key
that was never counted gets nothing, and asks again after `count`. Which name is meant is not decided here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from orchestration.places.normalise import norm, squash

SHORTEST_ALIKE, SHORTEST_MISSPELT = 4, 4
_SHORTEST_OF_MANY = 6  # names never looked near to are so many that a short one sounds like anything
_MOST_EDITS = 2
_SHORTEST_OF_TWO = 5  # half the letters of a shorter name would be wrong
_LIKE_LETTERS = {"c": "k", "e": "i", "z": "s", "v": "f"}
_KEYS_AT_ONCE = 2_000


class Near(NamedTuple):
    """A name within two typing errors (insert, delete, replace, or swap of neighbours) of a text.

    `likeness`, from 0 to 1, is the mean of Damerau-Levenshtein and Jaro-Winkler similarity; `begins_alike`
    tells whether the first letters are one, or sound alike. Places of one name have one `name_key`.
    """

    place_id: str
    name_key: str
    edits: int
    likeness: float
    begins_alike: bool


class Spellings:
    """The squash keys of names; `names` are (name, place id), `exactly` those that are never looked near to.

    `asks_in_vain` is set by a question that no count has answered yet; whoever asks resets it. The keys are
    made when a spelling is first looked up: a country by its name or code needs none.
    """

    def __init__(self, names: Iterable[tuple[str, str]], exactly: Iterable[tuple[str, str]] = ()) -> None:
        self._names, self._exactly = names, exactly
        self._near: dict[str, tuple[Near, ...]] = {}
        self._open: set[str] = set()
        self.asks_in_vain = False

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
        """The places whose names sound as this text is written."""
        return self._ids.get(squash(normed), ())

    def near(self, normed: str) -> tuple[Near, ...]:
        """The names near a text, nearest first; nothing while its key waits to be counted."""
        key = squash(normed)
        if len(key) < SHORTEST_MISSPELT or any(sign.isdigit() for sign in key):
            return ()
        if key not in self._near:
            self._open.add(key)
            self.asks_in_vain = True
        return self._near.get(key, ())

    def count(self) -> None:
        """Measure the keys asked for so far against every name."""
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
            self._near[key] = tuple(sorted(near, key=lambda one: (one.edits, -one.likeness, one.place_id)))


def _by_key(names: Iterable[tuple[str, str]], shortest: int = SHORTEST_ALIKE) -> dict[str, tuple[str, ...]]:
    ids: dict[str, set[str]] = defaultdict(set)
    for name, place_id in names:
        key = squash(norm(name))
        if len(key) >= shortest:
            ids[key].add(place_id)
    return {key: tuple(sorted(found)) for key, found in ids.items()}
