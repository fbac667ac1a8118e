"""Words in dates (English and Swahili), calendar arithmetic, and month names of other calendars.

A date in another calendar is refused, never converted.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from orchestration.contracts import ABOUT, MONTHS, valid_day

_ORDINALS = (
    "kwanza", "pili", "tatu", "nne", "tano", "sita", "saba", "nane", "tisa", "kumi", "kumi na moja",
    "kumi na mbili",
)  # fmt: skip
_ALL = MONTHS | {f"mwezi wa {word}": number for number, word in enumerate(_ORDINALS, start=1)}
MONTH = "(?:" + "|".join(sorted(_ALL, key=len, reverse=True)) + r")\.?"

_QUARTER_WORDS = {
    "1st": 1, "first": 1, "2nd": 2, "second": 2, "3rd": 3, "third": 3, "4th": 4, "fourth": 4,
    "ya kwanza": 1, "ya pili": 2, "ya tatu": 3, "ya nne": 4,
}  # fmt: skip
_QUARTER = re.compile(
    r"(?:q(?P<a>[1-4])[ /,.-]*(?P<ay>\d{4})|(?P<by>\d{4})[ /,.-]*q(?P<b>[1-4])"
    r"|(?P<c>1st|2nd|3rd|4th|first|second|third|fourth) quarter(?: of)?,? (?P<cy>\d{4})"
    r"|robo (?P<d>ya kwanza|ya pili|ya tatu|ya nne)(?: ya)? (?P<dy>\d{4}))"
)
APPROXIMATE = re.compile(
    rf"(?:early|mid|late|beginning of|start of|middle of|end of|{ABOUT}"
    r"|mapema|mwanzoni mwa|katikati ya|mwishoni mwa|mwisho wa)[ -]*(?P<rest>.+)"
)
_OTHER_CALENDARS = re.compile(
    r"\b(meskerem|tikimt|tekemt|hidar|tahsas|tir|yekatit|megabit|miyazya|miazia|ginbot|sene|hamle|nehase"
    r"|nehasse|pagume|pagumen|muharram|safar|rabi|rabii|jumada|rajab|shaban|sha'ban|ramadan|ramadhan|shawwal"
    r"|dhu|dhul|zulhijja|zulqaada|a\.?h|hijri|e\.?c)\b\.?"
)


def is_other_calendar(text: str) -> bool:
    """Whether a text names a month or era of the Ethiopian or Islamic calendar."""
    return bool(_OTHER_CALENDARS.search(text)) and any(mark.isdigit() for mark in text)


def month_number(word: str) -> int | None:
    return _ALL.get(word.rstrip("."))


def quarter(text: str) -> tuple[date, date] | None:
    """Return first and last day of `q1 2020`, `2020 q1`, `first quarter 2020`."""
    found = _QUARTER.fullmatch(text)
    if not found:
        return None
    number = next(found[name] for name in "abcd" if found[name])
    year = int(next(found[f"{name}y"] for name in "abcd" if found[f"{name}y"]))
    first_month = 3 * (_QUARTER_WORDS.get(number) or int(number)) - 2
    first = valid_day(year, first_month, 1)
    return (first, month_end(year, first_month + 2)) if first else None


def month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def full_year(digits: str) -> int:
    """Read two digits as 20yy."""
    return int(digits) + 2000 if len(digits) == 2 else int(digits)


def from_serial(number: float, date_system: int = 1900) -> date | None:
    """Convert a spreadsheet's day number, counted from 1900 or 1904."""
    days = number + (1462 if date_system == 1904 else 0)
    return date(1899, 12, 30) + timedelta(days=int(days)) if 61 <= days < 2_958_466 else None
