"""Find names that a text may be a spelling of: with its squash key, or one or two typing errors away.

Distances are computed for many texts at once, which makes them cheap: a new key returns nothing until `count`
has run, and the caller asks again. `misspelt` decides which name is meant.
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
