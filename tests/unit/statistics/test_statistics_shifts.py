"""Each corridor has one status, the first that holds; simulated worlds give back their known truth."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special
from scipy.stats import norm

from orchestration.statistics.share_ratio import TwoWindows
from orchestration.statistics.shifts import displaced_from, judge_shifts, q_values
from tests.simulated_corridors import ENTERED, LEFT, LOST, NEW_SOURCE_ONLY, POLICY, TAKEN, flagged, reports

RUNS = 20


def judged(
    then: list[list[int]], now: list[list[int]], totals: tuple[list[int], list[int]] | None = None,
    seen_before: bool = False, dispersion: float = 1.0,
) -> pd.DataFrame:  # fmt: skip
    """Partners × corridors in both windows; a partner's total is 1000 in each unless said otherwise."""
    counts = np.array(then), np.array(now)
    usual = [1000] * len(then)
    windows = TwoWindows(*counts, *(np.array(one) for one in totals or (usual, usual)))
    corridors = len(then[0])
    return judge_shifts(windows, np.full(corridors, seen_before), np.full(corridors, dispersion), POLICY)


def status_of(*arguments: object, **keywords: object) -> tuple[str, str | None]:
    row = judged(*arguments, **keywords).iloc[0]  # type: ignore[arg-type]
    return row["status"], row["reason"]


@pytest.mark.parametrize(("now", "expected"), [(18, "too_few"), (19, "growing")])
def test_fewer_than_twenty_records_are_too_few(now: int, expected: str) -> None:
    assert status_of([[1]], [[now]])[0] == expected
    assert judged([[1]], [[18]]).loc[0, "reason"] == "below_minimum"


@pytest.mark.parametrize(
    ("then", "now", "totals", "expected"),
    [
        ([[0], [0]], [[0], [90]], ([1000, 0], [1000, 500]), ("new_source", None)),
        ([[0], [40], [0]], [[0], [0], [60]], ([1000, 500, 0], [1000, 0, 500]), ("too_few", "no_comparable_partner")),
        ([[0], [0]], [[15], [15]], None, ("emerging", None)),
        ([[0], [0], [3]], [[15], [15], [0]], ([1000, 1000, 50], [1000, 1000, 0]), ("growing", None)),
        ([[15], [15]], [[0], [0]], None, ("abandoned", None)),
        ([[15], [15], [0]], [[0], [0], [2]], ([1000, 1000, 0], [1000, 1000, 90]), ("fading", None)),
        ([[60], [60]], [[30], [30]], None, ("fading", None)),
        ([[100], [100]], [[100], [100]], None, ("stable", None)),
        ([[6], [6]], [[6], [6]], None, ("too_few", "interval_too_wide")),
    ],
    ids=[
        "only a partner without baseline reports it",
        "no comparable partner reports it, and one that stopped did",
        "nobody reported it before",
        "only a partner that stopped reported it before",
        "nobody reports it any more",
        "only a partner that started reports it still",
        "its share falls",
        "its interval lies inside the band",
        "its interval is wider than the band",
    ],
)  # fmt: skip
def test_each_status(
    then: list[list[int]], now: list[list[int]], totals: tuple[list[int], list[int]] | None, expected: tuple[str, str | None]
) -> None:  # fmt: skip
    assert status_of(then, now, totals) == expected


def test_corridor_seen_in_an_earlier_round_has_reappeared() -> None:
    assert status_of([[0], [0]], [[15], [15]], seen_before=True) == ("emerging", "reappeared")


def test_a_sure_but_small_change_is_no_shift() -> None:
    # 20 % more of a very large share: q is small, the factor is below 1.25.
    row = judged([[20000]], [[23000]], ([100000], [100000])).iloc[0]
    assert row["q_value"] < 0.001 and 1 < row["share_odds_ratio"] < 1.25
    assert row["status"] == "stable"


def test_dispersion_widens_the_interval() -> None:
    calm, wild = judged([[60]], [[90]]), judged([[60]], [[90]], dispersion=4.0)
    assert calm.loc[0, "status"] == "growing" and wild.loc[0, "status"] == "too_few"
    ratio_low, ratio_high = (np.log(frame["ratio_high"] / frame["ratio_low"])[0] for frame in (calm, wild))
    assert ratio_high == pytest.approx(2 * ratio_low)


