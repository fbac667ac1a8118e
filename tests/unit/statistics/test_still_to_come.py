"""Records still to come: a small world worked out by hand, and what is left out of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from orchestration.statistics.policy import Policy, load_policy
from orchestration.statistics.still_to_come import StillFilling, StillToCome, still_to_come

# Of December 60 came at once and 40 a month later; of January 30 came at once.
DAYS = ("2024-11-30", "2024-12-31", "2025-01-31")
CAME = (("2024-12", "2024-12-31", 60), ("2024-12", "2025-01-31", 40), ("2025-01", "2025-01-31", 30))
EASY = replace(load_policy(), to_come_least_months=1, to_come_least_records=100, to_come_widest=10)

Came = tuple[str, str, int]


def found(
    *partners: tuple[tuple[str, ...], tuple[Came, ...]], policy: Policy = EASY, is_abroad: bool = True
) -> StillToCome:
    """Each partner with the days on which it delivered, and records by month of the event and first delivery."""
    counts = [
        {"partner": f"p{number}", "record_grain": "case", "is_abroad": is_abroad, "record_count": count,
         "event_month": date.fromisoformat(f"{month}-01"), "first_delivered_on": date.fromisoformat(on)}
        for number, (_, came) in enumerate(partners)
        for month, on, count in came
    ]  # fmt: skip
    deliveries = [
        {"partner": f"p{number}", "record_grain": "case"}
        | dict.fromkeys(("delivered_on", "reported_to"), date.fromisoformat(on))
        for number, (days, _) in enumerate(partners)
        for on in days
    ]
    return still_to_come(pd.DataFrame(counts), pd.DataFrame(deliveries), policy)


def year(result: StillToCome, number: int) -> pd.Series:
    rows = result.still_to_come
    return rows[rows["period_id"] == f"year-{number}"].iloc[0]


def test_two_fifths_of_a_month_come_a_month_later() -> None:
    result = found((DAYS, CAME))
    row = year(result, 2025)
    # G(0) = 1 - 40 / 100, so 30 · .4 / .6 are to come.
    assert (row["state"], row["record_count"], row["months"]) == ("estimated", 30, 1)
    assert row["to_come"] == pytest.approx(20)
    assert row["to_come_low"] < 20 < row["to_come_high"]
    assert year(result, 2024)["to_come"] == 0
    filling = StillFilling(result.still_filling, EASY)
    december, january = 2024 * 12 + 11, 2025 * 12
    # 30 of 50, and with December 130 of 150.
    assert filling.of("case", "SAU", range(january, january + 1))
    assert filling.of("case", "SAU", range(december, january + 1))
    assert not filling.of("case", "SAU", range(december, december + 1))
    assert not filling.of("case", "KE047", range(january, january + 1)), "nothing is known of ends in Kenya"


def test_what_had_gathered_before_a_partner_first_delivered_says_nothing_of_delays() -> None:
    gathered = tuple((f"{of}-06", DAYS[0], 500) for of in range(2015, 2025))
    row = year(found((DAYS, (*gathered, ("2024-10", DAYS[2], 90), *CAME))), 2025)
    assert (row["months"], row["to_come"]) == (1, pytest.approx(20))


def test_a_month_of_which_nothing_can_have_come_says_nothing() -> None:
    """60 of 100 come a month later, 40 two: 60 of January make 40 more and February's 100. The second partner has
    reported January alone, of which nothing can be known yet.
    """
    ends = ("2024-09-30", "2024-10-31", "2024-11-30", "2024-12-31", "2025-01-31", "2025-02-28")
    came = tuple(
        (ends[at][:7], ends[at + later], count)
        for later, count in ((1, 60), (2, 40))
        for at in range(len(ends) - later)
    )
    behind = ends[:-1], tuple(one for one in came if one[1] < "2025-02")
    row = year(found((ends, came), behind), 2025)
    assert (row["state"], row["record_count"]) == ("estimated", 60)
    assert row["to_come"] == pytest.approx(140)


def test_a_silent_partner_is_left_out() -> None:
    monthly = ("2024-04-30", "2024-05-31", "2024-06-30")
    silent = (monthly, (("2024-05", "2024-05-31", 70), ("2024-06", "2024-06-30", 70)))
    result = found((DAYS, CAME), silent)
    assert year(result, 2024)["record_count"] == 100
    assert year(result, 2025)["to_come"] == pytest.approx(20)


@pytest.mark.parametrize(
    ("policy", "days", "reason"),
    [
        (replace(EASY, to_come_least_months=2), DAYS, "short_history"),
        (replace(EASY, to_come_least_records=131), DAYS, "few_records"),
        (replace(EASY, to_come_widest=0.1), DAYS, "wide"),
        (EASY, DAYS[2:], "delivered_once"),
    ],
)
def test_too_young_to_say(policy: Policy, days: tuple[str, ...], reason: str) -> None:
    came = tuple((month, max(on, days[0]), count) for month, on, count in CAME)
    result = found((days, came), policy=policy)
    row = year(result, 2025)
    assert (row["state"], row["reason"]) == ("too_young", reason)
    assert row[["to_come", "to_come_low", "to_come_high"]].isna().all()
    filling = StillFilling(result.still_filling, policy).of("case", "SAU", range(2025 * 12, 2025 * 12 + 1))
    assert filling is (reason != "delivered_once"), "of one delivery nothing is known, and nothing withheld"


def test_the_estimate_of_a_year_ago_stands_beside_what_came() -> None:
    then = tuple((day, f"{int(on[:4]) - 1}{on[4:]}", count) for day, on, count in CAME)
    then = tuple((f"{int(month[:4]) - 1}{month[4:]}", on, count) for month, on, count in then)
    days = tuple(f"{int(day[:4]) - 1}{day[4:]}" for day in DAYS)
    row = year(found(((*days, DAYS[2]), (*then, ("2024-01", DAYS[2], 18), ("2024-06", DAYS[2], 7)))), 2024)
    assert (row["last_year_to_come"], row["came_since"]) == (pytest.approx(20), 18)
