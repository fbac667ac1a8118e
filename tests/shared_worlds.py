"""Worlds whose partners see the same things: waves, rescues that several of them register, years unlike others.

What truly changed is known, and what is shared changed nothing. 38 months: changes begin with month 26, so that
shifts compare twelve months with the twelve before, and an alert may be raised in each of the newest twelve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.simulated_corridors import Reports

PARTNERS, CORRIDORS, MONTHS, CHANGE = 12, 60, 38, 26
ORIGINS, DESTINATIONS = 15, 6
SMALL, LARGE = 2_450, 10_000  # records a year


@dataclass(frozen=True)
class Shared:
    """What partners share.

    Attributes:
        waves: standard deviation of a corridor's log level, with a memory of .8 from month to month.
        rescues: a year, of 8 to 80 people; one to three partners register most of them.
        years: standard deviation of a corridor's log level from one twelve months to the next.
        numbers: part of the partners that note an incident number.
        linked: part of the people known twice that linkage finds.
    """

    waves: float = 0.0
    rescues: float = 0.0
    years: float = 0.0
    numbers: float = 0.5
    linked: float = 0.8


NOTHING = Shared()
WAVES, RESCUES, YEARS = Shared(waves=0.2), Shared(rescues=6), Shared(years=0.12)
EVERYTHING = Shared(waves=0.2, rescues=6, years=0.12)


def world(
    seed: int, records: int, shared: Shared = NOTHING, changes: dict[int, tuple[float, float]] | None = None
) -> Reports:
    """A seeded world with so many records a year; `changes` gives of corridors that changed the records a month
    before, and the factor.
    """
    chance = np.random.default_rng((seed, 45))
    pairs = chance.permutation(ORIGINS * DESTINATIONS)[:CORRIDORS]
    ends = pd.DataFrame(
        {
            "corridor_id": [f"c{at:02d}" for at in range(CORRIDORS)],
            "start_place_id": [f"o{at // DESTINATIONS:02d}" for at in pairs],
            "end_place_id": [f"d{at % DESTINATIONS}" for at in pairs],
        }
    )
    intensity = np.arange(2, CORRIDORS + 2) ** -0.9
    for corridor, (before, _) in (changes or {}).items():
        others = np.delete(intensity, corridor).sum()
        intensity[corridor] = others * before / (records / 12 - before)
    reach = chance.gamma(0.5, size=(PARTNERS, CORRIDORS)) * chance.lognormal(0, 0.6, size=(PARTNERS, 1))
    level = np.repeat((intensity * reach / reach.sum(axis=0))[:, :, None], MONTHS, axis=2)
    level *= records / 12 / level[:, :, 0].sum()
    year = (np.arange(MONTHS) + 12 - CHANGE % 12) // 12
    level *= np.exp(chance.normal(0, 1, (CORRIDORS, year.max() + 1)) * shared.years)[:, year]
    level *= np.exp(shared.waves * _remembering(chance.normal(0, 1, (CORRIDORS, MONTHS))))
    for corridor, (_, factor) in (changes or {}).items():
        level[:, corridor, CHANGE:] *= factor
    level *= np.exp(chance.normal(0, 0.15, (PARTNERS, 1, MONTHS)))  # a partner's own ups and downs
    alone = chance.poisson(level * chance.gamma(8, 1 / 8, size=level.shape))
    monthly, witnesses, numbered = alone.copy(), alone.copy(), np.zeros_like(alone)
    notes = chance.random(PARTNERS) < shared.numbers
    for _ in range(chance.poisson(shared.rescues * MONTHS / 12)):
        corridor = int(chance.choice(CORRIDORS, p=intensity / intensity.sum()))
        month, people = int(chance.integers(MONTHS)), int(min(80, 8 + chance.exponential(22)))
        near = reach[:, corridor] / reach[:, corridor].sum()
        count = int(chance.choice([1, 2, 3], p=[0.4, 0.35, 0.25]))
        partners = chance.choice(PARTNERS, size=min(count, int((near > 0).sum())), replace=False, p=near)
        known = chance.random((len(partners), people)) < 0.7
        partners = partners[
            np.argsort(~notes[partners], kind="stable")
        ]  # an incident holds the people it shares
        found = chance.random((len(partners), people)) < shared.linked
        told = _told(known, found, notes[partners])
        for at, partner in enumerate(partners):
            monthly[partner, corridor, month] += known[at].sum()
            witnesses[partner, corridor, month] += sum(told[at])
            numbered[partner, corridor, month] += told[at][1]
    fell = frozenset(at for at, (_, factor) in (changes or {}).items() if factor < 1)
    rose = frozenset(changes or {}) - fell
    active = np.ones((PARTNERS, MONTHS), dtype=np.bool_)
    return Reports(
        monthly, np.zeros_like(monthly), active, ends, rose, fell, frozenset(), witnesses, numbered
    )


def _remembering(noise: np.ndarray) -> np.ndarray:
    """Waves of standard deviation 1 that remember .8 of the month before, 0 on the mean of their exponentials."""
    held = noise.copy()
    for month in range(1, noise.shape[1]):
        held[:, month] = 0.8 * held[:, month - 1] + 0.6 * noise[:, month]
    return held


def _told(known: np.ndarray, found: np.ndarray, notes: np.ndarray) -> list[tuple[int, int]]:
    """Of each partner: witnesses of a rescue without a number, and with one.

    Partners with a number come first. People that linkage finds at two partners stand at the first; incidents
    that share two of them are one.
    """
    told, seen, has_incident = [], np.zeros(known.shape[1], dtype=np.bool_), False
    in_incident = np.zeros(known.shape[1], dtype=np.bool_)
    for people, linked, has_number in zip(known, found, notes, strict=True):
        again = people & seen & linked
        if has_number:
            joins = has_incident and (again & in_incident).sum() >= 2
            told.append((0, 0 if joins else 1))
            has_incident, in_incident = True, in_incident | people
        else:
            told.append((int((people & ~again).sum()), 0))
        seen = seen | people
    return told
