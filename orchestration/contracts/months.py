"""Month names in English and Swahili, and the month a sheet is named after."""

from __future__ import annotations

import re
from datetime import date

from orchestration.contracts.cells import same

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


def month_of_sheet(name: str) -> date | None:
    """`Jan 20`, `FEB-2020`, `Machi 2020` → the first of that month; None for any other name."""
    text = same(name)
    found = _SHEET.fullmatch(text) or _REVERSED.fullmatch(text)
    if not found or found["name"] not in MONTHS:
        return None
    year = int(found["year"])
    return date(year + 2000 if year < 100 else year, MONTHS[found["name"]], 1)
