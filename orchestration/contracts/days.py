"""Complete dates, times of day, month names (English and Swahili), and months in sheet names.

The type step reads landed dates (`typing.dates`). Landing uses `day_of` to derive an age, as a birth date
must not land.
"""

from __future__ import annotations

import re
from datetime import UTC, date, time, timedelta, timezone

from orchestration.contracts.cells import Cell, same

_NAMES = (
    ("january", "jan", "januari"),
    ("february", "feb", "februari"),
    ("march", "mar", "machi"),
    ("april", "apr", "aprili"),
    ("may", "mei"),
    ("june", "jun", "juni"),
    ("july", "jul", "julai"),
    ("august", "aug", "agosti", "ago"),
    ("september", "sep", "sept", "septemba"),
    ("october", "oct", "oktoba", "okt"),
    ("november", "nov", "novemba"),
    ("december", "dec", "desemba", "disemba", "des"),
)
MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names}
_SHEET = re.compile(r"(?P<name>[a-z]+)[ \-_./,']*(?P<year>\d{4}|\d{2})")
_REVERSED = re.compile(r"(?P<year>\d{4})[ \-_./]*(?P<name>[a-z]+)")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ].*)?")
_DIGITS = re.compile(r"(\d{1,4})[./ -](\d{1,2})[./ -](\d{1,4})")
_NAMED = re.compile(
    r"(?P<d>\d{1,2})(?:st|nd|rd|th)?[ -](?P<m>[a-z]+),?[ -](?P<y>\d{4})"
    rf"|(?P<m2>{'|'.join(MONTHS)})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y2>\d{{4}})"
)
# A day and a time, as forms, Excel and Google write them: `5/1/2026 10:15 pm`, `2026/01/05 22:15:00 gmt+3`.
# Without seconds, `10:00-12:00` may be a span and no offset.
_TIMED = re.compile(
    r"(?P<day>.*\d)(?:t|,? (?:at )?)(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r"(?P<second>:\d\d(?:[.,]\d+)?)?(?: ?(?P<half>[ap])\.?m\.?)?"
    r"(?: ?(?P<zone>z|eat|utc|gmt|(?:utc|gmt)[+-]\d{1,2}(?::?\d\d)?"
    r"|(?(second)[+-]|\+)\d{1,2}(?::?\d\d)?))?"
)
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?")
_YEAR = re.compile(r"(\d{4})(?:\.0)?")


def month_of_sheet(name: str) -> date | None:
    """Return the first day of the month of `Jan 20`, `FEB-2020`, `Machi 2020`; None for any other name."""
    text = same(name)
    found = _SHEET.fullmatch(text) or _REVERSED.fullmatch(text)
    if not found or found["name"] not in MONTHS:
        return None
    year = int(found["year"])
    return date(year + 2000 if year < 100 else year, MONTHS[found["name"]], 1)


def split_time(text: str) -> tuple[str, time | None]:
    """Split a casefolded text into its day and its time, midnight where it has none.

    The time has a zone if the text states one; it is None where there is no such time.
    """
    found = _TIMED.fullmatch(text)
    if not found:
        return text, time()
    hour, minute, second = int(found["hour"]), int(found["minute"]), found["second"] or ""
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] == "p" else 0) if hour <= 12 else 24
    try:
        parts = int(second[1:3] or 0), int(second[4:10].ljust(6, "0"))
        return found["day"], time(hour, minute, *parts, _zone(found["zone"]))
    except ValueError:
        return found["day"], None


def _zone(text: str | None) -> timezone | None:
    """Return the zone of `z`, `eat`, `gmt+3` or `+03:00`."""
    found = _OFFSET.search("+3" if text == "eat" else text or "")
    if not found:
        return UTC if text else None
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    return timezone(offset if found["sign"] == "+" else -offset)


def day_of(cell: Cell, order: str | None) -> date | None:
    """Parse a complete date, with digits in the contract's order (`dmy`, `mdy`, `ymd`); else None."""
    text, _ = split_time(same(cell.value))
    if found := _ISO.fullmatch(text):
        return valid_day(*(int(part) for part in found.groups()))
    if found := _NAMED.fullmatch(text):
        month = MONTHS.get(found["m"] or found["m2"])
        day, year = int(found["d"] or found["d2"]), int(found["y"] or found["y2"])
        return valid_day(year, month, day) if month else None
    found = _DIGITS.fullmatch(text)
    if found and len(found[1]) == 4:
        order = "ymd"
    if not found or not order:
        return None
    parts = {letter: int(part) for letter, part in zip(order, found.groups(), strict=True)}
    if len(found.group(order.index("y") + 1)) != 4:
        return None
    return valid_day(parts["y"], parts["m"], parts["d"])


def looks_like_a_day(cell: Cell) -> bool:
    """Whether a cell has the form of a full date, readable or not."""
    text, _ = split_time(same(cell.value))
    return cell.kind in ("date", "datetime") or any(form.fullmatch(text) for form in (_ISO, _DIGITS, _NAMED))


def year_of(cell: Cell) -> int | None:
    found = _YEAR.fullmatch(same(cell.value))
    return int(found[1]) if found and 1900 <= int(found[1]) <= 2100 else None


def age_between(birth: date, moment: date) -> int:
    return moment.year - birth.year - ((moment.month, moment.day) < (birth.month, birth.day))


def valid_day(year: int, month: int, day: int) -> date | None:
    """Return the date, or None where the calendar has no such day."""
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None
