"""How many persons no partner has seen: capture-recapture, for exploring inside the network.

Off by default: nothing in a refresh calls it, and no table, report or edition rests on it. The answer depends
on the model chosen by a factor of two and more, so it is a range over models and a bootstrap in which the
model is chosen anew each time, never one figure; published critiques call the method unsuitable for
trafficking (Journal of Human Trafficking 7:1, 2021).

Run: `python -m orchestration.statistics.capture_recapture FILE`, where FILE is a CSV with a row for each set
of partners that share persons: `persons` (how many these partners and no other know), `linkage_tier`, and a
column for each partner with 1 or 0.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path

import numpy as np

from orchestration.core import NjiaError
from orchestration.statistics.loglinear import Floats, Pair, Total, forward

TIER = "name_codes"
LEAST_LISTS, LEAST_OVERLAP = 3, 10
# Models whose AIC is within this of the best one are not ruled out (Burnham and Anderson 2002).
STILL_POSSIBLE = 10.0
RESAMPLES, SEED = 200, 20
_PERSONS, _TIER_COLUMN = "persons", "linkage_tier"


@dataclass(frozen=True)
class Lists:
    """Persons by who knows them: `known` is sets of partners x lists, `persons` how many each set has."""

    names: tuple[str, ...]
    known: np.ndarray
    persons: Floats

    @property
    def complete(self) -> Lists:
        """With every set of at least one list, also those without a person, in a fixed order."""
        cells = np.array([cell for cell in product((0, 1), repeat=len(self.names)) if any(cell)], dtype=bool)
        of = {tuple(row): count for row, count in zip(self.known.tolist(), self.persons, strict=True)}
        return replace(
            self, known=cells, persons=np.array([of.get(tuple(row), 0.0) for row in cells.tolist()])
        )

    @property
    def pairs(self) -> list[Pair]:
        return list(combinations(range(len(self.names)), 2))

    def overlap(self, pair: Pair) -> float:
        return float(self.persons[self.known[:, pair[0]] & self.known[:, pair[1]]].sum())


@dataclass(frozen=True)
class Range:
    """Persons known to any partner or to none: by the model of lowest AIC, over all models that are still
    possible, and over resamples in which the model was chosen anew.
    """

    best: Total
    models: tuple[Total, ...]
    resampled: tuple[float, float, float]

    @property
    def over_models(self) -> tuple[float, float]:
        totals = [model.total for model in self.models]
        return min(totals), max(totals)


def estimate(lists: Lists, resamples: int = RESAMPLES) -> Range:
    """The range; raises NjiaError, saying which, where a condition of the method does not hold."""
    few = [pair for pair in lists.pairs if lists.overlap(pair) < LEAST_OVERLAP]
    if len(lists.names) < LEAST_LISTS or few:
        raise NjiaError(
            f"Capture-recapture needs at least {LEAST_LISTS} lists, and at least {LEAST_OVERLAP} persons "
            f"shared by every two of them. There are {len(lists.names)} lists, and {len(few)} pairs share "
            "fewer. Leave out or merge lists of partners that work together; if that is not enough, no "
            "number can be given."
        )
    return range_of(lists, resamples)


def range_of(lists: Lists, resamples: int) -> Range:
    """The range whatever the overlaps; a pair that shares nobody is not asked about. Resamples draw as many
    persons from the sets that were seen.
    """
    whole = lists.complete
    pairs = [pair for pair in whole.pairs if whole.overlap(pair)]
    fitted = forward(whole.known, whole.persons, pairs)
    best = min(fitted, key=lambda model: model.aic)
    possible = tuple(model for model in fitted if model.aic <= best.aic + STILL_POSSIBLE)
    chance, count = np.random.default_rng(SEED), int(whole.persons.sum())
    totals = [
        min(forward(whole.known, drawn.astype(np.float64), pairs), key=lambda model: model.aic).total
        for drawn in chance.multinomial(count, whole.persons / count, size=resamples)
    ]
    low, middle, high = np.quantile(totals, [0.025, 0.5, 0.975])
    return Range(best, possible, (float(low), float(middle), float(high)))


def read_lists(path: Path) -> Lists:
    """Raises NjiaError, naming the line, for what is no such file, or for persons not linked by names."""
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        names = tuple(name for name in reader.fieldnames or () if name not in (_PERSONS, _TIER_COLUMN))
        rows = list(reader)
    if not names or not {_PERSONS, _TIER_COLUMN} <= set(reader.fieldnames or ()):
        raise NjiaError(
            f"{path.name} needs the columns {_PERSONS} and {_TIER_COLUMN}, and one for each partner. "
            "Add them."
        )
    known, persons = [], []
    for number, row in enumerate(rows, start=2):
        marks, count = [row[name] for name in names], row[_PERSONS]
        if set(marks) - {"0", "1"} or "1" not in marks or not (count or "").isdigit():
            raise NjiaError(
                f"{path.name}, line {number}: {_PERSONS} must be a whole number, each partner 1 or 0, and "
                "one of them 1. Correct it."
            )
        if row[_TIER_COLUMN] != TIER:
            raise NjiaError(
                f"{path.name}, line {number}: capture-recapture takes persons linked by {TIER} alone. "
                "Elsewhere they cannot be told apart well enough, and each missed link adds persons whom "
                "nobody has seen. Leave such partners out."
            )
        known.append([mark == "1" for mark in marks])
        persons.append(float(count))
    return Lists(names, np.array(known, dtype=bool), np.array(persons))


def told(found: Range, names: tuple[str, ...]) -> Iterator[str]:
    """The range in words, every model that is still possible, and the warning that belongs to them."""
    (least, most), (low, middle, high) = found.over_models, found.resampled
    models = len(found.models)
    yield f"Between {least:,.0f} and {most:,.0f} persons, by {models} models that are still possible."
    yield f"Resampled, with the model chosen anew: {low:,.0f} to {high:,.0f} (95 %), middle {middle:,.0f}."
    for model in sorted(found.models, key=lambda one: one.aic):
        pairs = ", ".join(f"{names[one]}:{names[other]}" for one, other in model.pairs) or "lists independent"
        yield f"  AIC {model.aic:7.2f}  {model.total:8,.0f} ({model.low:,.0f} to {model.high:,.0f})  {pairs}"
    yield "For use inside the network. Missed links make every one of these figures too large."


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("Give one CSV file: python -m orchestration.statistics.capture_recapture FILE\n")
        return 2
    try:
        lists = read_lists(Path(arguments[0]))
        lines = [*told(estimate(lists), lists.names)]
    except (NjiaError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
