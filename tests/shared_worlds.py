"""Worlds whose partners share what changes nothing: waves, rescues that several of them register, years unlike
others, records abroad that come late.

What truly changed is known. 38 months: changes begin with month 26, so that shifts compare twelve months with the
twelve before, and an alert may be raised in each of the newest twelve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from orchestration.statistics.scatter import Counts, Flags, Floats
from orchestration.statistics.still_to_come import StillFilling, still_to_come
from tests.simulated_corridors import POLICY, Reports
from tests.simulated_deliveries import FIRST, Deliveries

PARTNERS, CORRIDORS, MONTHS, CHANGE = 12, 60, 38, 26
COMPLETE_AFTER = 3  # months, in which partners still deliver
# One end abroad: if half of the corridors fell together, that would look like the scatter of all.
ORIGINS, DESTINATIONS = 15, ("KE001", "KE016", "KE027", "KE041", "KE047", "SAU")
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
        delays: mean months until a record with an end abroad is known; a sixth of that with one in Kenya.
    """

    waves: float = 0.0
    rescues: float = 0.0
    years: float = 0.0
    numbers: float = 0.5
    linked: float = 0.8
    delays: float = 0.0


NOTHING = Shared()
WAVES, RESCUES, YEARS, DELAYS = Shared(waves=0.2), Shared(rescues=6), Shared(years=0.12), Shared(delays=9)
EVERYTHING = Shared(waves=0.2, rescues=6, years=0.12, delays=9)
Changes = dict[int, tuple[float, float]]


def world(seed: int, records: int, shared: Shared = NOTHING, changes: Changes | None = None) -> Reports:
    """A seeded world with so many records a year, as it stands when its last month is complete.

    `changes` gives of corridors that changed the records a month before, and the factor.
    """
    chance, changes = np.random.default_rng((seed, 45)), changes or {}
    pairs = chance.permutation(ORIGINS * len(DESTINATIONS))[:CORRIDORS]
    ends = pd.DataFrame(
        {
            "corridor_id": [f"c{at:02d}" for at in range(CORRIDORS)],
            "start_place_id": [f"o{at // len(DESTINATIONS):02d}" for at in pairs],
            "end_place_id": [DESTINATIONS[at % len(DESTINATIONS)] for at in pairs],
        }
    )
    is_abroad = ~ends["end_place_id"].str.startswith("KE").to_numpy()
    mean_delay = shared.delays * np.where(is_abroad, 1, 1 / 6)
    late = Deliveries(np.random.default_rng((seed, 46)), PARTNERS, MONTHS + COMPLETE_AFTER)

    def first_delivery(cells: Counts) -> Floats:
        partner, corridor, month = cells.T
        return late.first(partner, late.known(partner, month, mean_delay[corridor]))

    intensity, reach, level = _levels(chance, records, shared, changes)
    alone = chance.poisson(level * chance.gamma(8, 1 / 8, size=level.shape))
    notes = chance.random(PARTNERS) < shared.numbers
    registered = [np.repeat(np.argwhere(alone), alone[alone > 0], axis=0)]
    first = [first_delivery(registered[0])]
    monthly, witnesses, numbered = (np.zeros_like(alone) for _ in range(3))
    for counted in (monthly, witnesses):
        np.add.at(counted, tuple(registered[0][~np.isnan(first[0])].T), 1)
    for _ in range(chance.poisson(shared.rescues * MONTHS / 12)):
        corridor = int(chance.choice(CORRIDORS, p=intensity / intensity.sum()))
        month = int(chance.integers(MONTHS))
        partners, known, found = rescue(chance, reach[:, corridor], notes, shared.linked)
        cells = np.array([(partner, corridor, month) for partner in partners])
        delivered = first_delivery(cells)  # the people of a rescue at once
        registered.append(np.repeat(cells, known.sum(axis=1), axis=0))
        first.append(np.repeat(delivered, known.sum(axis=1)))
        came = ~np.isnan(delivered)
        of_partners = witnesses_of(known[came], found[came], notes[partners[came]])
        monthly[partners[came], corridor, month] += known[came].sum(axis=1)
        witnesses[partners[came], corridor, month] += of_partners.sum(axis=1)
        numbered[partners[came], corridor, month] += of_partners[:, 1]
    filling = None
    if shared.delays:
        partner, corridor, month = np.concatenate(registered).T
        frames = late.frames(partner, month, is_abroad[corridor], np.concatenate(first))
        filling = StillFilling(still_to_come(*frames, POLICY).still_filling, POLICY)
    fell = frozenset(at for at, (_, factor) in changes.items() if factor < 1)
    return Reports(
        monthly,
        np.zeros_like(monthly),
        np.ones((PARTNERS, MONTHS), dtype=np.bool_),
        ends,
        frozenset(changes) - fell,
        fell,
        frozenset(),
        witnesses,
        numbered,
        FIRST,
        filling,
    )


