"""Hotspots: cases worked out by hand, and limits of a partner's influence."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import optimize, stats

from orchestration.core import NjiaError, Results, Settings
from orchestration.statistics import count_model
from orchestration.statistics import hotspots as fits
from orchestration.statistics.catchments import Catchment, Counts, catchment, no_catchment
from orchestration.statistics.comparable import WITHOUT_NUMBERS, Floats, comparable, labels
from orchestration.statistics.comparisons import month_number
from orchestration.statistics.count_model import fitted
from orchestration.statistics.hotspots import Activity, activity, hotspots, of_window
from orchestration.statistics.measure import as_table, measure
from orchestration.statistics.policy import POLICY_SEED, load_policy
from orchestration.statistics.tables import AGGREGATES, SCHEMAS
from orchestration.statistics.windows import with_distance

POLICY = load_policy()


@pytest.mark.parametrize(
    ("records", "months", "partners", "places"),
    [
        # p and q share the first two counties; r alone watches the third.
        ([[5, 5, 0], [5, 5, 0], [0, 0, 50]], [[1, 1, 0], [1, 1, 0], [0, 0, 1]], [1, 1, 0], [1, 1, 0]),
        # p watches the first two counties, q the last two; in the middle one neither has seen anything.
        ([[30, 0, 0], [0, 0, 5]], [[12, 12, 0], [0, 12, 12]], [1, 0], [1, 1, 0]),
        # a watches all three and reports only the first; b watches and reports the other two. The first could be twice
        # or a thousand times as active: both explain the zeros and the counts. One record elsewhere ties them.
        ([[40, 0, 0], [0, 30, 20]], [[12, 12, 12], [0, 12, 12]], [0, 1], [0, 1, 1]),
        ([[40, 2, 0], [0, 30, 20]], [[12, 12, 12], [0, 12, 12]], [1, 1], [1, 1, 1]),
    ],
    ids=["no common partner", "a county without records links no partners", "seen by one partner only", "tied"],
)  # fmt: skip
def test_what_partners_have_in_common_is_compared(
    records: list[list[int]], months: list[list[int]], partners: list[int], places: list[int]
) -> None:
    found = comparable(np.array(records, dtype=float), np.array(months, dtype=float))
    assert [one.astype(int).tolist() for one in found] == [partners, places]


def test_a_fit_that_overshoots_settles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place is reported by one of eight partners. Whole steps alternate between two answers here."""
    dice = np.random.default_rng(2)
    records, months = np.zeros((8, 24)), np.where(dice.random((8, 24)) < 0.8, 12.0, 0)
    for place in range(24):
        partner = dice.integers(8)
        months[partner, place], records[partner, place] = 12, dice.poisson(np.exp(dice.normal(1, 1.6)))
    told = records.sum(axis=1) > 0
    found = []
    for rounds in (150, 151):
        monkeypatch.setattr(count_model, "MOST_ROUNDS", rounds)
        found.append(count_model.fitted(records[told], months[told]).place)
    assert np.abs(found[0] - found[1]).max() < 0.01


