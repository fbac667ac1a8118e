"""Alerts: small cases worked out by hand, and quiet simulated years."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import nbinom, norm

from orchestration.core import PROJECT_ROOT
from orchestration.statistics import alert_detection
from orchestration.statistics.alerts import Alerts, Judged, Months, alerts, judge
from orchestration.statistics.comparisons import Reports
from orchestration.statistics.measure import as_table
from orchestration.statistics.scatter import Monthly
from tests.shared_worlds import DELAYS, LARGE, world
from tests.simulated_corridors import POLICY, flagged, reports

FIRST, NEWEST = date(2022, 1, 1), date(2025, 2, 1)
MONTHS = [one.date() for one in pd.date_range(FIRST, NEWEST, freq="MS")]  # 38
PARTNERS = ("p", "q", "r")
QUIET = pd.DataFrame(columns=["source", "record_grain", "kind", "place_id", "month_from", "month_to"])


def frames(series: dict[str, list[int]], partners: tuple[str, ...] = PARTNERS) -> list[pd.DataFrame]:
    """The corridor's records a month at each partner, beside 40 on two others that never change."""
    rows = [
        (partner, corridor, month, count)
        for partner in partners
        for corridor, counts in {**series, "KE001>KE047": [20] * 38, "KE002>KE047": [20] * 38}.items()
        for month, count in zip(MONTHS, counts, strict=True)
        if count
    ]
    counts = pd.DataFrame(rows, columns=["source", "corridor_id", "month_from", "record_count"])
    ends = counts["corridor_id"].str.split(">")
    counts = counts.assign(
        record_grain="case", corridor_level="od", start_place_id=ends.str[0], via_place_id=None,
        end_place_id=ends.str[1], month_to=counts["month_from"], round=None, campaign_count=0,
    )  # fmt: skip
    counts = counts.assign(witness_count=counts["record_count"], numbered_count=0)
    keys = ["source", "record_grain", "month_from", "month_to"]
    totals = counts.groupby(keys)[["record_count", "witness_count"]].sum().reset_index()
    totals = totals.assign(round=None, unknown_end_count=0, unknown_way_count=0)
    active = totals[["source", "record_grain"]].assign(month_start=totals["month_from"])
    calendar = pd.DataFrame(
        {"month_start": [*MONTHS, date(2025, 3, 1)], "is_complete": [True] * 38 + [False]}
    )
    return [counts, totals, active, calendar, QUIET]


def steps(*levels: tuple[int, int]) -> list[int]:
    """So many records a month, for so many months."""
    return [records for records, months in levels for _ in range(months)]


def measured(world: list[pd.DataFrame]) -> Alerts:
    counts, totals, active, calendar, declared = world
    return alerts(Reports.of(counts, totals, active, declared), calendar, POLICY)


def raised(world: list[pd.DataFrame]) -> pd.DataFrame:
    return measured(world).raised


def not_measured(world: list[pd.DataFrame]) -> list[tuple[str, int]]:
    """Why corridors could not be judged in the newest month, and how many."""
    rows = measured(world).not_measured
    assert all(rows["period_id"] == "2025-02") if len(rows) else True
    return [(row["reason"], row["corridor_count"]) for row in rows.to_dict("records")]


def alert_of(counts: list[int], **changes: Any) -> dict[str, Any] | None:
    found = raised(frames({"KE010>KE047": counts}, **changes))
    assert len(found) <= 1
    return {str(name): found[name].iloc[0] for name in found} if len(found) else None


def small(corridor: list[list[int]], others: list[list[int]], **declared: list[Any]) -> Months:
    """Records a month of one corridor at each partner, beside all others as one corridor."""
    monthly = np.stack([corridor, others], axis=1)
    changes = pd.DataFrame(declared or {"kind": [], "source": [], "place_id": [], "month_from": []})
    told, none = Monthly.of(monthly, 0 * monthly)
    totals, names = monthly.sum(axis=1), ["p", "q"][: len(monthly)]
    there = np.array([[True], [False]])
    return Months(0, names, ["KE010"], there, changes, told, told, none, none, totals, totals > 0)


def test_expected_witnesses_grow_with_the_partners_other_records() -> None:
    # 12 of 120 in the twelve months before, 9 others in the two newest: 12 * 9 / 108 = 1 expected.
    (newest,) = judge(small([[1] * 12 + [2, 2]], [[9] * 12 + [5, 4]]), POLICY)
    assert (newest.at, newest.width) == (13, 2)
    assert newest.mean[0] == pytest.approx(1.0) and newest.witnesses.tolist() == [4, 9]


def test_partner_that_reports_nothing_else_in_the_baseline_is_not_compared() -> None:
    corridor, others = [[1] * 12 + [1, 0], [1] * 12 + [5, 4]], [[9] * 12 + [5, 4], [0] * 12 + [9, 9]]
    (newest,) = judge(small(corridor, others), POLICY)
    assert newest.witnesses[0] == 1 and newest.mean[0] == pytest.approx(1.0)