def _levels(
    chance: np.random.Generator, records: int, shared: Shared, changes: Changes
) -> tuple[Floats, Floats, Floats]:
    """Intensity of each corridor, reach by partner and corridor, and records expected by month."""
    intensity = np.arange(2, CORRIDORS + 2) ** -0.9
    for corridor, (before, _) in changes.items():
        others = np.delete(intensity, corridor).sum()
        intensity[corridor] = others * before / (records / 12 - before)
    reach = chance.gamma(0.5, size=(PARTNERS, CORRIDORS)) * chance.lognormal(0, 0.6, size=(PARTNERS, 1))
    level = np.repeat((intensity * reach / reach.sum(axis=0))[:, :, None], MONTHS, axis=2)
    level *= records / 12 / level[:, :, 0].sum()
    year = (np.arange(MONTHS) + 12 - CHANGE % 12) // 12
    level *= np.exp(chance.normal(0, 1, (CORRIDORS, year.max() + 1)) * shared.years)[:, year]
    waves = chance.normal(0, 1, (CORRIDORS, MONTHS))
    for month in range(1, MONTHS):
        waves[:, month] = 0.8 * waves[:, month - 1] + 0.6 * waves[:, month]
    level *= np.exp(shared.waves * waves)
    for corridor, (_, factor) in changes.items():
        level[:, corridor, CHANGE:] *= factor
    level *= np.exp(chance.normal(0, 0.15, (PARTNERS, 1, MONTHS)))  # a partner's own ups and downs
    return intensity, reach, level


def rescue(
    chance: np.random.Generator, near: Floats, notes: Flags, linked: float
) -> tuple[Counts, Flags, Flags]:
    """Partners that register a rescue, by their part in what is seen there; those that note numbers first.

    Beside them by partner and person: who is known, and found again by linkage.
    """
    people, count = (
        int(min(80, 8 + chance.exponential(22))),
        int(chance.choice([1, 2, 3], p=[0.4, 0.35, 0.25])),
    )
    count = min(count, int((near > 0).sum()))
    partners = chance.choice(len(near), size=count, replace=False, p=near / near.sum())
    known = chance.random((count, people)) < 0.7
    partners = partners[np.argsort(~notes[partners], kind="stable")]
    return partners, known, chance.random((count, people)) < linked


def witnesses_of(known: Flags, found: Flags, notes: Flags) -> Counts:
    """Of each partner: witnesses of a rescue without a number, and with one; the arguments are of `rescue`.

    People that linkage finds at two partners stand at the first; incidents that share two of them are one.
    """
    witnesses = np.zeros((len(known), 2), dtype=np.int64)
    seen, in_incident = (np.zeros(known.shape[1], dtype=np.bool_) for _ in range(2))
    for partner, has_number in enumerate(notes):
        again = known[partner] & seen & found[partner]
        if has_number:
            joins = (again & in_incident).sum() >= 2
            witnesses[partner, 1] = 0 if joins else 1
            in_incident |= known[partner]
        else:
            witnesses[partner, 0] = (known[partner] & ~again).sum()
        seen |= known[partner]
    return witnesses