def test_corridor_that_is_all_of_a_partners_records_is_not_judged() -> None:
    row = judged([[30]], [[40]], ([30], [40])).iloc[0]
    assert (row["status"], row["reason"]) == ("too_few", "interval_too_wide")
    assert row[["share_odds_ratio", "ratio_low", "ratio_high", "q_value"]].isna().all()


def test_corridor_that_is_not_judged_has_no_figures() -> None:
    row = judged([[1]], [[5]]).iloc[0]
    figures = ["share_odds_ratio", "ratio_low", "ratio_high", "q_value"]
    assert row[[*figures, "leave_one_out_low", "leave_one_out_high"]].isna().all()
    assert judged([[100], [100]], [[100], [100]]).loc[0, "evidence"] is None, "stable is no shift"


def test_false_discovery_is_counted_over_judged_corridors_alone() -> None:
    # One clear shift beside forty corridors of two records: they take nothing from it.
    alone = judged([[20]], [[45]]).loc[0, "q_value"]
    crowded = judged([[20] + [1] * 40], [[45] + [1] * 40]).loc[0, "q_value"]
    assert crowded == alone


def test_the_q_values_are_those_of_benjamini_and_hochberg() -> None:
    found = judged([[20, 40, 60, 80]], [[45, 60, 66, 80]], ([10**6], [10**6]))
    log_ratio = np.log(found["share_odds_ratio"])
    error = np.log(found["ratio_high"] / found["ratio_low"]) / (2 * 1.959964)
    p = 2 * norm.sf(np.abs(log_ratio / error))  # already in rising order
    by_hand = [min(p[k:] * 4 / np.arange(k + 1, 5)) for k in range(4)]
    assert found["q_value"].to_numpy() == pytest.approx(by_hand, rel=1e-6)


def test_evidence_is_a_panel_where_the_shift_stays_without_any_partner() -> None:
    panel = judged([[20], [20]], [[60], [60]]).iloc[0]
    assert panel["evidence"] == "panel"
    assert panel["leave_one_out_low"] == pytest.approx(panel["leave_one_out_high"])
    vanishing = judged([[10], [40]], [[90], [42]]).iloc[0]
    assert (vanishing["status"], vanishing["evidence"]) == ("growing", "single_partner")
    assert vanishing["leave_one_out_low"] < 1.25 < vanishing["leave_one_out_high"]
    alone = judged([[20], [0]], [[60], [0]]).iloc[0]
    assert (alone["status"], alone["evidence"]) == ("growing", "single_partner")
    assert np.isnan(alone["leave_one_out_low"]), "there is nothing to leave out"


def pair(**changes: object) -> list[str | None]:
    rows = pd.DataFrame(
        {
            "corridor_id": ["KE040>KE047", "KE040>ARE", "KE027>ARE"],
            "start_place_id": ["KE040", "KE040", "KE027"], "end_place_id": ["KE047", "ARE", "ARE"],
            "status": ["abandoned", "emerging", "fading"], "evidence": ["panel", "panel", "panel"],
        }
    )  # fmt: skip
    return displaced_from(rows.assign(**changes))


def test_a_rise_is_set_beside_every_fall_that_shares_an_end() -> None:
    assert pair() == [None, "KE027>ARE;KE040>KE047", None]


def test_no_pair_rests_on_one_partner_on_what_is_no_shift_or_on_no_common_end() -> None:
    assert pair(evidence=["panel", "single_partner", "panel"]) == [None, None, None]
    assert pair(evidence=["single_partner", "panel", "panel"]) == [None, "KE027>ARE", None]
    assert pair(status=["stable", "emerging", "too_few"]) == [None, None, None]
    apart = {"start_place_id": ["KE001", "KE040", "KE027"], "end_place_id": ["KE047", "ARE", "ITA"]}
    assert pair(**apart) == [None, None, None]