def test_an_empty_world_gives_empty_tables(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", tmp_path, tmp_path)
    empty = {
        name: pa.table(dict.fromkeys(columns, pa.array([], pa.string())))
        for name, columns in AGGREGATES.items()
    }
    assert measure(settings, empty) == dict.fromkeys(SCHEMAS, 0)
    for name, schema in SCHEMAS.items():
        assert pq.read_schema(settings.statistics / f"{name}.parquet").equals(schema)


def counts_of(records: object, months: object, away: Floats | None = None) -> Counts:
    """Without distances, unless they are given."""
    y, e = np.array(records, dtype=float), np.array(months, dtype=float)
    at = np.column_stack([np.arange(y.shape[1]), np.zeros(y.shape[1])]).astype(float)
    return Counts(y, e, np.zeros(y.shape) if away is None else away, at, np.arange(len(y)))


def ratios(counts: Counts, where: Catchment | None = None) -> Activity:
    return activity(counts.compared[0], where or no_catchment(len(counts.records)))


def test_a_big_partner_makes_no_place_more_active() -> None:
    """p reports eight times what q reports, in the one county p watches: there both see the same activity."""
    known = ratios(counts_of([[80, 0, 0], [10, 10, 10]], [[12, 0, 0], [12, 12, 12]]))
    assert known.ratio == pytest.approx([1, 1, 1], abs=1e-3)


def test_the_ratios_are_those_of_the_counts_where_there_are_many() -> None:
    """Six partners watch half of twelve places each and see them as active as they are."""
    true = np.repeat([0.5, 1.0, 1.5, 1.0], 3)
    months = 12 * ((np.arange(6)[:, None] + np.arange(12)) % 2)
    months[:, 0] = 12
    known = ratios(counts_of(np.outer(2.0 ** np.arange(6), 500 * true) * (months > 0), months))
    weight = known.expected / known.expected.sum()
    assert known.ratio == pytest.approx(true / (true @ weight), rel=1e-2)
    assert (known.log_error < 0.05).all()


def test_a_partner_that_doubles_its_reporting_changes_no_ratio() -> None:
    records = np.outer([1, 3, 2], [200, 400, 1000, 300])
    doubled = records * np.array([[1], [2], [1]])
    months = np.full(records.shape, 12)
    before, after = (ratios(counts_of(one, months)).ratio for one in (records, doubled))
    assert after == pytest.approx(before, rel=1e-2)


def test_a_place_watched_in_vain_is_less_active_than_one_that_is_not_watched() -> None:
    """Two partners of six report nothing from the first place: that counts."""
    records = np.full((6, 8), 20)
    records[:2, 0] = 0
    months, unwatched = np.full(records.shape, 12), np.full(records.shape, 12)
    unwatched[:2, 0] = 0
    assert ratios(counts_of(records, months)).ratio[0] < 0.9 * ratios(counts_of(records, unwatched)).ratio[0]


def test_the_fit_is_the_peak_of_its_likelihood_and_prior() -> None:
    """Found by another program: the slopes of all logarithms vanish there."""
    records = np.array([[12.0, 3, 0, 7], [2, 9, 4, 1], [0, 5, 30, 6]])
    effort = np.array([[12.0, 12, 6, 12], [12, 12, 12, 12], [3, 12, 12, 12]])
    fit = fitted(records, effort)

    def depth(x: Floats) -> float:
        mean = effort * np.exp(x[:3, None] + x[3:])
        size = 1 / fit.waves
        likely = stats.nbinom.logpmf(records, size, size / (size + mean)).sum()
        return float((fit.pull * x[3:] ** 2).sum() / 2 - likely)

    found = optimize.minimize(depth, np.append(fit.level, fit.place) + 0.1, method="BFGS")
    assert np.append(fit.level, fit.place) == pytest.approx(found.x, abs=2e-3)


def test_few_records_make_a_ratio_unsure() -> None:
    many, few = (
        ratios(counts_of(np.array([[40, 20, 20], [20, 10, 10]]) * size, np.full((2, 3), 12)))
        for size in (10, 1)
    )
    assert (few.log_error > 1.5 * many.log_error).all()


def test_counts_in_waves_make_ratios_unsure() -> None:
    """As many records in all, but each partner has its own good place."""
    even, scattered = (
        ratios(counts_of(records, np.full((4, 4), 12)))
        for records in (np.full((4, 4), 40), np.full((4, 4), 20) + np.eye(4) * 80)
    )
    assert even.dispersion == pytest.approx(1, abs=0.05) and scattered.dispersion > 5
    assert (scattered.log_error > 1.5 * even.log_error).all()


def test_without_its_largest_partner_a_place_has_the_ratio_of_the_others() -> None:
    """All report the first place twice as often as others; the first partner five times."""
    records = np.full((6, 8), 50)
    records[:, 0] = [250, 100, 100, 100, 100, 100]
    known = ratios(counts_of(records, np.full(records.shape, 12)))
    assert known.without_largest[0] < 0.95 * known.ratio[0]
    assert known.without_largest[1:] == pytest.approx(known.ratio[1:], rel=0.05)


def test_records_outside_declared_coverage_are_not_compared() -> None:
    compared, places = counts_of([[20, 10, 99]], [[12, 12, 0]]).compared
    assert places.tolist() == [0, 1] and compared.records.tolist() == [[20, 10]]
    watched, places = counts_of([[20, 10, 99], [0, 5, 5]], [[12, 12, 0], [0, 12, 12]]).compared
    assert watched.records.sum() == 40 and places.tolist() == [0, 1, 2]


# Nine places in a row, and partners, most in the west, that see less the farther a place lies: e^-.4d.
AWAY = np.abs(np.array([[0.0], [8], [2]]) - np.arange(9))
FALLING = np.round(np.array([[4000], [400], [4000]]) * np.exp(-0.4 * AWAY))


def test_the_catchment_is_found_and_leaves_equal_places_equal() -> None:
    counts = counts_of(FALLING, np.full(FALLING.shape, 12), AWAY)
    where = catchment([counts], 3)
    assert where.slope == pytest.approx(0.4, abs=0.03) and not len(where.latent)
    assert ratios(counts, where).ratio == pytest.approx(np.ones(9), abs=0.1)
    assert ratios(counts).ratio[0] > 1.1  # as it looks to who knows of no catchment


def test_an_office_that_nobody_declares_is_estimated() -> None:
    declared = np.where(np.arange(3)[:, None] == 1, np.nan, AWAY)
    where = catchment([counts_of(FALLING, np.full(FALLING.shape, 12), declared)], 3)
    assert where.latent.tolist() == [1]
    assert where.office[1, 0] == pytest.approx(8, abs=1) and where.slope == pytest.approx(0.4, abs=0.1)


def test_a_place_that_only_estimated_offices_lift_above_the_mean_is_no_hotspot() -> None:
    """Six partners whose offices are estimated at the first place report less from the last."""
    records = np.full((6, 9), 50)
    records[:, -1] = 40
    counts = counts_of(records, np.full(records.shape, 12), np.full(records.shape, np.nan))
    where = Catchment(0.3, np.zeros((6, 2)), np.eye(13) * 1e-6)
    found = of_window([*map(str, range(9))], counts, where, POLICY)
    assert found["activity_ratio"][-1] > found["activity_ratio"][-2] > 3
    assert found["label"].tolist()[-2:] == ["hotspot", "elevated"]


def test_no_catchment_stands_where_none_explains_the_counts() -> None:
    chance = np.random.default_rng(3)
    records = np.asarray(chance.poisson(20, FALLING.shape))
    for away in (AWAY, np.full(AWAY.shape, np.nan)):
        assert catchment([counts_of(records, np.full(records.shape, 12), away)], 3).slope == 0


@pytest.mark.parametrize("away", [0.0, 70.0, np.nan])
def test_distances_that_do_not_differ_tell_of_no_catchment(away: float) -> None:
    """One place, an office on the spot, far abroad or unknown; and places that all lie as far away."""
    for size in (1, 3):
        records = np.full((2, size), 20)
        one = counts_of(records, np.full(records.shape, 12), np.full(records.shape, away))
        assert catchment([one], 2).slope == 0


def test_small_worlds_give_numbers_or_a_reason() -> None:
    """A few partners and places at random, much unwatched, offices known and unknown."""
    for seed in range(20):
        chance = np.random.default_rng(seed)
        partners, places = chance.integers(1, 6), chance.integers(1, 9)
        months = chance.integers(0, 13, (partners, places)) * (chance.random((partners, places)) < 0.7)
        records = chance.poisson(chance.choice([1, 20, 500]) * chance.gamma(0.5, 2, months.shape))
        away = np.where(chance.random((partners, 1)) < 0.5, np.nan, chance.uniform(0, 8, months.shape))
        counts = counts_of(records, months, away)
        found = of_window([*map(str, range(places))], counts, catchment([counts], int(partners)), POLICY)
        measured = ~np.isin(found["label"], WITHOUT_NUMBERS)
        low, ratio, high = (found[name][measured] for name in ("ratio_low", "activity_ratio", "ratio_high"))
        assert np.all((low > 0) & (low < ratio) & (ratio < high) & np.isfinite(high)), seed


def effort_of(*rows: tuple[str, str, str | None, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["source", "place_id", "office_place_id", "effort_months"])
    return frame.assign(record_grain="case")


def test_distance_is_from_the_declared_office_of_the_partner() -> None:
    """Mombasa is Mombasa's; what p leaves open is watched from there too. A hotline hears all of Kenya alike."""
    effort = effort_of(
        ("p", "KE001", "KE001", 12), ("p", "KE047", None, 10), ("p", "KE047", "KE047", 2),
        ("hotline", "KE047", "KEN", 12), ("q", "KE047", None, 12),
    )  # fmt: skip
    away = (with_distance(effort)["month_distance"] / effort["effort_months"]).tolist()
    assert away[0] == away[2] == away[3] == 0
    assert away[1] == pytest.approx(4.4, abs=0.2)  # hundreds of kilometres from Mombasa to Nairobi
    assert np.isnan(away[4])


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((9, 2, 50.0, 1.0, 1.0, 0.0, 2.0), "insufficient"), ((50, 2, 2.9, 1.0, 1.0, 0.0, 2.0), "insufficient"),
        ((9, 1, np.nan, np.nan, np.nan, np.nan, np.nan), "insufficient"),
        ((50, 1, 20.0, 1.0, 1.0, 0.0, 2.0), "single_source"),
        ((50, 1, np.nan, np.nan, np.nan, np.nan, np.nan), "single_source"),
        ((50, 2, np.nan, np.nan, np.nan, np.nan, np.nan), "not_comparable"),
        ((50, 2, 20.0, 0.96, 1.0, 0.0, 1.4), "hotspot"), ((50, 2, 20.0, 0.96, 0.98, 0.0, 1.1), "elevated"),
        ((50, 2, 20.0, 0.94, 0.96, 0.0, 0.9), "not_distinguished"),
        ((50, 2, 40.0, 0.95, 0.98, 0.0, 1.1), "elevated"), ((50, 2, 90.0, 0.0, 0.0, 0.96, 0.2), "lower"),
        ((50, 2, 50.0, 0.3, 0.5, 0.1, 0.7), "not_distinguished"),
    ],
)  # fmt: skip
def test_the_first_matching_label_applies(numbers: tuple[float, ...], expected: str) -> None:
    assert labels(*(np.array([number]) for number in numbers), POLICY).tolist() == [expected]  # type: ignore[arg-type, call-arg]


