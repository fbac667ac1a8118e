"""Forms of dates beyond the catalogue's (test_dirty_values_dates), and dates read with their context."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contracts import Cell, day_of, looks_like_a_day, month_of_sheet
from orchestration.typing.dates import ReadDate, read_date, read_moment

RECEIVED = date(2020, 10, 15)


def read(value: str | None, kind: str = "text", shown: str | None = None, **how: object) -> ReadDate:
    return read_date(value, kind, shown, **({"order": "dmy", "received_on": RECEIVED} | how))  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "kind", "expected", "precision"), [
    ("March 4, 2020", "text", "2020-03-04", "day"),
    ("2020-03-04T00:00:00", "datetime", "2020-03-04", "day"),
    ("mwezi wa kumi na mbili 2019", "text", "2019-12-01", "month"),
    ("Jan-Feb 2020", "text", "2020-01-01", "period"),
])  # fmt: skip
def test_a_readable_date_is_read(value: str, kind: str, expected: str, precision: str) -> None:
    found = read(value, kind)
    assert (found.first, found.precision, found.problems) == (date.fromisoformat(expected), precision, ())


@pytest.mark.parametrize(("value", "last"), [("Feb 2020", "2020-02-29"), ("2019", "2019-12-31")])
def test_a_coarse_date_ends_on_its_last_possible_day(value: str, last: str) -> None:
    assert read(value).last == date.fromisoformat(last)


@pytest.mark.parametrize(("value", "kind", "order", "problem"), [
    ("5 Ramadan 1441", "text", "dmy", "date_calendar_unknown"),
    ("43894", "text", "dmy", "date_unparsed"),
    ("12-15/03/2020", "text", None, "date_ambiguous"),
    ("#REF!", "error", "dmy", "cell_error"),
])  # fmt: skip
def test_uncertain_date_is_quarantined(value: str, kind: str, order: str | None, problem: str) -> None:
    found = read(value, kind, order=order)
    assert (found.first, found.precision, found.problems) == (None, "unknown", (f"Q:{problem}",))


def test_a_date_that_only_one_order_can_read_needs_no_order() -> None:
    assert read("25/03/2020", order=None).first == date(2020, 3, 25)


def test_a_cell_shown_as_a_month_states_a_month() -> None:
    found = read("2020-03-01", "date", "mmm-yy")
    assert found.precision == "month"
    assert read("2020-03-01", "date", "[$-409]d\\-mmm\\-yy").precision == "day"


def test_a_date_in_the_month_of_its_sheet_is_no_conflict() -> None:
    assert read("04/02/2020", sheet_month=month_of_sheet("FEB-2020")).problems == ()


JUNE = (date(2020, 6, 1), date(2020, 6, 30))


@pytest.mark.parametrize(
    ("value", "problems"),
    [(None, ()), ("31/02/2020", ("unk:date_invalid",)), ("04/03/2020", ("flag:date_outside_period",))],
)
def test_declared_period_replaces_a_wrong_date(value: str | None, problems: tuple[str, ...]) -> None:
    found = read(value, default_period=JUNE)
    assert found.problems == problems
    if value != "04/03/2020":
        assert (found.first, found.last, found.precision) == (*JUNE, "period")


def test_declared_period_never_replaces_a_required_date() -> None:
    for value, problem in (("31/02/2020", "Q:date_invalid"), ("", "Q:date_missing")):
        assert read(value, default_period=JUNE, period_stands_in=False).problems == (problem,)


def test_times_without_a_zone_are_in_the_contracts_zone() -> None:
    assert read("2020-03-04T22:30:00", naive_times_are="UTC").first == date(2020, 3, 5)
    assert read("2020-03-04T22:30:00").first == date(2020, 3, 4)
    moment = read_moment("2016-03-14T18:18:35", order="ymd", naive_times_are="UTC")
    assert moment == datetime(2016, 3, 14, 18, 18, 35, tzinfo=UTC)


TIMED = [
    ("05/01/2020 22:15", "dmy", "2020-01-05"),
    ("01/05/2020 10:15:00 PM", "mdy", "2020-01-05"),
    ("2020/01/05 23:04:05", "ymd", "2020-01-05"),
    ("05.01.2020 9:04:05,123", "dmy", "2020-01-05"),
    ("05-Jan-2020 12:30 a.m.", "dmy", "2020-01-05"),
    ("Jan 5, 2020 10:15:00\u202fPM", "dmy", "2020-01-05"),
    ("5 January 2020, at 22:15", "dmy", "2020-01-05"),
    ("2020/01/05 3:45:12 PM GMT+3", "dmy", "2020-01-05"),
    ("05/01/2020 23:15 EAT", "dmy", "2020-01-05"),
    ("05/01/2020 23:15 Z", "dmy", "2020-01-06"),
    ("05/01/2020 23:15 GMT", "dmy", "2020-01-06"),
    ("2020-01-05T23:15:00.5+0300", "dmy", "2020-01-05"),
    ("2020-01-05 23:15:00-05:00", "dmy", "2020-01-06"),
]


@pytest.mark.parametrize(("value", "order", "day"), TIMED)
def test_a_date_with_a_time_is_read_in_the_declared_order(value: str, order: str, day: str) -> None:
    found = read(value, order=order)
    assert (found.first, found.precision, found.problems) == (date.fromisoformat(day), "day", ())
    assert looks_like_a_day(Cell(value))
    assert day_of(Cell(value), order) == date(2020, 1, 5)  # the day written: birth dates have no zone


@pytest.mark.parametrize(("value", "order", "problem"), [
    ("25/01/2020 22:15", "mdy", "date_order_conflict"),
    ("05/01/2020 22:15", None, "date_ambiguous"),
    ("05/01/2020 25:15", "dmy", "date_invalid"),
    ("05/01/2020 13:15 PM", "dmy", "date_invalid"),
    ("31/02/2020 10:15", "dmy", "date_invalid"),
    ("January 2020 10:15", "dmy", "date_unparsed"),
    ("05/01/2020 10:00-12:00", "dmy", "date_unparsed"),
    ("00/00/0000 00:00", "dmy", "date_missing"),
])  # fmt: skip
def test_an_unclear_date_with_a_time_is_quarantined(value: str, order: str | None, problem: str) -> None:
    assert read(value, order=order).problems == (f"Q:{problem}",)


def test_a_moment_is_read_in_the_declared_order() -> None:
    moment = read_moment("05/01/2020 10:15:30 PM", order="dmy", naive_times_are="Africa/Nairobi")
    assert moment == datetime(2020, 1, 5, 19, 15, 30, tzinfo=UTC)
    assert read_moment("25/01/2020 22:15", order="mdy", naive_times_are="UTC") is None


@given(
    st.one_of(
        st.none(),
        st.text(),
        st.from_regex(r"[0-9]{1,4}[-/. ][0-9]{1,3}[-/. ][0-9]{1,5}( [0-9]{1,2}:[0-9]{2}( [ap]m)?)?"),
    ),
    st.sampled_from(["text", "number", "date", "datetime", "boolean", "error", "flag", "derived"]),
    st.sampled_from([None, "dmy", "mdy", "ymd"]),
)
def test_any_value_gives_a_date_or_a_problem(value: str | None, kind: str, order: str | None) -> None:
    found = read(value, kind, order=order)
    assert (found.first is None) == any(problem.startswith("Q:") for problem in found.problems)
    assert found.first is None or found.last is None or found.first <= min(found.last, RECEIVED)
