"""Made-up partners reporting on made-up corridors, where what truly changed is known. Seeded, so runs repeat.

Kinder than the world: what a partner can see stays as it is, unless a run says otherwise, and months are
independent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from orchestration.statistics.alerts import Months, judge, raised, yearly_of
from orchestration.statistics.comparisons import SideBySide, without_bursts
from orchestration.statistics.moved_partners import at_places, ends_of, moved
from orchestration.statistics.policy import load_policy
from orchestration.statistics.scatter import Counts, Flags, Monthly
from orchestration.statistics.share_ratio import TwoWindows, reference
from orchestration.statistics.shifts import DOWN, UP, displaced_from, judge_shifts
from orchestration.statistics.still_to_come import StillFilling

# What may be said of a shift.
STATUSES = ("new_source", "too_few", *UP, *DOWN, "stable")
REASONS = ("no_comparable_partner", "below_minimum", "still_filling", "reappeared", "interval_too_wide")
EVIDENCE = ("panel", "single_partner")
CORRIDORS, PARTNERS, MONTHS = 60, 12, 24
ORIGINS, DESTINATIONS = 15, 6
POLICY = load_policy()
WINDOWS = (slice(0, 12), slice(12, 24))
LOST, TAKEN = 4, 39  # a known route loses 60 %, a minor one takes 80 % of that
STARTS, STOPS, MOVES, DOUBLES, DROPS = range(5)  # partners
LEFT, ENTERED = 9, 10  # corridors that the moving partner leaves and enters
NEW_SOURCE_ONLY = 45  # a corridor that only the partner which starts can see
COLLAPSES, GROWS = 0, 2  # corridors whose part of all records a run sets


@dataclass(frozen=True)
class Reports:
    """Records by partner × corridor × month, the months each partner was active, and what truly happened.

    `campaign` holds the records of a declared campaign; `ends` are the places of each corridor. `witnesses` are
    incidents and linked persons, `numbered` those that an incident number tells; without them each record is one.
    `first` is the number of the first month, `filling` what is still to come, if anything is.
    """

    monthly: Counts
    campaign: Counts
    is_active: Flags
    ends: pd.DataFrame
    rose: frozenset[int]
    fell: frozenset[int]
    confounded: frozenset[int]
    witnesses: Counts | None = None
    numbered: Counts | None = None
    first: int = 0
    filling: StillFilling | None = None

    @property
    def windows(self) -> TwoWindows:
        return _windows(self.monthly)

    @property
    def told(self) -> tuple[Counts, Counts]:
        """Witnesses, and those of them with a number."""
        numbered = np.zeros_like(self.monthly) if self.numbered is None else self.numbered
        return self.monthly if self.witnesses is None else self.witnesses, numbered

    @property
    def newest(self) -> Reports:
        """The last 24 months alone, which shifts compare."""
        last = slice(self.monthly.shape[2] - MONTHS, None)
        cut = {name: getattr(self, name)[..., last] for name in ("monthly", "campaign", "is_active")}
        witnesses, numbered = self.told
        first = self.first + self.monthly.shape[2] - MONTHS
        return replace(self, **cut, witnesses=witnesses[..., last], numbered=numbered[..., last], first=first)

    def fills(self, months: range) -> Flags:
        """Of which corridors records of these months are still to come."""
        if self.filling is None:
            return np.zeros(len(self.ends), dtype=np.bool_)
        return self.filling.of_ends("case", self.ends["end_place_id"], months)

    @property
    def there(self) -> Flags:
        return at_places(self.ends, ends_of(self.ends))

    def judged(self, finds_moves: bool = True) -> pd.DataFrame:
        """As `corridor_shifts` judges the last 24 months, without the frames."""
        yearly = yearly_of(judge(self._months, POLICY, self.fills), POLICY)
        return self.newest._judged(yearly, finds_moves)

    def _judged(self, yearly: float | None, finds_moves: bool) -> pd.DataFrame:
        names = self.ends["corridor_id"].tolist()
        told = self.told
        monthly = np.concatenate(
            [
                without_bursts(*(one[..., span] for one in told), self.is_active[:, None, span])
                for span in WINDOWS
            ],
            axis=2,
        )
        campaign = self.campaign.sum(axis=2) > 0
        reported = SideBySide(
            [],
            names,
            _windows(monthly),
            self.windows,
            *Monthly.of(monthly),
            monthly.sum(axis=1),
            self.is_active,
            WINDOWS,
            campaign,
        )
        reported = reported.without(campaign)
        spread = float(reported.dispersion(POLICY).min())
        moves = moved(reported.monthly, reported.monthly_totals, reported.windows, self.there, spread, POLICY)
        reported = reported.without(moves @ self.there.T) if finds_moves else reported
        of_windows = [range(self.first + span.start, self.first + span.stop) for span in WINDOWS]
        is_filling = np.any([self.fills(months) for months in of_windows], axis=0)
        reported = reported.without(np.broadcast_to(is_filling, campaign.shape))
        spreads = reported.dispersion(POLICY)
        seen_before = np.zeros(len(names), dtype=np.bool_)
        shared = reference(reported.windows, spreads, POLICY, yearly)
        shifts = judge_shifts(
            reported.windows, seen_before, spreads, POLICY, shared, self.windows, is_filling
        ).join(self.ends)
        counted = reported.monthly.counts.sum()
        of_reference = shared.baseline_totals.sum() + shared.current_totals.sum()
        return shifts.assign(
            displaced_from=displaced_from(shifts),
            left_out=1 - counted / self.monthly.sum(),
            reference_share=of_reference / counted,
        )

    def alerts(self) -> list[tuple[int, dict[str, Any]]]:
        """As `alerts` raises them in the newest twelve months."""
        return raised(self._months, judge(self._months, POLICY, self.fills), POLICY)

    @cached_property
    def _months(self) -> Months:
        names = [str(partner) for partner in range(len(self.monthly))]
        nothing = pd.DataFrame({"kind": [], "source": [], "place_id": [], "month_from": []})
        witnesses, numbered = self.told
        monthly = Monthly.of(self.monthly, witnesses, numbered, self.campaign)
        by_partner = witnesses.sum(axis=1), self.is_active
        return Months(self.first, names, ends_of(self.ends), self.there, nothing, *monthly, *by_partner)


def _windows(monthly: Counts) -> TwoWindows:
    then, now = (monthly[:, :, window].sum(axis=2) for window in WINDOWS)
    return TwoWindows(then, now, then.sum(axis=1), now.sum(axis=1))


def reports(
    seed: int,
    *,
    records: int = 7900,
    months: int = MONTHS,
    change_at: int = 12,
    other: bool = False,
    shift: bool = False,
    partners_change: bool = False,
    hidden_effort: bool = False,
    partner_moves: bool = False,
    collapse: float = 0,
    growth: float = 0,
    area_moves: float | None = None,
    seasons: float = 0,
    campaign: bool = False,
    falls: tuple[int, float] | None = None,
) -> Reports:
    """Made-up reports; `records` are those of 24 months, changes begin with month `change_at`.

    Args:
        other: another generator: catchments, seasons of up to 20 %, partners that drift apart.
        partners_change: one partner starts with the change, one stops two months after.
        hidden_effort: one doubles what it reports and one drops to 60 %, which nothing records.
        partner_moves: one partner leaves a corridor for another.
        collapse, growth: a corridor with this part of all records falls by 90 %, or grows fivefold.
        area_moves: one partner leaves half of its origins for others and keeps this part where it was.
        seasons: largest part by which a corridor's records rise and fall within a year.
        campaign: one partner reports four times as much from three origins for three months, declared.
        falls: corridor and factor of one more change.
    """
    chance = np.random.default_rng(seed)
    own = np.random.default_rng((seed, 1))  # later additions leave the older worlds as they were
    pairs = own.permutation(ORIGINS * DESTINATIONS)[:CORRIDORS]
    origin = pairs // DESTINATIONS
    ends = pd.DataFrame(
        {
            "corridor_id": [f"c{at:02d}" for at in range(CORRIDORS)],
            "start_place_id": [f"o{at:02d}" for at in origin],
            "end_place_id": [f"d{at % DESTINATIONS}" for at in pairs],
        }
    )
    intensity = np.arange(1, CORRIDORS + 1) ** -0.8
    reach = chance.gamma(0.35, size=(PARTNERS, CORRIDORS))
    if other:
        home = own.uniform(0, ORIGINS, size=PARTNERS)
        size = own.lognormal(0, 0.8, size=PARTNERS)
        near = np.exp(-0.4 * np.abs(origin[None, :] - home[:, None]))
        reach = size[:, None] * near * own.lognormal(0, 0.7, size=(PARTNERS, CORRIDORS))
    if partner_moves:
        for corridor in (LEFT, ENTERED):
            others = np.delete(np.arange(PARTNERS), MOVES)
            reach[others, corridor] = 0.5 * chance.dirichlet(np.full(len(others), 2.0))
            reach[MOVES, corridor] = 0.5
    if partners_change:
        reach[:, NEW_SOURCE_ONLY] = np.eye(PARTNERS)[STARTS]
    reach /= reach.sum(axis=0)
    for corridor, part in ((COLLAPSES, collapse), (GROWS, growth)):
        if part:
            rest = intensity.sum() - intensity[corridor]
            intensity[corridor] = rest * part / (1 - part)
    expected = np.repeat((reach * intensity)[:, :, None], months, axis=2)
    is_active = np.ones((PARTNERS, months), dtype=np.bool_)
    after = slice(change_at, None)
    if shift:
        lost = 0.6 * intensity[LOST]
        expected[:, LOST, after] *= 0.4
        expected[:, TAKEN, after] *= 1 + 0.8 * lost / intensity[TAKEN]
    if partner_moves:
        expected[MOVES, LEFT, after] = 0
        expected[MOVES, ENTERED, :change_at] = 0
    if partners_change:
        is_active[STARTS, :change_at], is_active[STOPS, change_at + 2 :] = False, False
    if hidden_effort:
        expected[DOUBLES, :, after] *= 2
        expected[DROPS, :, after] *= 0.6
    if collapse:
        expected[:, COLLAPSES, after] *= 0.1
    if growth:
        expected[:, GROWS, after] *= 5
    if falls:
        expected[:, falls[0], after] *= falls[1]
    if area_moves is not None:
        turn = own.permutation(ORIGINS)
        expected[MOVES, np.isin(origin, turn[:5]), after] *= area_moves
        expected[MOVES, np.isin(origin, turn[5:10]), :change_at] *= area_moves
    of_year = 2 * np.pi * np.arange(months) / 12
    if other or seasons:
        swing = own.uniform(0, 0.2, size=CORRIDORS) if other else np.full(CORRIDORS, seasons)
        phase = own.uniform(0, 2 * np.pi, size=CORRIDORS)
        expected *= 1 + (swing[:, None] * np.sin(of_year + phase[:, None]))[None]
    if other:
        drift = own.normal(0, 0.1, size=(PARTNERS, CORRIDORS, 1))
        expected *= np.exp(drift * np.linspace(-0.5, 0.5, months) * months / 24)
    expected *= is_active[:, None, :]
    expected *= records * months / MONTHS / expected.sum()
    run = np.zeros(expected.shape)
    if campaign:
        places = np.isin(origin, own.permutation(ORIGINS)[:3])
        run[DOUBLES, places, change_at : change_at + 3] = 1
        expected *= 1 + 3 * run
    monthly = chance.poisson(expected * chance.gamma(6, 1 / 6, size=expected.shape))
    mostly_theirs = (reach[STARTS] > 0.3) | (reach[STOPS] > 0.3) if partners_change else np.zeros(CORRIDORS)
    return Reports(
        monthly,
        (monthly * run).astype(np.int64),
        is_active,
        ends,
        frozenset(({TAKEN} if shift else set()) | ({GROWS} if growth else set())),
        frozenset(
            ({LOST} if shift else set())
            | ({COLLAPSES} if collapse else set())
            | ({falls[0]} if falls else set())
        ),
        frozenset(int(one) for one in np.flatnonzero(mostly_theirs)) - {LOST, TAKEN},
    )


def flagged(judged: pd.DataFrame) -> tuple[set[int], set[int]]:
    """Corridors told to have risen, and to have fallen."""
    return set(judged.index[judged["status"].isin(UP)]), set(judged.index[judged["status"].isin(DOWN)])


def mantel_haenszel_rate_ratio(now: Counts, then: Counts, months_now: Counts, months_then: Counts) -> float:
    """The rate a month of effort, by partner: what hidden changes of effort fool, kept here to show that."""
    months = months_now + months_then
    up, down = now * months_then / months, then * months_now / months
    return float(up.sum() / down.sum())