def cells(rows: list[tuple[str, str, int]], value: str, **window: str | None) -> pd.DataFrame:
    """Rows of partner, place and number, in one window."""
    given = [dict(zip(("source", "place_id", value), row, strict=True)) for row in rows]
    return pd.DataFrame(given).assign(
        place_level="county", place_role="origin", record_grain="case", **window
    )


PERIODS = pd.DataFrame(
    {
        "period_id": ["2023", "2026"], "period_kind": ["year", "year"], "label": ["2023", "2026"],
        "period_from": [pd.Timestamp("2023-01-01"), pd.Timestamp("2026-01-01")],
        "period_to": [pd.Timestamp("2023-12-31"), pd.Timestamp("2026-12-31")], "is_complete": [True, False],
    }
)  # fmt: skip
REPORTED = [("p", "KE040", 20), ("p", "KE047", 10), ("q", "KE047", 40), ("q", "KE001", 20)]


def measured(
    period: str, file: Path, order: slice = slice(None), routes: int | None = None, code: str = ""
) -> pd.DataFrame:
    """Cases, and route reports of which one partner has `routes`; results stand in a file."""
    first = month_number(date(int(period), 1, 1))
    reported = {"case": REPORTED} | ({"route_report": [*REPORTED, ("r", "KE047", routes)]} if routes else {})
    counts, effort = (
        pd.concat(
            [cells(rows, value, **window).assign(record_grain=grain) for grain, rows in reported.items()]
        )
        for value, window in (
            ("witness_count", {"population": "all", "round": None}),
            ("effort_months", {"period_id": period, "office_place_id": None}),
        )
    )
    counts = counts.assign(month_from=first, month_to=first + 11, numbered_count=0)
    nothing = pd.DataFrame({"source": [], "record_grain": [], "month_start": []})
    results = Results(file, code)
    found = hotspots(counts[order], effort.assign(effort_months=12)[order], PERIODS, nothing, POLICY, results)
    results.write()
    return found


