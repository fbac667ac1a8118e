"""Read a cell with a date: first and last possible day, and precision.

Only the contract decides the order of digits; a value that does not fit it is set aside.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.contracts import error_code, is_missing, norm
from orchestration.typing.calendar_words import from_serial, is_other_calendar, month_end
from orchestration.typing.date_text import (
    ReadDate,
    from_digits,
    from_text,
    month_of,
    set_aside,
    single_day,
    year_of,
)

WINDOW_FROM = date(2010, 1, 1)
_PLACEHOLDERS = frozenset({date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1)})
_ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(z|[+-]\d{2}:?\d{2}))?")
# Every date that matches exists; of February at most 28 days do.
_PLAIN_TIME = (
    r"^(19|20)\d\d-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"
    r"[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"
)
_ZONE_MARK = r"(Z|[+-](0\d|1[0-3]):[0-5]\d)$"
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
    """Read one cell; never raises. Problems are `Q:`, or `unk:` where the extract's period is used."""
    text = norm(value)
    if text in {norm(word) for word in missing}:
        read = set_aside("date_missing")
    elif kind == "number":
        read = _from_number(text, date_system)
    else:
        read = _read(text, kind, number_format, order, timezone, naive_times_are)
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
    text = norm(value)
    if _ISO_TIME.fullmatch(text):
        return _moment(text, _zone(naive_times_are))
    read = _read(text, kind, None, order, naive_times_are, naive_times_are)
    if read.first is None or read.precision != "day":
        return None
    try:
        midnight = datetime(read.first.year, read.first.month, read.first.day, tzinfo=_zone(naive_times_are))
        return midnight.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_iso_moments(values: pa.Array, naive_times_are: str) -> pa.Array:
    """Read time stamps in UTC as `read_moment` does, those in plain ISO form; the others are null."""
    is_zoned = pc.match_substring_regex(values, _PLAIN_TIME + _ZONE_MARK)
    is_naive = pc.match_substring_regex(values, _PLAIN_TIME + "$")
    none = pa.scalar(None, pa.string())
    zoned = pc.if_else(is_zoned, values, none).cast(pa.timestamp("us", tz="UTC"))
    naive = pc.if_else(is_naive, values, none).cast(pa.timestamp("us"))
    zone = str(_zone(naive_times_are))
    local = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="latest")
    return pc.coalesce(zoned, local.cast(pa.timestamp("us", tz="UTC")))


def _read(
    text: str, kind: str, number_format: str | None, order: str | None, timezone: str, naive: str | None
) -> ReadDate:
    if kind == "error":
        return set_aside(error_code(text))
    if is_missing(text) or re.fullmatch(r"0+([-/.]0+){2}", text):
        return set_aside("date_missing")
    if _ISO_TIME.fullmatch(text):
        moment = _moment(text, _zone(naive or timezone))
        local = _local_day(moment, timezone) if moment else None
        return _with_format(single_day(local), number_format) if local else set_aside("date_invalid")
    if kind in ("date", "datetime"):
        return _with_format(from_digits(text, "ymd") or set_aside("date_unparsed"), number_format)
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


def _moment(text: str, zone: tzinfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.upper().replace(" ", "T", 1).replace(" ", ""))
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _local_day(moment: datetime, timezone: str) -> date | None:
    try:
        return moment.astimezone(_zone(timezone)).date()
    except (ValueError, OverflowError):
        return None


@lru_cache
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
