"""The attack: what readers who know everything that is printed can work out of hidden cells.

The first reader knows that no cell is negative or above the grand total. The second also guesses that every
cell hidden for itself is below the smallest count that may be printed, which most are. The third is a partner
that takes its own counts off. Bounds are whole numbers: persons do not come in halves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from orchestration.disclosure.programs import Programs
from orchestration.disclosure.system import Floats, Mask, Places

KNOWS_TOTAL, GUESSES_SMALL, KNOWS_OWN = "knows_total", "guesses_small", "knows_own"
_SEED, _SLACK = 20, 1e-6
# A batch that settles fewer cells took longer than to ask about each of them. After two of them what is left
# is asked one by one; the very first moves each cell one way only, and mostly settles few.
_WORTH_A_BATCH, _PATIENCE = 20, 2


@dataclass(frozen=True)
class Known:
    """What the tables tell of each cell: it lies between `low` and `high`; equal where it is printed.

    `true` is the cell itself, NaN where an auditor does not know it; `is_small` those that the second reader
    guesses to be small.
    """

    low: Floats
    high: Floats
    true: Floats
    is_small: Mask
    grand_total: float


@dataclass(frozen=True)
class Want:
    """What a safe cell needs: bounds `width` apart, an upper one of `reach` or more, a lower one up to
    `ceiling`.
    """

    width: Floats
    reach: Floats
    ceiling: Floats

    @classmethod
    def of(cls, size: int, width: float, reach: float = 0.0) -> Want:
        return cls(np.full(size, width), np.full(size, reach), np.full(size, np.inf))

    def met(self, low: Floats, high: Floats, cells: Places) -> Mask:
        low, high = inward(low[cells], high[cells])
        return (high - low >= self.width[cells]) & (high >= self.reach[cells]) & (low <= self.ceiling[cells])


@dataclass(frozen=True)
class Attacked:
    """Bounds that one reader finds of each cell asked about; exact where `is_safe` is false, else at least so
    wide.
    """

    attacker: str
    cells: Places
    low: Floats
    high: Floats
    is_safe: Mask


def inward(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The whole numbers between two bounds."""
    return np.ceil(low - _SLACK), np.floor(high + _SLACK)


def attack(
    members: csr_array, known: Known, asked: Places, want: Want, smallest_printed: int, attacker: str,
    seen: tuple[Floats, Floats] | None = None,
) -> tuple[Attacked, tuple[Floats, Floats]]:  # fmt: skip
    """The bounds of the cells in `asked` for one of the first two readers, and all that the tables found on
    the way prove, to go on from when more cells are hidden.

    Raises Contradiction if the tables fit nothing.
    """
    high = known.high
    if attacker == GUESSES_SMALL:
        high = np.where(known.is_small, np.minimum(high, smallest_printed - 1), high)
    programs = Programs(members, known.low, np.minimum(high, known.grand_total), known.grand_total)
    return _settle(programs, known, asked, want, smallest_printed, attacker, seen)


def attack_both(
    members: csr_array, known: Known, asked: Places, want: Want, smallest_printed: int,
    seen: dict[str, tuple[Floats, Floats]],
) -> list[Attacked]:  # fmt: skip
    """Both of the first two readers. `seen` holds what tables of earlier rounds prove, and is added to.

    The one who guesses need not be kept from knowing that a cell is small: that is the guess. Tables that fit
    the guess fit without it, so the other reader goes on from them.
    """
    found = []
    for attacker, reader_wants in (
        (GUESSES_SMALL, replace(want, reach=np.zeros_like(want.reach))),
        (KNOWS_TOTAL, want),
    ):
        start = seen.get(attacker, seen.get(GUESSES_SMALL))
        result, seen[attacker] = attack(
            members, known, asked, reader_wants, smallest_printed, attacker, start
        )
        found.append(result)
    return found


