"""Made-up partners reporting on made-up corridors, where what truly changed is known. Seeded, so runs repeat.

Kinder than the world: what a partner can see stays as it is, unless a run says otherwise, and months are
independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from orchestration.statistics.policy import load_policy
from orchestration.statistics.share_ratio import Counts, Flags, TwoWindows, dispersion
from orchestration.statistics.shifts import DOWN, UP, judge_shifts

CORRIDORS, PARTNERS, MONTHS = 60, 12, 24
POLICY = load_policy()
WINDOWS = (slice(0, 12), slice(12, 24))
LOST, TAKEN = 4, 39  # a known route loses 60 %, a minor one takes 80 % of that
STARTS, STOPS, MOVES, DOUBLES, DROPS = range(5)  # partners
LEFT, ENTERED = 9, 10  # corridors that the moving partner leaves and enters
NEW_SOURCE_ONLY = 45  # a corridor that only the partner which starts can see


@dataclass(frozen=True)
class Reports:
    """Records by partner × corridor × month, the months each partner was active, and what truly happened."""

    monthly: Counts
    is_active: Flags
    rose: frozenset[int]
    fell: frozenset[int]
    confounded: frozenset[int]

    @property
    def windows(self) -> TwoWindows:
        then, now = (self.monthly[:, :, window].sum(axis=2) for window in WINDOWS)
        return TwoWindows(then, now, then.sum(axis=1), now.sum(axis=1))

    def judged(self) -> pd.DataFrame:
        seen_before = np.zeros(self.monthly.shape[1], dtype=np.bool_)
        spread = dispersion(self.monthly, self.is_active, WINDOWS, 0.2)
        return judge_shifts(self.windows, seen_before, spread, POLICY)


def reports(
    seed: int,
    *,
    records: int = 7900,
    shift: bool = False,
    partners_change: bool = False,
    hidden_effort: bool = False,
    partner_moves: bool = False,
) -> Reports:
    """`partners_change`: one partner starts in month 13, one stops after month 14. `hidden_effort`: one
    doubles what it reports and one drops to 60 %, which nothing records. `partner_moves`: one leaves a
    corridor for another."""
    chance = np.random.default_rng(seed)
    intensity = np.arange(1, CORRIDORS + 1) ** -0.8
    reach = chance.gamma(0.35, size=(PARTNERS, CORRIDORS))
    if partner_moves:
        for corridor in (LEFT, ENTERED):
            others = np.delete(np.arange(PARTNERS), MOVES)
            reach[others, corridor] = 0.5 * chance.dirichlet(np.full(len(others), 2.0))
            reach[MOVES, corridor] = 0.5
    if partners_change:
        reach[:, NEW_SOURCE_ONLY] = np.eye(PARTNERS)[STARTS]
    reach /= reach.sum(axis=0)
    expected = np.repeat((reach * intensity)[:, :, None], MONTHS, axis=2)
    is_active = np.ones((PARTNERS, MONTHS), dtype=np.bool_)
    if shift:
        lost = 0.6 * intensity[LOST]
        expected[:, LOST, 12:] *= 0.4
        expected[:, TAKEN, 12:] *= 1 + 0.8 * lost / intensity[TAKEN]
    if partner_moves:
        expected[MOVES, LEFT, 12:] = 0
        expected[MOVES, ENTERED, :12] = 0
    if partners_change:
        is_active[STARTS, :12], is_active[STOPS, 14:] = False, False
    if hidden_effort:
        expected[DOUBLES, :, 12:] *= 2
        expected[DROPS, :, 12:] *= 0.6
    expected *= is_active[:, None, :]
    expected *= records / expected.sum()
    monthly = chance.poisson(expected * chance.gamma(6, 1 / 6, size=expected.shape))
    mostly_theirs = (reach[STARTS] > 0.3) | (reach[STOPS] > 0.3) if partners_change else np.zeros(CORRIDORS)
    return Reports(
        monthly,
        is_active,
        frozenset({TAKEN} if shift else ()),
        frozenset({LOST} if shift else ()),
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