def test_raw_and_comparable_counts_stand_side_by_side() -> None:
    row = judged([[30], [10], [0]], [[60], [0], [25]], ([1000, 100, 0], [1000, 0, 500])).iloc[0]
    expected = {
        "record_count_baseline": 40, "record_count_current": 85, "witness_count_baseline": 30,
        "witness_count_current": 60, "partner_count": 3, "comparable_partner_count": 1, "partners_started": 1,
        "partners_stopped": 1, "share_baseline": 40 / 1100, "share_current": 85 / 1500,
        # One comparable partner: the adjusted share is its own.
        "comparable_share_baseline": 0.03, "adjusted_share_current": 0.06,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == pytest.approx(expected)


def test_planted_shifts_are_found_and_changing_partners_are_no_shifts() -> None:
    found = {"rose": 0, "fell": 0}
    confounded = flags = 0
    for seed in range(RUNS):
        world = reports(seed, shift=True, partners_change=True)
        shifts = world.judged()
        up, down = flagged(shifts)
        found["rose"] += TAKEN in up
        found["fell"] += LOST in down
        confounded += len(world.confounded)
        flags += len((up | down) & world.confounded)
        assert shifts.loc[NEW_SOURCE_ONLY, "status"] == "new_source"
    assert min(found.values()) >= 0.7 * RUNS, found
    assert flags <= 0.1 * confounded


@pytest.mark.parametrize("hidden_effort", [False, True])
def test_hardly_any_run_without_a_change_finds_a_shift(hidden_effort: bool) -> None:
    runs = (
        flagged(reports(seed, partners_change=True, hidden_effort=hidden_effort).judged())
        for seed in range(100, 100 + RUNS)
    )
    assert sum(bool(up | down) for up, down in runs) <= 0.2 * RUNS


def test_a_partner_that_moves_is_no_panel() -> None:
    left = entered = labelled = 0
    for seed in range(200, 200 + RUNS):
        shifts = reports(seed, partner_moves=True).judged()
        left += shifts.loc[LEFT, "evidence"] == "panel"
        entered += shifts.loc[ENTERED, "evidence"] == "panel"
        plain = reports(seed, partner_moves=True).judged(finds_moves=False)
        labelled += plain.loc[[LEFT, ENTERED], "evidence"].notna().sum()
    assert max(left, entered) <= 0.25 * RUNS
    assert labelled > RUNS / 2, "without the rule these are labelled as shifts"


@pytest.mark.parametrize(
    "change",
    [{"collapse": 0.3}, {"growth": 0.1}, {"area_moves": 0.0}, {"area_moves": 0.2}, {"collapse": 0.2, "other": True}],
)  # fmt: skip
def test_one_change_makes_no_shift_of_other_corridors(change: dict[str, Any]) -> None:
    """Before shares were of a reference, 16 of 20 worlds had a false shift after a collapse of 30 %."""
    false = 0
    for seed in range(400, 400 + RUNS):
        world = reports(seed, **change)
        shifts = world.judged()
        up, down = flagged(shifts[shifts["evidence"] == "panel"])
        false += bool((up - world.rose) | (down - world.fell))
        assert world.rose <= up and world.fell <= down
    assert false <= 0.25 * RUNS


def test_shifts_rest_on_the_minimum_of_records() -> None:
    for seed in range(RUNS):
        up, down = flagged(reports(seed, records=250, shift=True).judged())
        few = reports(seed, records=250, shift=True).windows
        counts = (few.baseline + few.current).sum(axis=0)
        assert all(counts[corridor] >= POLICY.shift_minimum_records for corridor in up | down)


def test_minimum_of_records_comes_from_the_policy() -> None:
    counts = TwoWindows(np.array([[1]]), np.array([[18]]), np.array([1000]), np.array([1000]))
    lower = replace(POLICY, shift_minimum_records=10)
    assert judge_shifts(counts, np.array([False]), np.array([1.0]), lower).loc[0, "status"] == "growing"


def test_four_of_fifteen_are_found_as_in_the_paper_of_1995() -> None:
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
         0.6528, 0.7590, 1.0]  # fmt: skip
    q = q_values(np.array(p))
    assert (q <= 0.05).sum() == 4
    expected = [0.0015, 0.0030, 0.0095, 0.035625, 0.0603, 0.063857, 0.063857, 0.0645, 0.0765]
    assert q[:9] == pytest.approx(expected, abs=5e-7)


def test_unjudged_corridors_do_not_count_as_tests() -> None:
    q = q_values(np.array([0.01, np.nan, 0.04]))
    assert q[[0, 2]].tolist() == [0.02, 0.04] and np.isnan(q[1])


def test_one_of_47_counties_can_be_found_alone() -> None:
    """By permutation it never could: the smallest p of 999 is .001, and two-sided over 47 that is above .05."""
    p = 2 * special.ndtr(-np.array([3.5, *np.zeros(46)]))
    assert (q_values(p) < 0.05).tolist() == [True] + [False] * 46
