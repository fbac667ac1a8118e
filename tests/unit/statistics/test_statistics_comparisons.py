"""Which windows are compared, what lies inside them, and a small world worked out by hand."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from orchestration.statistics.comparisons import (
    MONTHS,
    ROUNDS,
    Reports,
    Window,
    comparisons,
    side_by_side,
    with_month_numbers,
)  # fmt: skip
from orchestration.statistics.measure import as_table
from orchestration.statistics.shifts import corridor_shifts
from orchestration.statistics.still_to_come import StillFilling
from orchestration.statistics.tables import SCHEMAS
from tests.simulated_corridors import POLICY

COUNT_COLUMNS = ["source", "record_grain", "month_from", "month_to", "round", "record_count"]


def month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def calendar(*, first: str = "2022-01", complete_to: str, last: str = "2025-11") -> pd.DataFrame:
    months = [one.date() for one in pd.date_range(month(first), month(last), freq="MS")]
    return pd.DataFrame({"month_start": months, "is_complete": [one <= month(complete_to) for one in months]})


def periods(*rounds: tuple[str, str, str, bool]) -> pd.DataFrame:
    rows = [
        (f"round-{label}", "round", label, date.fromisoformat(start), date.fromisoformat(end), complete)
        for label, start, end, complete in rounds
    ]
    rows.append(("2024", "year", "2024", date(2024, 1, 1), date(2024, 12, 31), True))
    names = ["period_id", "period_kind", "label", "period_from", "period_to", "is_complete"]
    return pd.DataFrame(rows, columns=names)


def test_the_newest_complete_months_are_compared_with_as_many_before() -> None:
    (found,) = comparisons(calendar(complete_to="2025-07"), periods(), set(), POLICY)
    assert (found.kind, found.baseline.name, found.current.name) == (MONTHS, "2024-07-12m", "2025-07-12m")
    assert (found.baseline.first_day, found.baseline.last_day) == (date(2023, 8, 1), date(2024, 7, 31))
    assert (found.current.first_day, found.current.last_day) == (date(2024, 8, 1), date(2025, 7, 31))
    assert len(found.baseline.months) == len(found.current.months) == 12
    assert comparisons(calendar(complete_to="2021-12"), periods(), set(), POLICY) == [], (
        "no month is complete"
    )


def test_each_complete_round_is_compared_with_the_one_before_it() -> None:
    in_any_order = periods(
        ("spring", "2021-03-01", "2021-05-31", True), ("2019", "2019-08-01", "2019-08-31", True),
        ("2020", "2020-06-01", "2020-06-30", True), ("late", "2025-10-01", "2025-11-30", False),
        ("cases only", "2020-09-01", "2020-09-30", True),
    )  # fmt: skip
    told_in = {"2019", "2020", "spring", "late"}
    found = comparisons(calendar(complete_to="2025-07"), in_any_order, told_in, POLICY)
    pairs = [(one.baseline.name, one.current.name, one.earlier_rounds) for one in found if one.kind == ROUNDS]
    assert pairs == [("round-2019", "round-2020", ()), ("round-2020", "round-spring", ("2019",))]


def test_newest_complete_years_and_rolling_twelve_months_are_compared() -> None:
    """Editions print persons of years, so these stand under their names; the newest twelve months stay words."""
    rows = [(str(at), "year", date(at, 1, 1), date(at, 12, 31), at < 2026) for at in range(2021, 2027)]
    for at in (2024, 2025, 2026):
        ends = (("Q2", date(at - 1, 7, 1), date(at, 6, 30)), ("Q4", date(at, 1, 1), date(at, 12, 31)))
        rows += [(f"{at}-{quarter}-12m", "rolling_12_months", *days, at < 2026) for quarter, *days in ends]
    names = ["period_id", "period_kind", "period_from", "period_to", "is_complete"]
    known = pd.DataFrame(rows, columns=names).assign(label="")

    def pairs(frame: pd.DataFrame) -> list[tuple[str, str, str]]:
        found = comparisons(calendar(complete_to="2021-12"), frame, set(), POLICY)
        return [(one.kind, one.baseline.name, one.current.name) for one in found]

    of_years = [("years", "2024", "2025"), ("years", "2023", "2024")]
    assert pairs(known) == of_years
    half_a_year_later = known.assign(is_complete=known["is_complete"] | (known["period_id"] == "2026-Q2-12m"))
    assert pairs(half_a_year_later) == [("quarters", "2025-Q2-12m", "2026-Q2-12m"), *of_years]


def counts(*rows: tuple[str, str, str, int], round: str | None = None, **more: Any) -> pd.DataFrame:
    """partner, first month, last month, records."""
    given = [
        (partner, "case", month(start) if start else None, month(end) if end else None, round, records)
        for partner, start, end, records in rows
    ]
    frame = pd.DataFrame(given, columns=COUNT_COLUMNS)
    return frame.assign(campaign_count=0, **more)


def reports_of(counts: pd.DataFrame, totals: pd.DataFrame, *others: pd.DataFrame) -> Reports:
    """Each record is a witness, without an incident number."""
    counts, totals = (
        one.assign(witness_count=one["record_count"], numbered_count=0) for one in (counts, totals)
    )
    return Reports.of(counts, totals, *others)


def test_a_record_enters_a_window_only_if_all_its_days_lie_inside() -> None:
    window = Window("w", date(2024, 8, 1), date(2025, 7, 31))
    reported = counts(
        ("p", "2024-08", "2024-08", 1),
        ("p", "2025-07", "2025-07", 1),
        ("p", "2024-07", "2024-09", 1),  # a quarter that begins before
        ("p", "2024-10", "2024-12", 1),
        ("p", "2025-07", "2025-09", 1),  # and one that ends after
        ("p", "2025-08", "2025-08", 1),
        ("p", "", "", 1),
    )
    assert [*map(int, window.holds(with_month_numbers(reported)))] == [1, 1, 0, 1, 0, 0, 0]


def test_round_holds_its_records_regardless_of_dates() -> None:
    window = Window("round-2020", date(2020, 6, 1), date(2020, 6, 30), "2020")
    reported = pd.concat([counts(("p", "", "", 1), round="2020"), counts(("p", "2020-06", "2020-06", 1))])
    assert window.holds(with_month_numbers(reported)).tolist() == [True, False]


def test_dispersion_uses_records_of_one_month_and_silent_months_stay_active() -> None:
    (comparison,) = comparisons(calendar(complete_to="2025-07"), periods(), set(), POLICY)
    counted = counts(("p", "2024-08", "2024-08", 1), ("p", "2024-10", "2024-12", 2), corridor_id="KE040>ARE")
    totals = counts(
        ("p", "2024-08", "2024-08", 5), ("p", "2023-09", "2023-09", 4), ("q", "2024-08", "2024-08", 1)
    )
    watched = pd.DataFrame({"source": ["p", "x"], "month_start": [month("2025-01"), month("2025-01")]})
    side = side_by_side(comparison, reports_of(counted, totals, watched, declared()), item="corridor_id")
    assert (side.partners, side.items) == (["p", "q"], ["KE040>ARE"])
    assert side.windows.current.tolist() == [[3], [0]] and side.windows.baseline.tolist() == [[0], [0]]
    assert side.windows.current_totals.tolist() == [5, 1] and side.windows.baseline_totals.tolist() == [4, 0]
    assert side.monthly.counts.tolist() == [[*[0] * 12, 1, *[0] * 11]]
    assert side.is_active[0].nonzero()[0].tolist() == [1, 12, 17]  # September 2023, August 2024, January 2025
    assert side.dispersion(POLICY) >= [1]


def test_dispersion_without_months_comes_from_the_policy() -> None:
    rounds = periods(("2019", "2019-08-01", "2019-08-31", True), ("2020", "2020-06-01", "2020-06-30", True))
    pair = comparisons(calendar(complete_to="2025-07"), rounds, {"2019", "2020"}, POLICY)[1]
    counted = pd.concat(counts(("p", "", "", 9), round=one, corridor_id="A>B") for one in ("2019", "2020"))
    nothing = pd.DataFrame({"source": [], "month_start": []})
    side = side_by_side(pair, reports_of(counted, counted, nothing, declared()), item="corridor_id")
    assert side.dispersion(POLICY) == [POLICY.shift_unknown_dispersion]


def corridor(
    partner: str, corridor_id: str, window: str, records: int, level: str = "od", **keys: Any
) -> pd.DataFrame:
    """So many records, spread evenly over the months of 2023-08 to 2024-07 (`then`) or of the year after (`now`)."""
    first = month("2023-08" if window == "then" else "2024-08")
    months = [one.date() for one in pd.date_range(first, periods=12, freq="MS")]
    ends = corridor_id.split(">")
    frame = pd.DataFrame(
        {
            "source": partner, "record_grain": "case", "corridor_level": level, "corridor_id": corridor_id,
            "start_place_id": ends[0], "via_place_id": ends[1] if len(ends) == 3 else None,
            "end_place_id": ends[-1], "month_from": months, "month_to": months, "round": None,
            "record_count": [records // 12 + (at < records % 12) for at in range(12)], "campaign_count": 0,
        }
    )  # fmt: skip
    return frame[frame["record_count"] > 0].assign(**keys)


def totals_of(od: pd.DataFrame, unknown_way: int = 0) -> pd.DataFrame:
    """Every record once; those of corridors with an unknown end are counted as such, and so many more each month of a
    partner tell no way."""
    is_unknown = od["start_place_id"].eq("unknown") | od["end_place_id"].eq("unknown")
    frame = od.assign(unknown_end_count=od["record_count"].where(is_unknown, 0))
    keys = ["source", "record_grain", "month_from", "month_to", "round"]
    totals = frame.groupby(keys, dropna=False)[["record_count", "unknown_end_count"]].sum().reset_index()
    return totals.assign(unknown_way_count=totals["unknown_end_count"] + unknown_way)


def declared(*changes: tuple[str, str, str | None, str, str]) -> pd.DataFrame:
    """partner, kind, place, first month, last month."""
    rows = [(source, "case", kind, place, *map(month, months)) for source, kind, place, *months in changes]
    names = ["source", "record_grain", "kind", "place_id", "month_from", "month_to"]
    return pd.DataFrame(rows, columns=names)


def shifts_of(
    counts: pd.DataFrame,
    totals: pd.DataFrame,
    changes: pd.DataFrame | None = None,
    yearly: float | None = None,
) -> pd.DataFrame:
    active = pd.DataFrame({"source": [], "record_grain": [], "month_start": []})
    months = calendar(complete_to="2025-07")
    changes = declared() if changes is None else changes
    given = (reports_of(counts, totals, active, changes), months, periods(), POLICY)
    return corridor_shifts(*given, yearly=yearly)


@pytest.fixture(scope="module")
def shifts() -> pd.DataFrame:
    """Two partners in both windows, `new` only in the second. 600 records each a window.

    Busia > Dubai falls from 60 + 60 to nothing, Busia > Milan rises from nothing to 60 + 60; the rest is Nairobi >
    Dubai. At level odv the way of Nairobi > Dubai moves from one crossing to another. `new` alone tells of Garissa.
    """
    reported = []
    for partner in ("p", "q"):
        reported += [
            corridor(partner, "KE040>ARE", "then", 60), corridor(partner, "KE040>ITA", "now", 60),
            corridor(partner, "KE047>ARE", "then", 510), corridor(partner, "KE047>ARE", "now", 510),
            corridor(partner, "unknown>ARE", "then", 30), corridor(partner, "unknown>ARE", "now", 30),
            corridor(partner, "KE047>bp-ken-malaba>ARE", "then", 120, "odv"),
            corridor(partner, "KE047>bp-ken-busia>ARE", "now", 120, "odv"),
        ]  # fmt: skip
    reported.append(corridor("new", "KE007>ARE", "now", 90))
    every = pd.concat(reported, ignore_index=True)
    od = every[every["corridor_level"] == "od"]
    return shifts_of(every, totals_of(od, unknown_way=2))


def test_world_worked_out_by_hand_has_its_statuses(shifts: pd.DataFrame) -> None:
    statuses = shifts.set_index("corridor_id")[["level", "status", "evidence", "displaced_from"]].astype(
        object
    )
    statuses = statuses.where(statuses.notna(), None)
    assert {str(row[0]): row[1:] for row in statuses.itertuples()} == {
        "KE040>ARE": ("od", "abandoned", "panel", None), "KE040>ITA": ("od", "emerging", "panel", "KE040>ARE"),
        "KE047>ARE": ("od", "stable", None, None), "KE007>ARE": ("od", "new_source", None, None),
        "KE047>bp-ken-malaba>ARE": ("odv", "abandoned", "panel", None),
        "KE047>bp-ken-busia>ARE": ("odv", "emerging", "panel", "KE047>bp-ken-malaba>ARE"),
    }  # fmt: skip


def test_unknown_ends_count_in_shares_and_make_no_corridor(shifts: pd.DataFrame) -> None:
    row = shifts.set_index("corridor_id").loc["KE047>ARE"]
    shares = row[["share_baseline", "share_current", "comparable_share_baseline"]].tolist()
    assert shares == pytest.approx([1020 / 1200, 1020 / 1290, 1020 / 1200])
    assert row["unknown_end_share_baseline"] == row["unknown_end_share_current"] == pytest.approx(60 / 1200)
    assert row["share_odds_ratio"] == pytest.approx(1.0)


def test_share_of_a_via_corridor_is_of_all_records(shifts: pd.DataFrame) -> None:
    row = shifts.set_index("corridor_id").loc["KE047>bp-ken-malaba>ARE"]
    assert row["comparable_share_baseline"] == pytest.approx(240 / 1200)
    # 60 records with an unknown end, and 2 without a way in each of 12 months of two partners.
    assert row["unknown_end_share_baseline"] == pytest.approx((60 + 48) / 1200)


def test_both_windows_stand_beside_each_shift(shifts: pd.DataFrame) -> None:
    named = shifts[["comparison", "baseline_window", "current_window"]].drop_duplicates()
    assert named.to_numpy().tolist() == [["months", "2024-07-12m", "2025-07-12m"]]
    row = shifts.iloc[0]
    assert row["baseline_to"] + timedelta(days=1) == row["current_from"]
    none = corridor("p", "A>B", "now", 0)
    assert shifts_of(none, totals_of(none)).empty, "an empty world"


@pytest.fixture(scope="module")
def moved_world() -> pd.DataFrame:
    """Partner p works in Busia (KE039) the first year and in Kisumu (KE042) the second; q in both, all the time."""
    return pd.concat(
        [
            corridor("p", "KE039>ARE", "then", 120), corridor("p", "KE042>ARE", "now", 120),
            *(
                corridor(partner, way, window, 120)
                for partner, ways in (("p", ("KE047>ARE", "KE001>ARE")), ("q", ("KE039>ARE", "KE042>ARE", "KE047>ARE")))
                for way in ways
                for window in ("then", "now")
            ),
        ],
        ignore_index=True,
    )  # fmt: skip


@pytest.mark.parametrize("change", ["declared", "found"])
def test_partner_that_moved_is_left_out_at_both_places(moved_world: pd.DataFrame, change: str) -> None:
    changes = [("p", "coverage", place, "2024-08", "2024-08") for place in ("KE039", "KE042")]
    found = shifts_of(moved_world, totals_of(moved_world), declared(*changes if change == "declared" else []))
    rows = found.set_index("corridor_id")
    for place in ("KE039>ARE", "KE042>ARE"):
        assert rows.loc[place, "status"] == "stable" and rows.loc[place, "moved_record_count"] == 120
        counted = rows.loc[place, ["witness_count_baseline", "witness_count_current"]]
        assert counted.tolist() == [120, 120]
    assert rows.loc["KE039>ARE", ["record_count_baseline", "record_count_current"]].tolist() == [240, 120]
    assert rows.loc["KE047>ARE", "share_odds_ratio"] == pytest.approx(1.0), "its totals leave too"


def test_change_of_coverage_before_the_windows_leaves_nobody_out(moved_world: pd.DataFrame) -> None:
    steady = moved_world[~moved_world["corridor_id"].isin(["KE039>ARE", "KE042>ARE"])]
    early = declared(("p", "coverage", "KE047", "2023-08", "2023-08"))
    found = shifts_of(steady, totals_of(steady), early)
    assert found["moved_record_count"].sum() == 0


def test_declared_move_makes_no_mover_of_another_partner() -> None:
    """p, by far the largest at Busia (KE039), leaves it; q, which reports twice as much there, stays."""
    rows = (("p", "KE039>ARE", 600, 0), ("p", "KE047>ARE", 600, 600), ("q", "KE039>ARE", 60, 120),
            ("q", "KE047>ARE", 240, 240))  # fmt: skip
    world = pd.concat(
        corridor(partner, way, window, records)
        for partner, way, *both in rows
        for window, records in zip(("then", "now"), both, strict=True)
    )
    found = shifts_of(world, totals_of(world), declared(("p", "coverage", "KE039", "2024-08", "2024-08")))
    assert found.set_index("corridor_id")["moved_record_count"].to_dict() == {
        "KE039>ARE": 600,
        "KE047>ARE": 0,
    }


def test_one_record_is_no_partner_that_moved() -> None:
    steady = [(partner, "KE047>ARE") for partner in ("p", "q")] + [("p", "KE039>ARE")]
    usual = [corridor(*who, window, 240) for who in steady for window in ("then", "now")]
    for window, records in (("then", 1), ("then", 2)):
        world = pd.concat([*usual, corridor("q", "KE039>ARE", window, records)], ignore_index=True)
        assert shifts_of(world, totals_of(world))["moved_record_count"].sum() == 0


def campaign_world(records: int = 300) -> pd.DataFrame:
    """p reports so many more records of Busia > Dubai in March 2025."""
    usual = [
        corridor(partner, way, window, 240)
        for partner in ("p", "q")
        for way in ("KE039>ARE", "KE047>ARE", "KE001>ARE")
        for window in ("then", "now")
    ]
    more = corridor("p", "KE039>ARE", "now", 12)
    more = more[more["month_from"] == month("2025-03")].assign(record_count=records)
    return pd.concat([*usual, more], ignore_index=True)


def test_campaign_without_places_leaves_the_partners_months_out() -> None:
    world = campaign_world()
    plain = shifts_of(world, totals_of(world)).set_index("corridor_id")
    # The other months of p have 20: 20 + 3 √(20 + .15 · 400) + 1 is 47.8, so 320 count as 48.
    assert plain["witness_count_current"]["KE039>ARE"] == 480 + 28
    changes = declared(("p", "campaign", None, "2025-03", "2025-03"))
    row = shifts_of(world, totals_of(world), changes).set_index("corridor_id").loc["KE039>ARE"]
    assert row["share_odds_ratio"] == pytest.approx(1.0) and row["status"] == "stable"
    assert row["campaign_record_count"] == 300 + 20 and row["record_count_current"] == 480 + 300


@pytest.mark.parametrize("records", [300, 3000])
def test_campaign_at_places_leaves_the_partner_out_of_the_corridors_it_touches(records: int) -> None:
    """So large a campaign that the partner would seem to have moved is a campaign still."""
    world = campaign_world(records)
    is_touched = (world["record_count"] == records) & (world["corridor_id"] == "KE039>ARE")
    world = world.assign(campaign_count=world["record_count"].where(is_touched, 0))
    rows = shifts_of(world, totals_of(world)).set_index("corridor_id")
    assert rows["share_odds_ratio"].tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert rows["campaign_record_count"].tolist() == [0, 480 + records, 0]
    assert rows["record_count_current"].tolist() == [480, 480 + records, 480]


def test_shares_are_taken_of_the_corridors_that_did_not_change() -> None:
    """Half of all records collapse: shares of the others double, and their odds ratio to each other stays 1."""
    others = [f"KE{at:03d}>ARE" for at in range(1, 5)]
    world = pd.concat(
        [
            corridor(partner, way, window, records)
            for partner in ("p", "q")
            for way, window, records in (
                ("KE047>ARE", "then", 600), ("KE047>ARE", "now", 60),
                *((way, window, 120) for way in others for window in ("then", "now")),
            )
        ],
        ignore_index=True,
    )  # fmt: skip
    rows = shifts_of(world, totals_of(world)).set_index("corridor_id")
    assert rows.loc[others, "share_odds_ratio"].tolist() == pytest.approx([1.0] * 4)
    assert rows.loc["KE047>ARE", "share_odds_ratio"] == pytest.approx(0.1)
    assert rows["status"].to_dict() == {**dict.fromkeys(others, "stable"), "KE047>ARE": "fading"}
    # 4 * 120 of 1080 records, and of 540.
    assert rows["reference_share"].tolist() == pytest.approx([2 * 960 / (2 * (1080 + 540))] * 5)


def test_scatter_that_alerts_measured_widens_months_of_cases_alone() -> None:
    world = pd.concat(
        corridor("p", way, window, 40) for way in ("KE001>KE047", "KE002>KE047") for window in ("then", "now")
    )
    counts = pd.concat([world, world.assign(record_grain="route_report")])
    found = shifts_of(counts, totals_of(counts), yearly=0.5).groupby("record_grain")
    assert found["yearly_scatter"].max().to_dict() == {
        "case": 0.5,
        "route_report": POLICY.shift_assumed_yearly,
    }
    assert found["is_yearly_assumed"].max().to_dict() == {"case": False, "route_report": True}


def test_figures_are_rounded_to_four_significant_digits() -> None:
    schema = SCHEMAS["corridor_shifts"]
    given: dict[str, list[Any]] = {
        "share_odds_ratio": [0.00412345, 123.456, 0.0, None], "record_count_baseline": [7, 8, 9, 10],
        "reason": ["below_minimum", None, None, None],
    }  # fmt: skip
    table = as_table("corridor_shifts", pd.DataFrame(given).reindex(columns=schema.names).astype(object))
    assert {name: table[name].to_pylist() for name in given} == given | {
        "share_odds_ratio": [0.004123, 123.5, 0.0, None]
    }
    empty = as_table("corridor_shifts", pd.DataFrame())
    assert empty.num_rows == 0 and empty.schema == schema


def test_corridors_with_records_still_to_come_are_not_judged_and_leave_the_totals() -> None:
    """Of Dubai's corridors the newest month lacks half; Nairobi's keep their share of what is whole."""
    pairs = [("p", "KE040>ARE"), ("q", "KE040>ARE"), ("p", "KE040>KE047"), ("q", "KE040>KE047"),
             ("p", "KE001>KE047"), ("q", "KE001>KE047")]  # fmt: skip
    world = pd.concat(
        corridor(partner, way, window, 120 if way.endswith("ARE") and window == "now" else 240)
        for partner, way in pairs
        for window in ("then", "now")
    )
    months = pd.DataFrame(
        {"record_grain": ["case"], "is_abroad": [True], "month_start": [month("2025-07")],
         "record_count": [20], "expected_count": [40.0], "is_filling": [True]}
    )  # fmt: skip
    reports = reports_of(
        world,
        totals_of(world),
        pd.DataFrame({"source": [], "record_grain": [], "month_start": []}),
        declared(),
    )
    given = (reports, calendar(complete_to="2025-07"), periods(), POLICY)
    found = corridor_shifts(*given, StillFilling(months, POLICY)).set_index("corridor_id")
    assert (found["reason"]["KE040>ARE"], found["status"]["KE040>ARE"]) == ("still_filling", "too_few")
    assert found["share_odds_ratio"][["KE001>KE047", "KE040>KE047"]].tolist() == pytest.approx([1.0, 1.0])
    assert corridor_shifts(*given).set_index("corridor_id")["reason"]["KE040>ARE"] != "still_filling"