def test_complete_periods_are_measured_whatever_the_order_of_rows_and_rounded(tmp_path: Path) -> None:
    """Published hotspots coarsen the largest share."""
    assert len(measured("2026", tmp_path / "2026")) == 0
    assert set(measured("2023", tmp_path / "2023")["population"]) == {"all", "children"}
    table = as_table("hotspots", measured("2023", tmp_path / "2023"))
    assert table.equals(as_table("hotspots", measured("2023", tmp_path / "other", slice(None, None, -1))))
    rows = [row for row in table.to_pylist() if row["place_id"] == "KE047" and row["population"] == "all"]
    found = [(row["activity_ratio"], row["largest_partner_share"], row["trend_category"]) for row in rows]
    assert found == [(1.057, 0.8, None)]


def test_only_counts_that_changed_are_fitted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted_again: list[float] = []

    def of_window_noted(ids: list[str], counts: Counts, *given: Any) -> dict[str, Any]:
        fitted_again.append(counts.records.sum())
        return of_window(ids, counts, *given)

    monkeypatch.setattr(fits, "of_window", of_window_noted)
    file, alone = tmp_path / "fits", tmp_path / "alone"

    def again(routes: int, code: str = "") -> list[float]:
        """The records of each window that is fitted; results are those of a measurement without a file."""
        alone.unlink(missing_ok=True)
        expected = measured("2023", alone, routes=routes)
        fitted_again.clear()
        pd.testing.assert_frame_equal(
            measured("2023", file, routes=routes, code=code), expected, check_exact=True
        )
        return sorted(fitted_again)

    assert again(30) == [0, 0, 90, 120]  # of all and of children, by grain
    assert again(30) == []
    assert again(50) == [140], "the cases are as they were"
    assert again(50, code="changed") == [0, 0, 90, 140]
    file.write_bytes(file.read_bytes().replace(b"KE047", b"KE001", 1))
    assert len(again(50, code="changed")) == 1, "a damaged line is fitted again"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("hotspot_ratio,about 1.5,x,y", "row hotspot_ratio: the value is not a number"),
        ("hotspot_ration,1.5,x,y", "hotspot_ratio, hotspot_ration"),
    ],
)
def test_a_policy_that_cannot_be_read_names_its_row(tmp_path: Path, line: str, words: str) -> None:
    text, changed = re.subn(
        "^hotspot_ratio,.*", line, POLICY_SEED.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert changed == 1
    seed = tmp_path / "statistics_policy.csv"
    seed.write_text(text, encoding="utf-8")
    with pytest.raises(NjiaError, match=words):
        load_policy(seed)
