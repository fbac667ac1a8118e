"""Which pairs of records are compared: those that agree in all that some blocking rule names.

A group of too many records that agree so is cut by one more column, by each in turn. What is still too large
is left out, and that is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from orchestration.linkage import policy
from orchestration.linkage.frame import Frame, Ints

ABOUT, TWO = "about ", "two "  # a year at most two away; two words of a kind
_APART = 2


@dataclass(frozen=True)
class Rule:
    """Pairs that agree in each of `parts`: a column, `about birth_year`, a word of a kind, or two of one."""

    parts: tuple[str, ...]
    cuts: tuple[str, ...] = ()

    @property
    def columns(self) -> set[str]:
        """The columns and kinds of words that it compares."""
        return {part.removeprefix(ABOUT).removeprefix(TWO) for part in self.parts}


class Kinds:
    """The kinds of pairs that are compared, the strongest first, each as `groups`: a number a record.

    A pair is of the first kind in which both records have the same number, and not -1. `possible` and
    `within` are how many pairs of some kind there are in all, across partners and within them.
    """

    def __init__(self, groups: Sequence[Ints], partner: Ints) -> None:
        self.groups = groups
        count, size = int(partner.max(initial=0)) + 1, 1 << len(groups)
        profile = np.sum([(group >= 0) << at for at, group in enumerate(groups)], axis=0)
        sizes = np.bincount(partner * size + profile, minlength=count * size).reshape(count, size)
        profiles = np.arange(size)
        share = ((profiles[:, None] & profiles) > 0).astype(np.int64)  # which have a kind in common
        within, in_all = (int(np.sum(counts @ share * counts)) for counts in (sizes, sizes.sum(axis=0)))
        self.possible, self.within = (in_all - within) // 2, (within - int(sizes[:, 1:].sum())) // 2

    def of(self, one: Ints, other: Ints) -> Ints:
        """The number of each pair's kind, -1 if none."""
        found = np.full(len(one), -1)
        for number in reversed(range(len(self.groups))):
            group = self.groups[number]
            found[(group[one] >= 0) & (group[one] == group[other])] = number
        return found


@dataclass(frozen=True)
class Keys:
    """What records agree in: `owner` is a record, and `key` stands for its values in a rule."""

    owner: Ints
    key: Ints

    def where(self, chosen: Any) -> Keys:
        return Keys(self.owner[chosen], self.key[chosen])


@dataclass
class Groups:
    """The keys of groups that are compared and of those too large; `cuts`: the first of each cut of these."""

    small: Ints
    large: Ints
    cuts: dict[str, Ints] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidates:
    """`first` and `second` are records of the frame; `rules` has a bit for each rule that found the pair."""

    first: Ints
    second: Ints
    rules: Ints

    def where(self, chosen: Any) -> Candidates:
        return Candidates(self.first[chosen], self.second[chosen], self.rules[chosen])


