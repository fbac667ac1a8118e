"""Which pairs of records are looked at: those that agree in the columns of some block.

A group of more than `policy.LARGEST_BLOCK` records, which agree in all that a block compares, is cut by one
more column, by each in turn. What is still too large is left out, and that is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from orchestration.linkage import policy
from orchestration.linkage.frame import Frame, Ints

ABOUT, TWO = "about ", "two "  # a year at most two away; two words of a kind
_KINDS = ("baptismal", "other")
_APART = 2


@dataclass(frozen=True)
class Block:
    """Pairs that agree in each of `parts`: a column, `about birth_year`, a word of a kind, or two of one."""

    parts: tuple[str, ...]
    cuts: tuple[str, ...] = ()

    @property
    def needs(self) -> set[str]:
        """The columns and kinds of words that it compares."""
        return {part.removeprefix(ABOUT).removeprefix(TWO) for part in self.parts}


@dataclass(frozen=True)
class Keys:
    """What records agree in: `owner` is a record, and `key` stands for the values of a block there."""

    owner: Ints
    key: Ints

    def where(self, chosen: Any) -> Keys:
        return Keys(self.owner[chosen], self.key[chosen])


@dataclass
class Groups:
    """The groups of a block's records by key, with their sizes; and those of each cut of the large ones."""

    keys: Ints
    sizes: Ints
    cuts: dict[str, Groups] = field(default_factory=dict)

    def at(self, key: Ints) -> tuple[Ints, Any]:
        """The number of each key's group, and whether there is one."""
        place = np.minimum(np.searchsorted(self.keys, key), max(len(self.keys) - 1, 0))
        return place, (self.keys[place] == key if len(self.keys) else np.zeros(len(key), dtype=bool))


@dataclass(frozen=True)
class Looked:
    """`first` and `second` are records of the frame; `blocks` has a bit for each block that found the pair.

    `left_out`: a row a block of which some group was too large.
    """

    first: Ints
    second: Ints
    blocks: Ints
    groups: list[Groups]
    left_out: list[dict[str, Any]]

    def where(self, chosen: Any) -> Looked:
        return replace(self, first=self.first[chosen], second=self.second[chosen], blocks=self.blocks[chosen])


