"""Which pairs of records are compared: those that agree in all that some blocking rule names.

A group of too many records that agree so is cut by one more column, by each in turn. What is still too large
is left out, and that is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from orchestration.linkage import policy
from orchestration.linkage.frame import Frame, Ints

ABOUT, TWO = "about ", "two "  # a year at most two away; two words of a kind
_APART = 2
_AT_ONCE = 4_000_000  # so many pairs are held at once; no result hangs on it


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


@dataclass(frozen=True)
class Line:
    """Records of groups that are compared, group after group; `after`: how many more of its group follow."""

    owner: npt.NDArray[np.int32]
    after: npt.NDArray[np.uint8]

    @property
    def pairs(self) -> int:
        return int(self.after.sum(dtype=np.int64))


@dataclass
class Groups:
    """Of a rule the groups that are compared, the keys of those too large, and of each cut of these the same.

    `missing`: how many pairs of large groups no cut has found yet.
    """

    line: Line
    large: Ints
    missing: int = 0
    cuts: dict[str, Groups] = field(default_factory=dict)

    @property
    def lines(self) -> list[Line]:
        return [self.line, *(cut.line for cut in self.cuts.values())]


@dataclass(frozen=True)
class Candidates:
    """`first` and `second` are records of the frame; `rules` has a bit for each rule that found the pair."""

    first: Ints
    second: Ints
    rules: Ints

    def where(self, chosen: Any) -> Candidates:
        return Candidates(self.first[chosen], self.second[chosen], self.rules[chosen])

    def parts(self, size: int) -> Iterator[Candidates]:
        """These, so many at once; one part if there are none."""
        for start in range(0, max(len(self.first), 1), size):
            yield self.where(slice(start, start + size))


def joined(parts: Sequence[Candidates]) -> Candidates:
    """The pairs of all parts, one part after another."""
    return Candidates(*(np.concatenate([getattr(part, name) for part in parts]) for name in _PAIRS))


_PAIRS = ("first", "second", "rules")


class Blocking:
    """The blocking rules over the records of one frame that are of some kind.

    What is held grows with the records alone: pairs are made and given away range by range of their first
    records.
    """

    def __init__(self, frame: Frame, rules: Sequence[Rule], kinds: Kinds) -> None:
        self.rules, self._kinds, self._size = rules, kinds, frame.size
        every = np.arange(frame.size)
        self._records = every[kinds.of(every, every) >= 0]
        self._values = {name: int(column.max(initial=0)) + 4 for name, column in frame.columns.items()}
        self._values |= {kind: int(words.max(initial=0)) + 2 for kind, words in frame.words.items()}
        self._largest = policy.largest_block(len(self._records))
        self._groups = [self._of_rule(frame, rule) for rule in rules]

    def parts(self) -> Iterator[Candidates]:
        """The pairs that the rules find, each once, in the order of their records; to be asked for once."""
        pairs = sum(line.pairs for groups in self._groups for line in groups.lines)
        for first, end in pairwise(np.linspace(0, self._size, pairs // _AT_ONCE + 2).astype(np.int64)):
            found = []
            for groups in self._groups:
                whole, *cuts = (self._pairs(line, first, end) for line in groups.lines)
                of_large = np.sort(np.concatenate([whole[:0], *cuts]))
                of_large = of_large[np.diff(of_large, prepend=-1) > 0]
                groups.missing -= len(of_large)
                found.append(np.concatenate([whole, of_large]))
            yield _united(found, self._size)

    @property
    def left_out(self) -> dict[str, int]:
        """By rule how many pairs stand in groups that are too large, those within partners included; known
        after all parts.
        """
        made = zip(self.rules, self._groups, strict=True)
        return {" + ".join(rule.parts): groups.missing for rule, groups in made if groups.missing > 0}

    def covered(self, one: Frame, other: Frame) -> Any:
        """Whether record i of `one` and of `other` would be found by some rule."""
        covered, left = np.zeros(one.size, dtype=bool), np.arange(one.size)
        for rule, made in zip(self.rules, self._groups, strict=True):
            sides = [frame.take(left) for frame in (one, other)]
            keys = [self._keys(frame, rule, np.arange(len(left))) for frame in sides]
            found = [_met(keys, made.large)]
            for cut, finer in made.cuts.items():
                large = [end.where(_among(made.large, end.key)) for end in keys]
                cut_keys = [self._with(*end, cut) for end in zip(sides, large, strict=True)]
                found.append(_met(cut_keys, finer.large))
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

    def _of_rule(self, frame: Frame, rule: Rule) -> Groups:
        keys = self._keys(frame, rule, self._records)
        groups, crowded = _grouped(keys, self._largest)
        for cut in rule.cuts if len(groups.large) else ():
            groups.cuts[cut], _ = _grouped(self._with(frame, crowded, cut), self._largest)
        return groups

    def _pairs(self, line: Line, start: int, end: int) -> Ints:
        """The pairs of a group whose first record is in this range, each as one number, step by step."""
        found, step = [np.zeros(0, dtype=np.int64)], 1
        left = np.flatnonzero((line.owner >= start) & (line.owner < end))
        while len(left := left[line.after[left] >= step]):
            one, other = (line.owner[at].astype(np.int64) for at in (left, left + step))
            chosen = (one != other) & (self._kinds.of(one, other) >= 0)
            found.append(one[chosen] * self._size + other[chosen])
            step += 1
        return np.concatenate(found)


def _grouped(keys: Keys, largest: int) -> tuple[Groups, Keys]:
    """The groups of records with one key, and the keys of those that stand in a large one."""
    order = np.lexsort((keys.owner, keys.key))
    owner, key = keys.owner[order], keys.key[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    sizes = np.diff(starts, append=len(key))
    size, after = np.repeat(sizes, sizes), np.repeat(starts + sizes - 1, sizes) - np.arange(len(key))
    small, large = (size > 1) & (size <= largest), sizes > largest
    line = Line(owner[small].astype(np.int32), after[small].astype(np.uint8))
    missing = int(np.sum(sizes[large] * (sizes[large] - 1) // 2))
    return Groups(line, key[starts[large]], missing), Keys(owner, key).where(size > largest)


def _united(found: Sequence[Ints], size: int) -> Candidates:
    """The pairs that rules found, each once, with the bits of those rules."""
    pairs = np.concatenate(found)
    rules = np.repeat([1 << number for number in range(len(found))], [len(own) for own in found])
    order = np.argsort(pairs, kind="stable")
    pairs = pairs[order]
    starts = np.flatnonzero(np.diff(pairs, prepend=-1))
    rules = np.bitwise_or.reduceat(rules[order], starts) if len(starts) else rules
    return Candidates(pairs[starts] // size, pairs[starts] % size, rules)


def _met(ends: Sequence[Keys], large: Ints) -> Ints:
    """The owners of which both ends have one key, but for keys of large groups."""
    one, other = (keys.where(~_among(large, keys.key)) for keys in ends)
    every, place = np.unique(np.concatenate([one.key, other.key]), return_inverse=True)
    owned = np.concatenate([one.owner, other.owner]) * max(len(every), 1) + place
    return np.unique(np.intersect1d(owned[: len(one.key)], owned[len(one.key) :]) // max(len(every), 1))


def _among(keys: Ints, key: Ints) -> Any:
    """Whether each key is among the sorted `keys`."""
    place = np.minimum(np.searchsorted(keys, key), max(len(keys) - 1, 0))
    return keys[place] == key if len(keys) else np.zeros(len(key), dtype=bool)