class Blocking:
    """The blocking rules over the records of one frame that are of some kind: the `candidates` they find.

    `left_out`: by rule how many pairs stand in groups that are too large, those within partners included.
    """

    def __init__(self, frame: Frame, rules: Sequence[Rule], kinds: Kinds) -> None:
        self.rules, self._kinds = rules, kinds
        every = np.arange(frame.size)
        self._records = every[kinds.of(every, every) >= 0]
        self._values = {name: int(column.max(initial=0)) + 4 for name, column in frame.columns.items()}
        self._values |= {kind: int(words.max(initial=0)) + 2 for kind, words in frame.words.items()}
        self._largest = policy.largest_block(len(self._records))
        self._groups: list[Groups] = []
        self.left_out: dict[str, int] = {}
        pairs = [self._of_rule(frame, rule) for rule in rules]
        bits = [np.full(len(found), 1 << number, dtype=np.int64) for number, found in enumerate(pairs)]
        every, at = np.unique(np.concatenate(pairs), return_inverse=True)
        found_by = np.zeros(len(every), dtype=np.int64)
        np.bitwise_or.at(found_by, at, np.concatenate(bits))
        self.candidates = Candidates(every // frame.size, every % frame.size, found_by)

    def covered(self, one: Frame, other: Frame) -> Any:
        """Whether record i of `one` and of `other` would be found by some rule."""
        covered, left = np.zeros(one.size, dtype=bool), np.arange(one.size)
        for rule, made in zip(self.rules, self._groups, strict=True):
            sides = [frame.take(left) for frame in (one, other)]
            keys = [self._keys(frame, rule, np.arange(len(left))) for frame in sides]
            found = [_met(keys, made.small)]
            for cut, small in made.cuts.items():
                large = [end.where(_at(made.large, end.key)[1]) for end in keys]
                found.append(_met([self._with(*end, cut) for end in zip(sides, large, strict=True)], small))
            covered[left[np.concatenate(found)]] = True
            left = np.flatnonzero(~covered)
        return covered

    def _keys(self, frame: Frame, rule: Rule, records: Ints) -> Keys:
        found = Keys(records, np.zeros_like(records))
        for part in rule.parts:
            found = self._with(frame, found, part)
        return found

    def _with(self, frame: Frame, keys: Keys, part: str) -> Keys:
        """The same keys, each with one more value to agree in; without records that do not give it."""
        name = part.removeprefix(ABOUT).removeprefix(TWO)
        count = self._values[name]
        if part.startswith(TWO):
            words = frame.words[name].T
            values = [
                np.where(second >= 0, first * count + second, -1)
                for at, first in enumerate(words)
                for second in words[at + 1 :]
            ]
            count *= count
        elif name in frame.words:
            values = list(frame.words[name].T)
        else:
            column = frame.columns[name]
            steps = range(_APART + 1) if part.startswith(ABOUT) else (0,)
            values = [np.where(column >= 0, column + step, -1) for step in steps]
        owners, made = [keys.owner[:0]], [keys.key[:0]]
        for value in values:
            of_key = value[keys.owner]
            owners.append(keys.owner[of_key >= 0])
            made.append((keys.key * count + of_key)[of_key >= 0])
        return Keys(np.concatenate(owners), np.concatenate(made))

    def _of_rule(self, frame: Frame, rule: Rule) -> Ints:
        keys = self._keys(frame, rule, self._records)
        every, sizes = np.unique(keys.key, return_counts=True)
        is_large = sizes > self._largest
        groups = Groups(every[~is_large], every[is_large])
        crowded = _at(groups.large, keys.key)[1]
        found = _pairs(frame.size, keys.where(~crowded), self._kinds)
        cut_pairs = [found[:0]]
        for cut in rule.cuts if is_large.any() else ():
            finer = self._with(frame, keys.where(crowded), cut)
            cut_keys, cut_sizes = np.unique(finer.key, return_counts=True)
            groups.cuts[cut] = cut_keys[cut_sizes <= self._largest]
            small = finer.where(_at(groups.cuts[cut], finer.key)[1])
            cut_pairs.append(_pairs(frame.size, small, self._kinds))
        of_large = np.sort(np.concatenate(cut_pairs))  # np.unique hashes, and is many times slower on these
        of_large = of_large[np.diff(of_large, prepend=-1) > 0]
        sizes = sizes[is_large]
        if missed := max(int(np.sum(sizes * (sizes - 1) // 2)) - len(of_large), 0):
            self.left_out[" + ".join(rule.parts)] = missed
        self._groups.append(groups)
        return np.concatenate([found, of_large])


def _pairs(size: int, keys: Keys, kinds: Kinds) -> Ints:
    """The pairs of records with one key, each as one number, found step by step along a line."""
    order = np.lexsort((keys.owner, keys.key))
    owner, key = keys.owner[order], keys.key[order]
    found, left, step = [owner[:0]], np.arange(len(key)), 1
    while len(left):
        left = left[left + step < len(key)]
        left = left[key[left] == key[left + step]]
        one, other = owner[left], owner[left + step]
        chosen = (one != other) & (kinds.of(one, other) >= 0)
        found.append(one[chosen] * size + other[chosen])
        step += 1
    return np.concatenate(found)


def _met(ends: Sequence[Keys], small: Ints) -> Ints:
    """The owners that have one of the keys `small` in common."""
    sides: list[Ints] = []
    for keys in ends:
        place, known = _at(small, keys.key)
        sides.append((keys.owner * max(len(small), 1) + place)[known])
    return np.unique(np.intersect1d(sides[0], sides[1]) // max(len(small), 1))


def _at(keys: Ints, key: Ints) -> tuple[Ints, Any]:
    """Where each key stands among the sorted `keys`, and whether it is among them."""
    place = np.minimum(np.searchsorted(keys, key), max(len(keys) - 1, 0))
    return place, keys[place] == key if len(keys) else np.zeros(len(key), dtype=bool)
