"""Cells and their text: cleaning, comparing, repairing, words for numbers, complete dates (English, Swahili).

Codes and their spellings are data, in seeds/reference. The type step reads landed dates (`typing.dates`).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, time, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from orchestration.core import seed_words

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
LONGEST_CELL = 32_767
_BLANKS = re.compile(r"\s+")
# Windows-1252 leaves five bytes undefined; programs keep their number as the code point.
_BYTES = {
    bytes([byte]).decode("cp1252", errors="ignore") or chr(byte): byte for byte in range(0x80, 0x100)
} | {chr(byte): byte for byte in range(0x80)}
BLANK = frozenset(["", *seed_words("blank")])
NOT_KNOWN = frozenset(seed_words("not_known"))
# Excel's error values without #N/A, which people type to say "not available".
SHEET_ERRORS = frozenset(seed_words("errors_of_sheets"))
# Typographic forms of the apostrophe.
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'"))
ABOUT = (
    r"(?:~|≈|c\.|ca\.?|circa|approx\.?|approximately|about|around|roughly|est\.?|estimated|kama|karibu"
    r"|takriban)"
)
TO = r"(?:-{1,2}|–|—|to|and|hadi|mpaka)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*"
# What a spreadsheet makes of a range such as 5-10.
RANGE_TURNED_DATE = re.compile(
    rf"\d{{1,2}}[-/. ]{_MONTH}(?:[-/. ]\d{{2,4}})?|{_MONTH}[-/. ]\d{{1,4}}"
    r"|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d{1,2}-\d{1,2}.*"
)
_UNITS, _TENS, MONTHS = (
    {word: int(number) for word, number in seed_words(name).items()}
    for name in ("numbers_below_twenty", "tens", "months")
)
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


class Cell(NamedTuple):
    """A value as sent: its text and the kind of cell. `look` (colour, strike-through) does not land."""

    value: str
    kind: str = "text"
    number_format: str | None = None
    look: str | None = None


def number_text(value: int | float) -> str:
    """Return the shortest text of a number: 5, 2.5, 254712345678."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


def text_cell(text: str) -> Cell | None:
    """Return a text as a cell, without NUL and cut at Excel's limit; None for blanks alone."""
    text = text[:LONGEST_CELL].replace("\x00", "")
    return Cell(text) if text.strip() else None


def tidy(text: str) -> str:
    """Normalise a text for comparison: NFKC, without invisible signs and repeated blanks."""
    if text.isascii():
        return " ".join(text.split())
    return _BLANKS.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).strip()


def same(text: str) -> str:
    """Return the form in which two spellings are the same: tidy and casefolded."""
    return tidy(text).casefold()


def repaired(text: str) -> str | None:
    """Return the repaired text; None where it was not broken (no text is valid UTF-8 by chance)."""
    if text.isascii():
        return None
    try:
        return bytes([_BYTES[sign] for sign in text]).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return None


def clean(value: str | None) -> str:
    """Tidy a text; superscripts and fractions become a sign of their own: `5²` must not read as 52."""
    if not value:
        return ""
    if value.isascii():
        return " ".join(value.split())
    return tidy("".join("\ufffd" if unicodedata.category(mark) == "No" else mark for mark in value))


@lru_cache(1 << 16)  # words of a code list or a map come again and again
def norm(value: str | None) -> str:
    """Return the form in which spellings are compared: clean, casefolded, with plain apostrophes."""
    return same(clean(value)).translate(_APOSTROPHES)


def is_blank(text: str) -> bool:
    """Whether a normalised text is blank or a sign for nothing."""
    return text in BLANK


def is_missing(text: str) -> bool:
    """Whether a normalised text is blank or means "not known"."""
    return text in BLANK or text in NOT_KNOWN


def error_code(value: str | None) -> str:
    """Return the problem code of a cell of kind `error`: an error value, or a formula without a value."""
    return "cell_error" if (value or "").startswith("#") else "formula_no_value"


def number_in_words(text: str) -> int | None:
    """Read `five`, `twenty-five`, `kumi na mbili` as a number below 100; None for anything else."""
    words = text.replace("-", " ").split()
    if len(words) == 1:
        return _UNITS.get(words[0], _TENS.get(words[0]))
    if len(words) == 3 and words[1] == "na":
        ten = 10 if words[0] == "kumi" else _TENS.get(words[0])
    elif len(words) == 2:
        ten = _TENS.get(words[0])
    else:
        return None
    unit = _UNITS.get(words[-1])
    return ten + unit if ten and unit and unit < 10 else None


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
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None
