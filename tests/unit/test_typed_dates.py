"""Dates, rows D1 to D20 of the catalogue of dirty values."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.extracts.months import month_of_sheet
from orchestration.extracts.typed.dates import ReadDate, read_date, read_moment

RECEIVED = date(2020, 10, 15)


def read(value: str | None, kind: str = "text", shown: str | None = None, **how: object) -> ReadDate:
    return read_date(value, kind, shown, **({"order": "dmy", "received_on": RECEIVED} | how))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "kind", "expected", "precision"),
    [
        ("2020-03-04", "text", "2020-03-04", "day"),
        ("04.03.20", "text", "2020-03-04", "day"),
        ("4/3/2020", "text", "2020-03-04", "day"),
        ("4 March 2020", "text", "2020-03-04", "day"),
        ("March 4, 2020", "text", "2020-03-04", "day"),
        ("04-Mar-2020", "text", "2020-03-04", "day"),
        ("2020-03-04", "date", "2020-03-04", "day"),
        ("2020-03-04T00:00:00", "datetime", "2020-03-04", "day"),
        ("3/4/2020", "text", "2020-04-03", "day"),
        ("March 2020", "text", "2020-03-01", "month"),
        ("03/2020", "text", "2020-03-01", "month"),
        ("2020-03", "text", "2020-03-01", "month"),
        ("Machi 2020", "text", "2020-03-01", "month"),
        ("mwezi wa tatu 2020", "text", "2020-03-01", "month"),
        ("Disemba 2019", "text", "2019-12-01", "month"),
        ("Desemba 2019", "text", "2019-12-01", "month"),
        ("mwezi wa kumi na mbili 2019", "text", "2019-12-01", "month"),
        ("Q1 2020", "text", "2020-01-01", "quarter"),
        ("Jan-Mar 2020", "text", "2020-01-01", "quarter"),
        ("Jan-Feb 2020", "text", "2020-01-01", "period"),
        ("2020", "text", "2020-01-01", "year"),
        ("2020", "number", "2020-01-01", "year"),
        ("2020-03-04T22:30:00Z", "text", "2020-03-05", "day"),
        ("2020-03-04T18:18:35.000+03:00", "text", "2020-03-04", "day"),
        ("12-15/03/2020", "text", "2020-03-12", "period"),
        ("12th to 15th March 2020", "text", "2020-03-12", "period"),
    ],
)
def test_a_readable_date_is_read(value: str, kind: str, expected: str, precision: str) -> None:
    found = read(value, kind)
    assert (found.first, found.precision, found.problems) == (date.fromisoformat(expected), precision, ())


def test_the_contract_decides_the_order() -> None:
    assert read("3/4/2020", order="mdy").first == date(2020, 3, 4)


@pytest.mark.parametrize(
    ("value", "last"),
    [
        ("Q1 2020", "2020-03-31"),
        ("12-15/03/2020", "2020-03-15"),
        ("Feb 2020", "2020-02-29"),
        ("2019", "2019-12-31"),
    ],
)
def test_a_coarse_date_ends_on_its_last_possible_day(value: str, last: str) -> None:
    assert read(value).last == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("value", "kind", "order", "problem"),
    [
        ("3/4/2020", "text", None, "date_ambiguous"),
        ("04/25/2020", "text", "dmy", "date_order_conflict"),
        ("2020-13-01", "text", "dmy", "date_invalid"),
        ("31/02/2020", "text", "dmy", "date_invalid"),
        ("04/03/2021", "text", "dmy", "date_in_future"),
        ("04/03/1920", "text", "dmy", "date_out_of_window"),
        ("1441-07-09", "text", "dmy", "date_out_of_window"),
        ("Meskerem 5 2012", "text", "dmy", "date_calendar_unknown"),
        ("5 Ramadan 1441", "text", "dmy", "date_calendar_unknown"),
        ("", "text", "dmy", "date_missing"),
        ("-", "text", "dmy", "date_missing"),
        ("N/A", "text", "dmy", "date_missing"),
        ("sijui", "text", "dmy", "date_missing"),
        ("00/00/0000", "text", "dmy", "date_missing"),
        ("01/01/1900", "text", "dmy", "date_missing"),
        ("3rd Marc 2020", "text", "dmy", "date_unparsed"),
        ("last week", "text", "dmy", "date_unparsed"),
        ("43894", "text", "dmy", "date_unparsed"),
        ("12-15/03/2020", "text", None, "date_ambiguous"),
        ("#REF!", "error", "dmy", "cell_error"),
    ],
)
def test_a_date_that_is_not_certain_is_set_aside(
    value: str, kind: str, order: str | None, problem: str
) -> None:
    found = read(value, kind, order=order)
    assert (found.first, found.precision, found.problems) == (None, "unknown", (f"Q:{problem}",))


def test_a_date_that_only_one_order_can_read_needs_no_order() -> None:
    assert read("25/03/2020", order=None).first == date(2020, 3, 25)


def test_a_cell_shown_as_a_month_states_a_month() -> None:
    found = read("2020-03-01", "date", "mmm-yy")
    assert (found.first, found.precision, found.problems) == (
        date(2020, 3, 1),
        "month",
        ("flag:date_format_month",),
    )
    assert read("2020-03-01", "date", "[$-409]d\\-mmm\\-yy").precision == "day"


def test_day_numbers_are_read_in_their_date_system() -> None:
    found = read("43894", "number")
    assert (found.first, found.problems) == (date(2020, 3, 4), ("flag:date_from_serial",))
    assert read("43894", "number", date_system=1904).problems == ("Q:date_in_future",)


@pytest.mark.parametrize(
    ("value", "expected", "precision"),
    [("early March 2020", "2020-03-01", "month"), ("around 2019", "2019-01-01", "year")],
)
def test_approximate_dates_are_flagged(value: str, expected: str, precision: str) -> None:
    found = read(value)
    assert (found.first, found.precision) == (date.fromisoformat(expected), precision)
    assert found.problems == ("flag:date_approximate",)


def test_the_cell_wins_over_the_month_of_its_sheet() -> None:
    found = read("04/03/2020", sheet_month=month_of_sheet("FEB-2020"))
    assert (found.first, found.problems) == (date(2020, 3, 4), ("flag:sheet_month_conflict",))
    assert read("04/02/2020", sheet_month=month_of_sheet("FEB-2020")).problems == ()


def test_the_month_of_the_sheet_stands_in_for_a_missing_date() -> None:
    found = read(None, sheet_month=month_of_sheet("Jan 20"))
    assert (found.first, found.last, found.precision) == (date(2020, 1, 1), date(2020, 1, 31), "month")


def test_the_declared_period_stands_in_and_what_was_wrong_is_noted() -> None:
    june = (date(2020, 6, 1), date(2020, 6, 30))
    found = read(None, default_period=june)
    assert (found.first, found.last, found.precision, found.problems) == (*june, "period", ())
    assert read("31/02/2020", default_period=june).problems == ("unk:date_invalid",)
    assert read("04/03/2020", default_period=june).problems == ("flag:date_outside_period",)


def test_the_declared_period_never_replaces_a_date_the_contract_requires() -> None:
    june = (date(2020, 6, 1), date(2020, 6, 30))
    assert read("31/02/2020", default_period=june, period_stands_in=False).problems == ("Q:date_invalid",)
    assert read("", default_period=june, period_stands_in=False).problems == ("Q:date_missing",)


def test_times_without_a_zone_are_in_the_contracts_zone() -> None:
    assert read("2020-03-04T22:30:00", naive_times_are="UTC").first == date(2020, 3, 5)
    assert read("2020-03-04T22:30:00", naive_times_are="Africa/Nairobi").first == date(2020, 3, 4)
    moment = read_moment("2016-03-14T18:18:35", order="ymd", naive_times_are="UTC")
    assert moment == datetime(2016, 3, 14, 18, 18, 35, tzinfo=UTC)


@given(
    st.one_of(st.none(), st.text(), st.from_regex(r"[0-9]{1,4}[-/. ][0-9]{1,3}[-/. ][0-9]{1,5}")),
    st.sampled_from(["text", "number", "date", "datetime", "boolean", "error", "flag", "derived"]),
    st.sampled_from([None, "dmy", "mdy", "ymd"]),
)
def test_no_value_makes_it_raise_and_every_date_lies_in_the_window(
    value: str | None, kind: str, order: str | None
) -> None:
    found = read(value, kind, order=order)
    assert (found.first is None) == any(problem.startswith("Q:") for problem in found.problems)
    assert found.first is None or found.last is None or found.first <= min(found.last, RECEIVED)