def attack_from_inside(
    members: csr_array, known: Known, own: dict[str, Floats], asked: Places, width: int,
    own_unknowns: dict[str, Floats] | None = None,
) -> list[Attacked]:  # fmt: skip
    """What each partner finds of the others' part of hidden cells, one result a partner.

    `own`: partner → its persons in each cell; `own_unknowns`: in each unknown, where more is known. Cells
    that hold nobody else's persons tell it nothing new; where counts are not known here, cells that cannot
    hold anybody else's.
    """
    moving = np.any([counts > 0 for counts in own.values()], axis=0) & (known.low < known.high)
    programs = Programs(
        members, known.low, np.minimum(known.high, known.grand_total), known.grand_total, moving
    )
    found = []
    for partner in sorted(own):
        counts = own[partner]
        others = asked[~(known.true[asked] <= counts[asked])]
        if not len(others):
            continue
        low = np.maximum(known.low, counts)
        high = np.minimum(np.maximum(known.high, low), known.grand_total)
        programs.know(low, high, (own_unknowns or {}).get(partner))
        want = Want.of(len(counts), width)
        told = replace(known, low=low)
        result, _ = _settle(programs, told, others, want, width + 1, f"{KNOWS_OWN}:{partner}", None)
        is_nobody_else = result.high <= counts[result.cells]
        found.append(replace(result, is_safe=result.is_safe | is_nobody_else))
    return found


def _settle(
    programs: Programs, known: Known, asked: Places, want: Want, smallest_printed: int, attacker: str,
    seen: tuple[Floats, Floats] | None,
) -> tuple[Attacked, tuple[Floats, Floats]]:  # fmt: skip
    """Any two tables that fit and differ by so much in a cell prove it safe, and one table proves many
    cells at once: a few programs settle most cells, one or two exact ones each are left for the rest.
    """
    if seen is None:
        is_known = not np.isnan(known.true).any()
        start = known.true if is_known else programs.cheapest(np.zeros(programs.members.shape[1]))
        seen = start, start
    low, high = seen
    chance = np.random.default_rng(_SEED)
    programs.cap(_caps(programs, known, smallest_printed))
    doubtful = asked[~want.met(low, high, asked)]
    vain = 0
    while len(doubtful) >= _WORTH_A_BATCH and vain < _PATIENCE:
        # Most unknowns are 0 in a corner of the polytope: what is hard to show is that a cell can be large.
        sign = np.where(low[doubtful] > _SLACK, chance.choice([-1.0, 1.0], len(doubtful)), 1.0)
        weight = np.zeros(len(low))
        weight[doubtful] = sign * (1 + chance.random(len(doubtful)))
        table = programs.cheapest(-(programs.members.T @ weight), is_far=True)
        low, high = np.minimum(low, table), np.maximum(high, table)
        left = doubtful[~want.met(low, high, doubtful)]
        vain = vain + 1 if len(doubtful) - len(left) < _WORTH_A_BATCH else 0
        doubtful = left
    programs.cap(None)
    is_far = True  # the caps are off: the last table no longer is a corner
    for cell in doubtful:
        one = np.array([cell])
        if want.met(low, high, one)[0]:
            continue  # an earlier one's tables settled it
        for table in programs.extremes(int(cell), is_far):
            low, high, is_far = np.minimum(low, table), np.maximum(high, table), False
            if want.met(low, high, one)[0]:
                break
    is_safe = want.met(low, high, asked)
    return Attacked(attacker, asked, *inward(low[asked], high[asked]), is_safe), (low, high)


def _caps(programs: Programs, known: Known, smallest_printed: int) -> Floats | None:
    """Holds each unknown that is one hidden cell to what has to be shown, so that more cells reach it."""
    if np.isnan(known.true).any():
        return None
    members = programs.members
    single = np.flatnonzero(np.diff(members.indptr) == 1)
    caps = np.full(members.shape[1], np.inf)
    needed = np.maximum(known.true[single], smallest_printed)
    np.minimum.at(caps, members.indices[members.indptr[single]], needed)
    return caps