def test_a_month_with_one_large_event_is_no_rise() -> None:
    """40 people in one month where three are usual: 3 + 3 √(3 + .15 · 9) + 1 is 10.3, so 11 of them count."""
    found = judge(small([[3] * 36 + [3, 40]], [[30] * 38]), POLICY)
    assert [int(one.witnesses[0]) for one in found if one.at == 37] == [3 + 11, 9 + 11, 15 + 11, 33 + 11]


def test_the_bound_is_lower_only_where_partners_share_nothing() -> None:
    even = small([[6] * 38], [[30] * 38])
    assert {one.bound for one in judge(even, POLICY)} == {POLICY.alert_bound_alone}
    rescue = even.records.counts.copy()
    rescue[0, 20] += 16
    of_rescue = even._replace(records=even.records._replace(counts=rescue))
    assert {one.bound for one in judge(of_rescue, POLICY)} == {POLICY.alert_bound}
    waves = small([[3] * 6 + [9] * 6 + [3] * 6 + [9] * 6 + [3] * 6 + [9] * 8], [[60] * 38])
    assert {one.bound for one in judge(waves, POLICY)} == {POLICY.alert_bound}


@pytest.mark.parametrize("records", [0, 1, 5, 30])
def test_deviation_has_the_mid_p_of_the_negative_binomial(records: int) -> None:
    arrays = (np.array([one]) for one in (records, 5.0, 1.5, True, 4.6))
    found = Judged(0, 2, None, None, *arrays).deviation[0]  # type: ignore[arg-type]
    law = nbinom(5.0 / 0.5, 1 / 1.5)
    assert norm.sf(found) == pytest.approx(law.sf(records) + law.pmf(records) / 2, rel=1e-6)


def test_fall_is_told_with_its_months_and_the_witnesses_expected() -> None:
    # Six a month at three partners until August 2024, then none: 18 a month expected in the six newest.
    found = alert_of(steps((6, 32), (0, 6)))
    assert found is not None
    assert (found["direction"], found["evidence"], found["partner_count"]) == ("fall", "panel", 3)
    assert (found["start_place_id"], found["end_place_id"]) == ("KE010", "KE047")
    assert (found["first_month"], found["newest_month"]) == (date(2024, 9, 1), NEWEST)
    assert found["alerted_month"] <= date(2024, 11, 1) and found["is_in_force"]
    assert found["expected_witness_count"] == pytest.approx(6 * 18)
    assert (found["witness_count"], found["record_count"]) == (0, 0)
    assert 80 < found["expected_low"] < 108 < found["expected_high"] < 136
    assert found["share_odds_ratio"] < 0.1 and found["leave_one_out_high"] < 0.1


def test_rise_is_told_and_nothing_else() -> None:
    found = alert_of(steps((4, 36), (20, 2)))
    assert found is not None and found["direction"] == "rise" and found["is_in_force"]
    assert found["witness_count"] == 120 and found["expected_witness_count"] == pytest.approx(24)
    assert alert_of(steps((6, 38))) is None


def test_one_partner_alone_is_told_as_such() -> None:
    found = alert_of(steps((18, 34), (0, 4)), partners=("p",))
    assert found is not None and (found["evidence"], found["partner_count"]) == ("single_partner", 1)
    assert np.isnan(found["leave_one_out_low"]) and np.isnan(found["leave_one_out_high"])


@pytest.mark.parametrize(
    "levels",
    [
        [(20, 60), (4, 4), (4, 4)],  # a rise at the largest partner
        [(30, 36), (12, 36), (6, 7)],  # at another
        [(60, 20), (8, 8), (8, 8)],  # a fall
        [(72, 60), (72, 24), (14, 13)],
    ],
)
def test_change_that_goes_with_any_one_partner_raises_no_alert(levels: list[tuple[int, int]]) -> None:
    """So many records a month at each partner, and so many in the newest three months."""
    worlds = [
        frames({"KE010>KE047": steps((then, 35), (now, 3))}, partners=(partner,))
        for partner, (then, now) in zip(PARTNERS, levels, strict=True)
    ]
    together = [pd.concat(parts, ignore_index=True) for parts in zip(*worlds, strict=True)]
    assert raised([*together[:3], *worlds[0][3:]]).empty


def test_alert_that_ended_is_listed_for_a_year() -> None:
    ended = alert_of(steps((4, 28), (25, 3), (4, 7)))
    assert ended is not None and not ended["is_in_force"]
    assert (ended["direction"], ended["first_month"]) == ("rise", date(2024, 5, 1))
    assert alert_of(steps((4, 16), (25, 22))) is None, "after a year the level is the usual one"


def test_too_few_records_raise_no_alert() -> None:
    assert alert_of(steps((0, 37), (3, 1))) is None


