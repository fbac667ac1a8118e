"""Alerts: small cases worked out by hand, R's surveillance beside them, and quiet simulated years."""

import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import nbinom, norm

from orchestration.statistics.alerts import Expected, Months, alerts, cusum, expected, judge
from orchestration.statistics.comparisons import Reports
from orchestration.statistics.measure import as_table
from orchestration.statistics.share_ratio import TwoWindows, reference_of
from tests.needs import absent, program
from tests.simulated_corridors import POLICY, reports

HOW = "apt-get install --no-install-recommends r-cran-surveillance"
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
    keys = ["source", "record_grain", "month_from", "month_to"]
    totals = counts.groupby(keys)["record_count"].sum().reset_index()
    totals = totals.assign(round=None, unknown_end_count=0, unknown_way_count=0)
    active = totals[["source", "record_grain"]].assign(month_start=totals["month_from"])
    calendar = pd.DataFrame(
        {"month_start": [*MONTHS, date(2025, 3, 1)], "is_complete": [True] * 38 + [False]}
    )
    return [counts, totals, active, calendar, QUIET]


def steps(*levels: tuple[int, int]) -> list[int]:
    """So many records a month, for so many months."""
    return [records for records, months in levels for _ in range(months)]


def measured(world: list[pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    counts, totals, active, calendar, declared = world
    return alerts(Reports.of(counts, totals, active, declared), calendar, POLICY)


def raised(world: list[pd.DataFrame]) -> pd.DataFrame:
    return measured(world)[0]


def not_measured(world: list[pd.DataFrame]) -> list[tuple[str, int]]:
    """Why corridors could not be judged in the newest month, and how many."""
    rows = measured(world)[1]
    assert all(rows["period_id"] == "2025-02") if len(rows) else True
    return [(row["reason"], row["corridor_count"]) for row in rows.to_dict("records")]


def alert_of(counts: list[int], **changes: Any) -> dict[str, Any] | None:
    found = raised(frames({"KE010>KE047": counts}, **changes))
    assert len(found) <= 1
    return {str(name): found[name].iloc[0] for name in found} if len(found) else None


def test_deviations_beyond_the_allowance_add_up_to_twice_the_bound_and_fall_back_to_zero() -> None:
    # 0 + .5 - 1 < 0; then 3 - 1 = 2; 2 + 2.5 - 1 = 3.5; + 4 - 1 = 6.5; - 1 - 1 = 4.5; - 5 - 1 < 0.
    sums = cusum(np.array([[0.5], [3.0], [2.5], [4.0], [-1.0], [-5.0]]), POLICY)
    assert sums[:, 0].tolist() == [0.0, 2.0, 3.5, 6.5, 4.5, 0.0]
    assert cusum(np.full((9, 1), 7.0), POLICY).max() == 2 * POLICY.alert_bound


def test_expected_records_grow_with_the_partners_other_records() -> None:
    # 12 of 120 records in the baseline, 9 others in the month: 12 * 9 / 108 = 1 expected.
    # Spread 1 + [12 (1/12)^2 + 12^2 (1/12)(13/12) / 108] / 1 = 1 + 1/12 + 13/108.
    windows = TwoWindows(np.array([[12]]), np.array([[4]]), np.array([120]), np.array([13]))
    found = expected(windows, reference_of(windows, np.array([True])), np.array([1.0]))
    assert found.mean == pytest.approx([1.0]) and found.records.tolist() == [4]
    assert found.spread == pytest.approx([1 + 1 / 12 + 13 / 108])


def test_partner_that_reports_nothing_else_in_the_baseline_is_not_compared() -> None:
    counts = (np.array([[12], [5]]), np.array([[1], [9]]))
    windows = TwoWindows(*counts, np.array([120, 5]), np.array([10, 40]))
    found = expected(windows, reference_of(windows, np.array([True])), np.array([1.0]))
    assert found.records.tolist() == [1] and found.mean == pytest.approx([1.0])


@pytest.mark.parametrize("records", [0, 1, 5, 30])
def test_deviation_has_the_mid_p_of_the_negative_binomial(records: int) -> None:
    found = Expected(np.array([records]), np.array([5.0]), np.array([1.5])).deviation[0]
    law = nbinom(5.0 / 0.5, 1 / 1.5)
    assert norm.sf(found) == pytest.approx(law.sf(records) + law.pmf(records) / 2, rel=1e-6)


def test_fall_is_told_with_its_months_and_the_records_expected() -> None:
    # Six a month at three partners until October 2024, then none: 18 a month expected in four months.
    found = alert_of(steps((6, 34), (0, 4)))
    assert found is not None
    assert (found["direction"], found["evidence"], found["partner_count"]) == ("fall", "panel", 3)
    assert (found["start_place_id"], found["end_place_id"]) == ("KE010", "KE047")
    assert (found["first_month"], found["newest_month"]) == (date(2024, 11, 1), NEWEST)
    assert found["first_month"] <= found["alerted_month"] <= date(2024, 12, 1) and found["is_in_force"]
    assert found["expected_record_count"] == pytest.approx(72) and found["record_count"] == 0
    assert found["monthly_baseline"] == pytest.approx(18)
    assert 50 < found["expected_low"] < 72 < found["expected_high"] < 95
    assert found["share_odds_ratio"] < 0.1 and found["leave_one_out_high"] < 0.1


def test_rise_is_told_and_nothing_else() -> None:
    found = alert_of(steps((4, 35), (20, 3)))
    assert found is not None and found["direction"] == "rise" and found["is_in_force"]
    assert found["record_count"] == 180 and found["expected_record_count"] == pytest.approx(36)
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
    totals = rest[0].assign(record_count=6)
    assert not_measured([counts, totals, *rest[1:]]) == [("no_corridor_judged", 1)]


def test_alert_raised_more_than_a_year_ago_is_listed_no_longer() -> None:
    """Records grow ever more: the deviations never fall back to zero, and shifts tell the rest."""
    growing = {"KE010>KE047": [round(10 * 1.05**at) for at in range(38)]}
    assert raised(frames({**growing, "KE003>KE047": [60] * 38, "KE004>KE047": [60] * 38})).empty


def test_declared_move_makes_no_mover_of_another_partner() -> None:
    """p, by far the largest of KE010, leaves it; q, which reports twice as much there, stays."""
    there, elsewhere = [steps((50, 12), (0, 3)), steps((5, 12), (15, 3))], [[50] * 15, [20] * 15]
    monthly = np.stack([there, elsewhere], axis=1)
    leaves = pd.DataFrame({"kind": ["coverage"], "source": ["p"], "place_id": ["KE010"], "month_from": [12]})
    arrays = (monthly, 0 * monthly, monthly.sum(axis=1), monthly.sum(axis=1) > 0)
    months = Months(0, ["p", "q"], ["KE010"], np.array([[True], [False]]), leaves, *arrays)
    assert months.left_out(14, POLICY).tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize("change", [{}, {"seasons": 0.2}, {"area_moves": 0.0}, {"campaign": True}])
def test_hardly_any_quiet_year_has_an_alert(change: dict[str, Any]) -> None:
    worlds = [reports(seed, records=2500, months=38, change_at=28, **change) for seed in range(300, 305)]
    assert sum(bool(world.alerts()) for world in worlds) <= 1


def test_corridor_that_collapses_is_told_within_months() -> None:
    worlds = [reports(seed, months=38, change_at=28, falls=(1, 0.1)) for seed in range(320, 325)]
    found = [dict(world.alerts()).get(1, {}) for world in worlds]
    assert sum(28 <= one.get("alerted_month", 0) <= 31 and one["direction"] == "fall" for one in found) >= 4


SCRIPT = """
if (!requireNamespace("surveillance", quietly = TRUE)) { cat("absent"); quit() }
suppressWarnings(suppressMessages(library(surveillance)))
for (case in c("rise", "fall", "quiet")) {
z <- scan(paste0(case, "-deviations.txt"), quiet = TRUE)
made <- suppressWarnings(create.disProg(week = seq_along(z), observed = z, state = 0 * z))
sums <- algo.cusum(made, list(range = seq_along(z), k = 1, h = 4.5, m = 0, trans = "none"))$cusum
y <- scan(paste0(case, "-counts.txt"), quiet = TRUE)
series <- sts(y, start = c(2020, 1), frequency = 12)
last <- 49:length(y)
by_farrington <- farringtonFlexible(series, list(range = last, b = 3, w = 3, alpha = .005,
    pastWeeksNotIncluded = 2, thresholdMethod = "nbPlugin", trend = FALSE))
by_ears <- earsC(series, list(range = last, method = "C2", alpha = .001))
cat(sums, "\\n")
cat(last[alarms(by_farrington)[, 1]], "\\n")
cat(last[alarms(by_ears)[, 1]], "\\n")
}
"""


LEVELS = {"rise": 80, "fall": 2, "quiet": 30}  # of the last six months; 30 before


def in_r(rscript: str, folder: Path, series: dict[str, np.ndarray]) -> dict[str, list[list[float]]]:
    """By case: sums of the deviations by `algo.cusum`; months that Farrington and EARS find unusual, from 1 on."""
    for name, values in series.items():
        (folder / f"{name}.txt").write_text("\n".join(map(str, values.tolist())), encoding="utf-8")
    (folder / "by_r.R").write_text(SCRIPT, encoding="utf-8")
    run = [rscript, "--vanilla", "by_r.R"]
    said = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=True).stdout
    if said == "absent":
        absent(f"R's package surveillance is not installed: {HOW}")
    lines = [[float(one) for one in line.split()] for line in said.splitlines()]
    return {case: lines[3 * at : 3 * at + 3] for at, case in enumerate(LEVELS)}


def one_corridor(counts: np.ndarray) -> Months:
    """The corridor at one partner, beside a thousand other records a month."""
    monthly = np.stack([counts, np.full(counts.size, 1000)])[None]
    nothing = pd.DataFrame({"kind": [], "source": [], "place_id": [], "month_from": []})
    reported = np.ones((1, counts.size), dtype=np.bool_)
    arrays = (monthly, 0 * monthly, monthly.sum(axis=1), reported)
    return Months(0, ["p"], ["KE010"], np.array([[True], [False]]), nothing, *arrays)


def test_farrington_and_ears_of_r_find_the_same_months(tmp_path: Path) -> None:
    """R's bounds are upper ones alone, so a fall is shown to them as the rise of the mirrored series."""
    rscript, series = program("Rscript", HOW), dict[str, np.ndarray]()
    for case, level in LEVELS.items():
        counts = np.random.default_rng(11).poisson(30, size=60)
        counts[54:] = np.random.default_rng(12).poisson(level, size=6)
        side = -1 if case == "fall" else 1
        judged = [side * judge(one_corridor(counts), at, POLICY).deviation[0] for at in range(48, 60)]
        series[f"{case}-deviations"] = np.array(judged)
        series[f"{case}-counts"] = np.maximum(counts if side > 0 else 2 * 30 - counts, 0)
    for case, (sums, by_farrington, by_ears) in in_r(rscript, tmp_path, series).items():
        deviations = series[f"{case}-deviations"]
        ours = cusum(deviations[:, None], POLICY)[:, 0]
        assert np.minimum(sums, 2 * POLICY.alert_bound)[:8] == pytest.approx(ours[:8], abs=1e-4)
        unusual = [float(at + 49) for at in np.flatnonzero(deviations > norm.isf(0.005))]
        changed = [] if case == "quiet" else [55.0, 56.0]
        assert all(at in found for at in changed for found in (unusual, by_farrington, by_ears))
        assert not [at for found in (unusual, by_farrington, by_ears) for at in found if at < 55]
        assert bool(changed) == bool((ours > POLICY.alert_bound).any())
        assert changed or not (unusual or by_farrington or by_ears)
