"""Read a cell with a date: first and last possible day, and precision.

Only the contract decides the order of digits; a value that does not fit it is set aside.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from orchestration.contracts import error_code, is_missing, norm, split_time
from orchestration.typing.date_text import (
    ReadDate,
    from_digits,
    from_serial,
    from_text,
    is_other_calendar,
    month_end,
    month_of,
    set_aside,
    single_day,
    year_of,
)

WINDOW_FROM = date(2010, 1, 1)
_PLACEHOLDERS = frozenset({date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1)})
_DAY_OF_FORMAT = re.compile(r"\"[^\"]*\"|\[[^\]]*\]|\\.|_.")


def read_date(
    value: str | None,
    kind: str = "text",
    number_format: str | None = None,
    *,
    order: str | None = None,
    received_on: date,
    window_from: date = WINDOW_FROM,
    sheet_month: date | None = None,
    default_period: tuple[date, date] | None = None,
    period_stands_in: bool = True,
    timezone: str = "Africa/Nairobi",
    naive_times_are: str | None = None,
    missing: tuple[str, ...] = (),
    date_system: int = 1900,
) -> ReadDate:
    """Read one cell; never raises. Problems are `Q:`, or `unk:` where the extract's period is used.

    `naive_times_are`: the zone of times written without one, by default `timezone`.
    """
    text = norm(value)
    if text in {norm(word) for word in missing}:
        read = set_aside("date_missing")
    elif kind == "number":
        read = _from_number(text, date_system)
    else:
        read = _local_day(text, kind, order, timezone, naive_times_are or timezone)
        if kind in ("date", "datetime"):
            read = _with_format(read, number_format)
    read = _in_window(read, received_on, window_from)
    if read.first is None:
        return _stand_in(read, sheet_month, default_period if period_stands_in else None)
    last = read.last or read.first
    if sheet_month:
        end_of_month = month_end(sheet_month.year, sheet_month.month)
        if last < sheet_month or read.first > end_of_month:
            return read.flagged("sheet_month_conflict")
    if default_period and (last < default_period[0] or read.first > default_period[1]):
        return read.flagged("date_outside_period")
    return read


def read_moment(
    value: str | None, kind: str = "text", *, order: str | None, naive_times_are: str
) -> datetime | None:
    """Read a time stamp such as `submitted_at` in UTC, a date as its midnight; None if unreadable."""
    day, at = split_time(norm(value))
    read = _read(day, kind, order)
    if read.first is None or read.precision != "day" or at is None:
        return None
    return _moment(read.first, at, naive_times_are)


def _local_day(text: str, kind: str, order: str | None, timezone: str, naive: str) -> ReadDate:
    """Read a date; a time moves it to the day in the contract's zone."""
    day, at = split_time(text)
    read = _read(day, kind, order)
    if day == text or read.first is None:
        return read
    if read.precision != "day":
        return set_aside("date_unparsed")
    moment = _moment(read.first, at, naive, timezone) if at else None
    return single_day(moment.date() if moment else None)


def _read(text: str, kind: str, order: str | None) -> ReadDate:
    if kind == "error":
        return set_aside(error_code(text))
    if is_missing(text) or re.fullmatch(r"0+([-/.]0+){2}", text):
        return set_aside("date_missing")
    if kind in ("date", "datetime"):
        return from_digits(text, "ymd") or set_aside("date_unparsed")
    if is_other_calendar(text):
        return set_aside("date_calendar_unknown")
    return from_text(text, order)


def _from_number(text: str, date_system: int) -> ReadDate:
    try:
        number = float(text) if text else 0.0
    except ValueError:
        return set_aside("date_unparsed")
    if number in (0, 1):
        return set_aside("date_missing")
    if 1900 <= number <= 2100 and number.is_integer():
        return year_of(int(number))
    serial = from_serial(number, date_system)
    return single_day(serial).flagged("date_from_serial") if serial else set_aside("date_unparsed")


def _with_format(read: ReadDate, number_format: str | None) -> ReadDate:
    """Reduce a date shown as `mmm-yy` to its month, or as `yyyy` to its year."""
    shown = _DAY_OF_FORMAT.sub("", (number_format or "").casefold().split(";")[0])
    if read.first is None or "y" not in shown or "d" in shown or "h" in shown:
        return read
    if "m" in shown:
        return month_of(read.first.year, read.first.month).flagged("date_format_month")
    return year_of(read.first.year).flagged("date_format_year")


def _in_window(read: ReadDate, received_on: date, window_from: date) -> ReadDate:
    if read.first is None:
        return read
    if read.first in _PLACEHOLDERS:
        return set_aside("date_missing")
    if read.first > received_on:
        return set_aside("date_in_future")
    return set_aside("date_out_of_window") if (read.last or read.first) < window_from else read


def _stand_in(read: ReadDate, month: date | None, period: tuple[date, date] | None) -> ReadDate:
    missing = read.problems == ("Q:date_missing",)
    if month and missing:
        return month_of(month.year, month.month)
    if period:
        noted = () if missing else tuple(problem.replace("Q:", "unk:", 1) for problem in read.problems)
        return ReadDate(period[0], period[1], "period", noted)
    return read


def _moment(day: date, at: time, naive: str, zone: str = "UTC") -> datetime | None:
    """Return a day and time in a zone; `naive` is that of a time without one."""
    try:
        return datetime.combine(day, at, at.tzinfo or ZoneInfo(naive)).astimezone(ZoneInfo(zone))
    except OverflowError:
        return None
