"""What a file, a sheet or a column is called in everything that leaves the reader.

A partner may name any of them after a person. Such a name never goes further: a stand-in is shown, by
which the partner and the steward can still tell which file, sheet or column is meant. What decides how
a file is read (`files`, `extracts.match`, sheet months, references) keeps using the real name.
"""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise

from orchestration.contracts import MONTHS, month_of_sheet, tidy
from orchestration.core import FIRST_NAMES
from orchestration.intake.minimising.detectors import KENYAN_PHONE, PERSON, PLACE_WORDS, TITLED, identifies

_KNOWN_SUFFIX = re.compile(r"\.(?:csv|tsv|txt|json|xlsx|xlsm|xlsb|xls|ods|zip)", re.IGNORECASE)
_WITHHELD = re.compile(rf"name withheld \([0-9a-f]{{8}}\)(?:{_KNOWN_SUFFIX.pattern})?", re.IGNORECASE)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
# Days and times as programs write them into names, with or without signs between: no phone, no ID number.
_STAMP = re.compile(
    r"(?<!\d)(?:"
    rf"(?:19|20)\d\d[-_.]{_MONTH}[-_.]{_DAY}|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    rf"|(?<!\d\d\d[-_.]){_DAY}[-_.]{_MONTH}[-_.](?:19|20)?\d\d"
    r")(?:[-_. T]{0,3}[0-2]?\d(?:[-_.:h]?[0-5]\d){1,2}Z?)?(?!\d)"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_PART = re.compile(r"[^\W\d_]+|\d+")
_OF_SOMEBODY = re.compile(
    r"\b(?i:case|file|statement|affidavit|interview|story|survivor|victim|client)\s+(?i:of|about|for|with)\s+"
    r"([A-Z]\w+)\s+([A-Z]\w+)"
)
# Beside a first name these make the name of an organisation or of a file, not of a person.
_NO_SURNAMES_TEXT = """
all and book care case cases casebook children collective copy corps data desk draft english export
extract file final for form foundation from girls home house initiative intake journeys latest line list
map network new of old organisation organization outreach project records register report reports rescue
response round route routes shelter sheet survey swahili the to trust update version women
"""
_NO_SURNAMES = frozenset(_NO_SURNAMES_TEXT.split()) | PLACE_WORDS | frozenset(MONTHS)


def shown_file(name: str) -> str:
    """The file's name, or `name withheld (3f9a1c2b).csv` with 8 hex digits of the SHA-256 of the name."""
    found = _KNOWN_SUFFIX.fullmatch(name[name.rfind(".") :]) if "." in name else None
    suffix = found.group() if found else ""
    if is_withheld(name) or not names_somebody(name.removesuffix(suffix)):
        return name
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    candidates = (f"name withheld ({digest[at : at + 8]}){suffix}" for at in range(len(digest) - 7))
    # Eight digits without a letter look like an ID number: then the next eight are taken.
    return next(shown for shown in candidates if not identifies(shown))


def is_withheld(shown: str) -> bool:
    """Whether this is a stand-in for a file's name."""
    return _WITHHELD.fullmatch(shown) is not None


def shown_sheet(title: str, position: int) -> str:
    """A sheet's title, or `sheet 3 (name withheld)`, counted from 1 among the visible sheets."""
    if month_of_sheet(title) or not names_somebody(title):
        return title
    return f"sheet {position} (name withheld)"


def shown_column(name: str, position: int) -> str:
    """A column's name, or `column 7 (name withheld)`, counted from 1."""
    return f"column {position} (name withheld)" if names_somebody(name) else name


def names_somebody(name: str) -> bool:
    """Whether a name identifies a person, in whatever capitals and with whatever between the words."""
    text = tidy(_STAMP.sub(" | ", name).replace("_", " "))
    if identifies(_YEAR.sub("|", text)) not in (None, PERSON):
        return True
    if KENYAN_PHONE.search(text) or TITLED.search(text) or _is_about_somebody(text):
        return True
    return any(_is_a_person(one, other) for one, other in pairwise(_PART.findall(text.casefold())))


def _is_about_somebody(text: str) -> bool:
    """`case of Nekesa Barasa`: two names, whether or not they are known ones."""
    pairs = ({word.casefold() for word in found.groups()} for found in _OF_SOMEBODY.finditer(text))
    return any(not pair & _NO_SURNAMES for pair in pairs)


def _is_a_person(one: str, other: str) -> bool:
    if min(len(one), len(other)) < 2 or one.isdigit() or other.isdigit():
        return False
    return bool({one, other} & FIRST_NAMES) and not {one, other} & _NO_SURNAMES