class Blocking:
    """The blocks of a model over one frame; `sizes` are the numbers of values that keys are made with."""

    def __init__(self, frame: Frame, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self._values = {name: int(column.max(initial=0)) + 4 for name, column in frame.columns.items()}
        self._values |= {kind: int(words.max(initial=0)) + 2 for kind, words in frame.words.items()}

    def keys(self, frame: Frame, block: Block) -> Keys:
        found = Keys(np.arange(frame.size), np.zeros(frame.size, dtype=np.int64))
        for part in block.parts:
            found = self._with(frame, found, part)
        return found

    def pairs(self, frame: Frame, may: Callable[[Ints, Ints], Any]) -> Looked:
        """The pairs of some block that `may` be looked at."""
        pairs, bits, groups, left_out = [], [], [], []
        for number, block in enumerate(self.blocks):
            found, made, too_large = self._of_block(frame, block, may)
            pairs.append(found)
            bits.append(np.full(len(found), 1 << number, dtype=np.int64))
            groups.append(made)
            left_out += too_large
        every, at = np.unique(np.concatenate(pairs), return_inverse=True)
        found_by = np.zeros(len(every), dtype=np.int64)
        np.bitwise_or.at(found_by, at, np.concatenate(bits))
        return Looked(every // frame.size, every % frame.size, found_by, groups, left_out)

    def covered(self, one: Frame, other: Frame, groups: Sequence[Groups]) -> Any:
        """Whether record i of `one` and of `other` would be found by some block with these groups."""
        covered, left = np.zeros(one.size, dtype=bool), np.arange(one.size)
        for block, made in zip(self.blocks, groups, strict=True):
            sides = [frame.take(left) for frame in (one, other)]
            keys = [self.keys(frame, block) for frame in sides]
            found = [_met(keys, made)]
            for cut, finer in made.cuts.items():
                large = [end.where(_is_large(made, end.key)) for end in keys]
                ends = [self._with(frame, end, cut) for frame, end in zip(sides, large, strict=True)]
                found.append(_met(ends, finer))
            covered[left[np.concatenate(found)]] = True
            left = np.flatnonzero(~covered)
        return covered

    def _with(self, frame: Frame, keys: Keys, part: str) -> Keys:
        """The same keys, each with one thing more to agree in; without what tells nothing of it."""
        name = part.removeprefix(ABOUT).removeprefix(TWO)
        count = self._values[name]
        if part.startswith(TWO):
            words = frame.words[name]
            places = [(one, two) for one in range(words.shape[1]) for two in range(one + 1, words.shape[1])]
            values = [
                np.where(words[:, two] >= 0, words[:, one] * count + words[:, two], -1) for one, two in places
            ]
            count *= count
        elif name in _KINDS:
            values = list(frame.words[name].T)
        elif part.startswith(ABOUT):
            column = frame.columns[name]
            values = [np.where(column >= 0, column + step, -1) for step in range(_APART + 1)]
        else:
            values = [frame.columns[name]]
        made = [
            Keys(keys.owner[told], keys.key[told] * count + value[keys.owner[told]])
            for value in values
            for told in [value[keys.owner] >= 0]
        ]
        if not made:
            return Keys(keys.owner[:0], keys.key[:0])
        return Keys(np.concatenate([one.owner for one in made]), np.concatenate([one.key for one in made]))

    def _of_block(
        self, frame: Frame, block: Block, may: Callable[[Ints, Ints], Any]
    ) -> tuple[Ints, Groups, list[dict[str, Any]]]:
        keys = self.keys(frame, block)
        made = _groups(keys)
        large = made.sizes > policy.LARGEST_BLOCK
        found = [_pairs(frame.size, keys.where(~_is_large(made, keys.key)), may)]
        if not large.any():
            return found[0], made, []
        crowded = keys.where(_is_large(made, keys.key))
        spread: list[Ints] = [found[0][:0]]
        for cut in block.cuts:
            finer = self._with(frame, crowded, cut)
            made.cuts[cut] = _groups(finer)
            spread.append(_pairs(frame.size, finer.where(~_is_large(made.cuts[cut], finer.key)), may))
        of_large = np.unique(np.concatenate(spread))
        sizes = made.sizes[large]
        # Pairs of one partner count among those left out: how many they are would have to be looked up.
        left_out = {
            "compared": " + ".join(block.parts), "block_count": len(sizes), "record_count": int(sizes.sum()),
            "largest_count": int(sizes.max()),
            "pair_count": max(int(np.sum(sizes * (sizes - 1) // 2)) - len(of_large), 0),
        }  # fmt: skip
        return np.concatenate([*found, of_large]), made, [left_out]


def _groups(keys: Keys) -> Groups:
    return Groups(*np.unique(keys.key, return_counts=True))


def _is_large(groups: Groups, key: Ints) -> Any:
    place, known = groups.at(key)
    return known & (groups.sizes[place] > policy.LARGEST_BLOCK) if len(groups.sizes) else known


def _pairs(size: int, keys: Keys, may: Callable[[Ints, Ints], Any]) -> Ints:
    """The pairs of records with one key, each as one number, found step by step along a line."""
    order = np.lexsort((keys.owner, keys.key))
    owner, key = keys.owner[order], keys.key[order]
    found = [owner[:0]]
    left = np.arange(len(key))
    for step in range(1, policy.LARGEST_BLOCK):
        left = left[left + step < len(key)]
        left = left[key[left] == key[left + step]]
        if not len(left):
            break
        one, other = owner[left], owner[left + step]
        chosen = (one != other) & may(one, other)
        found.append(one[chosen] * size + other[chosen])
    return np.concatenate(found)


def _met(ends: Sequence[Keys], groups: Groups) -> Ints:
    """The owners that have a key in common whose group is small enough."""
    sides = []
    for keys in ends:
        place, known = groups.at(keys.key)
        kept = known & (groups.sizes[place] <= policy.LARGEST_BLOCK) if len(groups.sizes) else known
        sides.append(keys.owner[kept] * max(len(groups.keys), 1) + place[kept])
    return np.unique(np.intersect1d(*sides) // max(len(groups.keys), 1))