def test_partner_that_reports_nothing_at_all_is_no_fall() -> None:
    world = frames({"KE010>KE047": steps((6, 38))})
    is_silent = [
        (one["source"] == "p") & (one[month] >= date(2024, 11, 1))
        for one, month in zip(world[:3], ("month_from", "month_from", "month_start"), strict=True)
    ]
    quiet = [one[~silent] for one, silent in zip(world[:3], is_silent, strict=True)]
    assert raised([*quiet, *world[3:]]).empty


def test_rows_in_another_order_give_the_same_table() -> None:
    world = frames({"KE010>KE047": steps((6, 34), (0, 4)), "KE011>KE047": steps((4, 35), (20, 3))})
    mixed = [one.sample(frac=1, random_state=7) for one in world]
    first, second = (as_table("alerts", raised(one)) for one in (world, mixed))
    assert first.num_rows == 2 and first.equals(second)


def test_corridors_that_cannot_be_judged_are_counted() -> None:
    assert raised([one[:0] for one in frames({})]).empty
    young = [*frames({"KE010>KE047": steps((0, 30), (9, 8))})]
    young[:3] = [one[one.filter(like="month_").iloc[:, 0] >= date(2024, 6, 1)] for one in young[:3]]
    assert raised(young).empty and not_measured(young) == [("short_history", 3)]
    assert not_measured(frames({"KE010>KE047": steps((6, 38))})) == []
    rare = frames({"KE010>KE047": steps((6, 38)), "KE011>KE047": steps((0, 34), (1, 1), (0, 3))})
    assert not_measured(rare) == [("below_minimum", 1)]
    campaign = frames({"KE010>KE047": steps((6, 38))}, partners=("p",))
    campaign[-1] = pd.DataFrame(
        [("p", "case", "campaign", None, date(2023, 1, 1), NEWEST)], columns=QUIET.columns
    )
    assert raised(campaign).empty and not_measured(campaign) == [("no_corridor_judged", 3)]


def test_partner_with_one_corridor_alone_cannot_be_judged() -> None:
    counts, *rest = frames({"KE010>KE047": steps((6, 38))}, partners=("p",))
    counts = counts[counts["corridor_id"] == "KE010>KE047"]
    totals = rest[0].assign(record_count=6, witness_count=6)
    assert not_measured([counts, totals, *rest[1:]]) == [("no_corridor_judged", 1)]


def test_alert_raised_more_than_a_year_ago_is_listed_no_longer() -> None:
    """Records grow ever more: the deviations never fall back to zero, and shifts tell the rest."""
    growing = {"KE010>KE047": [round(10 * 1.05**at) for at in range(38)]}
    assert raised(frames({**growing, "KE003>KE047": [60] * 38, "KE004>KE047": [60] * 38})).empty


def test_declared_move_makes_no_mover_of_another_partner() -> None:
    """p, by far the largest of KE010, leaves it; q, which reports twice as much there, stays."""
    there, elsewhere = [steps((50, 12), (0, 3)), steps((5, 12), (15, 3))], [[50] * 15, [20] * 15]
    left = {"kind": ["coverage"], "source": ["p"], "place_id": ["KE010"], "month_from": [12]}
    side = small(there, elsewhere, **left).compared(14, 2, POLICY)
    assert (side.windows.baseline[:, 0] > 0).tolist() == [False, True]


@pytest.mark.parametrize("change", [{}, {"seasons": 0.2}, {"area_moves": 0.0}, {"campaign": True}])
def test_hardly_any_quiet_year_has_an_alert(change: dict[str, Any]) -> None:
    worlds = [reports(seed, records=2500, months=38, change_at=28, **change) for seed in range(300, 305)]
    assert sum(bool(world.alerts()) for world in worlds) <= 1


def test_corridor_that_collapses_is_told_within_months() -> None:
    worlds = [reports(seed, months=38, change_at=28, falls=(1, 0.1)) for seed in range(320, 325)]
    found = [dict(world.alerts()).get(1, {}) for world in worlds]
    assert sum(28 <= one.get("alerted_month", 0) <= 33 and one["direction"] == "fall" for one in found) >= 4


def test_records_that_come_late_are_neither_alert_nor_shift() -> None:
    late = world(0, LARGE, DELAYS)
    as_if_whole = replace(late, filling=None)
    told = [(len(one.alerts()), flagged(one.judged())) for one in (late, as_if_whole)]
    assert told[0] == (0, (set(), set()))
    assert told[1][0] and told[1][1][1]


def test_the_methods_print_what_an_alert_can_find() -> None:
    page = (PROJECT_ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    found = alert_detection()
    assert len(found.rows) == 5 and len(found.columns) == 4
    for before, factor, cells in found.rows:
        shown = " | ".join(" · ".join(f"{part:.0%}" for part in cell) for cell in cells)
        assert f"| {before} × {factor:g} | {shown} |" in page
