"""Read a cell with a date: first and last possible day, and precision.

Only the contract decides the order of digits; a value that does not fit it is set aside. A date in another
calendar is refused, never converted.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orchestration.contracts import ABOUT, MONTHS, error_code, is_missing, norm, split_time, valid_day
from orchestration.core import seed_words

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
    if _OTHER_CALENDARS.search(text) and any(mark.isdigit() for mark in text):
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
    days = number + (1462 if date_system == 1904 else 0)  # a spreadsheet counts from 1900 or 1904
    if not 61 <= days < 2_958_466:
        return set_aside("date_unparsed")
    return single_day(date(1899, 12, 30) + timedelta(days=int(days))).flagged("date_from_serial")


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


# --- dates written as text -----------------------------------------------------------------------

_ALL = MONTHS | {month: int(number) for month, number in seed_words("numbered_months").items()}
MONTH = "(?:" + "|".join(sorted(_ALL, key=len, reverse=True)) + r")\.?"
_QUARTER = re.compile(
    r"(?:q(?P<a>[1-4])[ /,.-]*(?P<ay>\d{4})|(?P<by>\d{4})[ /,.-]*q(?P<b>[1-4])"
    r"|(?P<c>1st|2nd|3rd|4th|first|second|third|fourth) quarter(?: of)?,? (?P<cy>\d{4})"
    r"|robo (?P<d>ya kwanza|ya pili|ya tatu|ya nne)(?: ya)? (?P<dy>\d{4}))"
)
APPROXIMATE = re.compile(
    rf"(?:early|mid|late|beginning of|start of|middle of|end of|{ABOUT}"
    r"|mapema|mwanzoni mwa|katikati ya|mwishoni mwa|mwisho wa)[ -]*(?P<rest>.+)"
)
# Months and eras of the Ethiopian and the Islamic calendar.
_OTHER_CALENDARS = re.compile(
    r"\b(meskerem|tikimt|tekemt|hidar|tahsas|tir|yekatit|megabit|miyazya|miazia|ginbot|sene|hamle|nehase"
    r"|nehasse|pagume|pagumen|muharram|safar|rabi|rabii|jumada|rajab|shaban|sha'ban|ramadan|ramadhan|shawwal"
    r"|dhu|dhul|zulhijja|zulqaada|a\.?h|hijri|e\.?c)\b\.?"
)
_LONGEST_PERIOD = timedelta(days=366)
_DIGITS = re.compile(r"(?P<a>\d{1,4})(?P<mark>[-/. ])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{1,4})")
_ORD = r"(?:st|nd|rd|th)?"
_DAY_MONTH = re.compile(rf"(?P<d>\d{{1,2}}){_ORD}[ ./-]*(?:of )?(?P<m>{MONTH})[ ,./-]*(?P<y>\d{{4}}|\d{{2}})")
_MONTH_DAY = re.compile(rf"(?P<m>{MONTH})[ ./-]*(?P<d>\d{{1,2}}){_ORD}[ ,]+(?P<y>\d{{4}})")
_MONTH_YEAR = re.compile(
    rf"(?P<m>{MONTH})[ ,./-]*(?:ya |of )?(?P<y>\d{{4}})|(?P<y2>\d{{4}})[ ./-]*(?P<m2>{MONTH})"
)
_DIGIT_MONTH = re.compile(r"(?P<m>\d{1,2})[-/.](?P<y>\d{4})|(?P<y2>\d{4})[-/.](?P<m2>\d{1,2})")
_DASH = r"(?:\s*[-–—]\s*|\s+(?:to|until|till|hadi|mpaka)\s+)"
_MONTH_RANGE = re.compile(rf"(?P<a>{MONTH}) ?(?P<ay>\d{{4}})?{_DASH}(?P<b>{MONTH})[ ,]*(?P<by>\d{{4}})")
_DAYS_NAMED = re.compile(
    rf"(?P<a>\d{{1,2}}){_ORD}{_DASH}(?P<b>\d{{1,2}}){_ORD} (?:of )?(?P<m>{MONTH})[ ,]*(?P<y>\d{{4}})"
)
_DAYS_DIGITS = re.compile(r"(?P<a>\d{1,2})\s*[-–—]\s*(?P<b>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4}|\d{2})")
_BETWEEN = r"(?:\s[-–—]\s|[–—]|\s(?:to|until|till|and|hadi|mpaka)\s)"
_TWO_DATES = re.compile(rf"(?:from |between |kuanzia |tangu )?(?P<a>.*\d.*?){_BETWEEN}(?P<b>.*\d.*)")


def month_number(word: str) -> int | None:
    return _ALL.get(word.rstrip("."))


def quarter(text: str) -> tuple[date, date] | None:
    """Return first and last day of `q1 2020`, `2020 q1`, `first quarter 2020`."""
    found = _QUARTER.fullmatch(text)
    if not found:
        return None
    number = next(found[name] for name in "abcd" if found[name])
    year = int(next(found[f"{name}y"] for name in "abcd" if found[f"{name}y"]))
    first_month = 3 * (int(seed_words("quarters").get(number, number))) - 2
    first = valid_day(year, first_month, 1)
    return (first, month_end(year, first_month + 2)) if first else None


def month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def full_year(digits: str) -> int:
    """Read two digits as 20yy."""
    return int(digits) + 2000 if len(digits) == 2 else int(digits)


@dataclass(frozen=True)
class ReadDate:
    """`first` is the date of record; `last` is the last possible day of the event."""

    first: date | None = None
    last: date | None = None
    precision: str = "unknown"
    problems: tuple[str, ...] = ()

    def flagged(self, code: str) -> ReadDate:
        return replace(self, problems=(*self.problems, f"flag:{code}"))


def from_text(text: str, order: str | None) -> ReadDate:
    for reader in (from_digits, _from_names, _from_range):
        read = reader(text, order)
        if read is not None:
            return read
    if (found := APPROXIMATE.fullmatch(text)) and not APPROXIMATE.fullmatch(found["rest"]):
        return _coarser(from_text(found["rest"], order))
    return set_aside("date_unparsed")


def from_digits(text: str, order: str | None) -> ReadDate | None:
    if re.fullmatch(r"\d{4}", text):
        return year_of(int(text))
    if order == "ymd" and re.fullmatch(r"\d{8}", text):
        return single_day(valid_day(int(text[:4]), int(text[4:6]), int(text[6:])))
    if found := _DIGIT_MONTH.fullmatch(text):
        return month_of(int(found["y"] or found["y2"]), int(found["m"] or found["m2"]))
    found = _DIGITS.fullmatch(text)
    if not found:
        return None
    a, b, c = found["a"], found["b"], found["c"]
    if len(a) == 4 and len(c) <= 2:
        return single_day(valid_day(int(a), int(b), int(c)))
    if len(a) > 2 or len(c) not in (2, 4):
        return None
    readings = {
        "dmy": valid_day(full_year(c), int(b), int(a)),
        "mdy": valid_day(full_year(c), int(a), int(b)),
        "ymd": valid_day(full_year(a), int(b), int(c)) if len(a) == len(c) == 2 else None,
    }
    possible = {reading for reading in readings.values() if reading}
    if order is None and len(possible) == 1:
        return single_day(possible.pop())
    if order is None:
        return set_aside("date_ambiguous" if possible else "date_invalid")
    if readings[order]:
        return single_day(readings[order])
    return set_aside("date_order_conflict" if possible else "date_invalid")


def _from_names(text: str, order: str | None) -> ReadDate | None:
    if span := quarter(text):
        return ReadDate(*span, "quarter")
    if found := _MONTH_YEAR.fullmatch(text):
        return month_of(int(found["y"] or found["y2"]), month_number(found["m"] or found["m2"]))
    if found := _DAY_MONTH.fullmatch(text) or _MONTH_DAY.fullmatch(text):
        return single_day(valid_day(full_year(found["y"]), month_number(found["m"]) or 0, int(found["d"])))
    return None


def _from_range(text: str, order: str | None) -> ReadDate | None:
    if found := _MONTH_RANGE.fullmatch(text):
        year = int(found["by"])
        first = month_of(int(found["ay"] or year), month_number(found["a"]))
        return _span(first, month_of(year, month_number(found["b"])))
    if found := _DAYS_NAMED.fullmatch(text):
        return _days_of_month(int(found["y"]), month_number(found["m"]) or 0, found["a"], found["b"])
    if found := _DAYS_DIGITS.fullmatch(text):
        if order != "dmy":
            return set_aside("date_ambiguous" if order is None else "date_order_conflict")
        return _days_of_month(full_year(found["y"]), int(found["m"]), found["a"], found["b"])
    if found := _TWO_DATES.fullmatch(text):
        texts = (found["a"].strip(), found["b"].strip())
        start, end = (from_digits(text, order) or _from_names(text, order) for text in texts)
        if start and end:
            return _span(start, end)
    return None


def _days_of_month(year: int, month: int, first: str, last: str) -> ReadDate:
    return _span(
        single_day(valid_day(year, month, int(first))), single_day(valid_day(year, month, int(last)))
    )


def single_day(found: date | None) -> ReadDate:
    return ReadDate(found, found, "day") if found else set_aside("date_invalid")


def month_of(year: int, month: int | None) -> ReadDate:
    first = valid_day(year, month or 0, 1)
    return ReadDate(first, month_end(year, first.month), "month") if first else set_aside("date_invalid")


def year_of(year: int) -> ReadDate:
    first = valid_day(year, 1, 1)
    return ReadDate(first, date(year, 12, 31), "year") if first else set_aside("date_invalid")


def _span(start: ReadDate, end: ReadDate) -> ReadDate:
    """Return the span of two readings; three whole months of a quarter are a quarter."""
    if start.first is None or end.last is None:
        return start if start.first is None else end
    if end.last < start.first:
        return set_aside("date_invalid")
    if end.last - start.first > _LONGEST_PERIOD:
        return set_aside("date_too_coarse")
    first_month = start.first.month
    whole = start.precision == end.precision == "month" and first_month % 3 == 1
    is_quarter = whole and end.last == month_end(start.first.year, first_month + 2)
    return ReadDate(start.first, end.last, "quarter" if is_quarter else "period")


def _coarser(read: ReadDate) -> ReadDate:
    """Reduce `around 4 March 2020` to its month."""
    if read.first is None:
        return read
    if read.precision == "day":
        read = month_of(read.first.year, read.first.month)
    return read.flagged("date_approximate")


def set_aside(code: str) -> ReadDate:
    return ReadDate(problems=(f"Q:{code}",))
