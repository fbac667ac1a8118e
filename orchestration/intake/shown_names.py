"""Names of files, sheets and columns, and spellings of answers, in the form in which they may be shown.

Control characters are escaped.

A partner may name a file, sheet or column after a person. Outside inbox and sealed originals a file is called
by partner, day and id, and a heading with an unknown word by its position; the partner can still find both.
Reading itself (`files`, `extracts.match`, sheet months, references) uses the real names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise

from orchestration.contracts import MONTHS, month_of_sheet, tidy
from orchestration.core import escaped, seed_rows, seed_words
from orchestration.intake.drift.column_words import words_of
from orchestration.intake.minimising.detectors import KENYAN_PHONE, PERSON, PLACE_WORDS, TITLED, identifies
from orchestration.places import FIRST_NAMES

_KNOWN_SUFFIX = re.compile(r"\.(?:csv|tsv|txt|json|xlsx|xlsm|xlsb|xls|ods|zip)", re.IGNORECASE)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
# Dates and times that programs write into names; they are no phone or ID numbers.
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
# Beside a first name these words make the name of an organisation or file, not of a person.
_NO_SURNAMES = frozenset(seed_words("no_surnames")) | PLACE_WORDS | frozenset(MONTHS)
# Words of ordinary headings that are in no seed.
_HEADING_WORDS = frozenset(seed_words("headings")) | PLACE_WORDS | frozenset(MONTHS)
_POSITION = re.compile(r"(?:.*/)?column \d+")
# Limits of a spelling with unknown words: characters, words, records that share it, length of the list.
LONGEST_SPELLING = 40
MOST_WORDS = 5
ENOUGH_RECORDS = 5
LONGEST_LIST = 12
_WORD = re.compile(r"[^\W\d_]+")


def shown_file(name: str) -> str:
    """Return the file's name, or `name withheld (3f9a1c2b).csv` with 8 hex digits of the name's SHA-256."""
    found = _KNOWN_SUFFIX.fullmatch(name[name.rfind(".") :]) if "." in name else None
    suffix = found.group() if found else ""
    if not names_somebody(name.removesuffix(suffix)):
        return escaped(name)
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    candidates = (f"name withheld ({digest[at : at + 8]}){suffix}" for at in range(len(digest) - 7))
    # Eight digits without a letter look like an ID number, so the next eight are tried.
    return next(shown for shown in candidates if not identifies(shown))


def extract_name(partner: str, day: str, sha256: str) -> str:
    """Return what a file is called outside inbox and sealed originals: `busia_shelter 2026-11-30 3fa9c1d2…`.

    The id is longer where a detector takes its first eight digits for a phone or ID number.
    """
    names = (f"{partner} {day} {sha256[:length]}…" for length in range(8, 17))
    return next((name for name in names if not identifies(name)), f"{partner} {day} {sha256[:16]}")


def shown_sheet(title: str, position: int) -> str:
    """Return a sheet's title, or `sheet 3 (name withheld)`, counted from 1 among the visible sheets."""
    if month_of_sheet(title) or not names_somebody(title):
        return escaped(title)
    return f"sheet {position} (name withheld)"


def shown_column(name: str, position: int, named: Iterable[str] = ()) -> str:
    """Return a column's name, or `column 7`, counted from 1; `named`: the columns that the contract names."""
    return escaped(name) if is_known_heading(name, named) else f"column {position}"


def is_position(column: str) -> bool:
    """Return whether this stands for the name of a column that may not be shown."""
    return _POSITION.fullmatch(column) is not None


def is_known_heading(name: str, named: Iterable[str] = ()) -> bool:
    """Return whether all words of a heading are known: from Njia's lists or the contract's columns."""
    words = {word for word in words_of(name) if len(word) > 1 and not word.isdigit()}
    unknown = words - _HEADING_WORDS - _words_of_columns() - _known_words()
    return not names_somebody(name) and unknown <= {word for column in named for word in words_of(column)}


@cache
def _words_of_columns() -> frozenset[str]:
    return frozenset(word for row in seed_rows("column_words") for word in words_of(row["phrase"]))


def names_somebody(name: str) -> bool:
    """Return whether a name identifies a person, whatever its capitals and separators."""
    text = tidy(_STAMP.sub(" | ", name).replace("_", " "))
    if identifies(_YEAR.sub("|", text)) not in (None, PERSON):
        return True
    if KENYAN_PHONE.search(text) or TITLED.search(text) or _is_about_somebody(text):
        return True
    return any(_is_a_person(one, other) for one, other in pairwise(_PART.findall(text.casefold())))


def _is_about_somebody(text: str) -> bool:
    """Return whether the text is like `case of Nekesa Barasa`, with known names or unknown ones."""
    pairs = ({word.casefold() for word in found.groups()} for found in _OF_SOMEBODY.finditer(text))
    return any(not pair & _NO_SURNAMES for pair in pairs)


def _is_a_person(one: str, other: str) -> bool:
    if min(len(one), len(other)) < 2 or one.isdigit() or other.isdigit():
        return False
    return bool({one, other} & FIRST_NAMES) and not {one, other} & _NO_SURNAMES


def may_be_shown(spelling: str, records: int, spellings_in_list: int) -> bool:
    """Return whether a spelling of a closed list may be shown because it can identify no person.

    A list may hold a name by mistake (a swapped column, a note in the wrong cell). A spelling is shown if all
    its words are in Njia's own lists, or if its other words are in lower case, several records share it and
    the list is short. Anything like a person's name, phone or ID number is never shown.
    """
    text = tidy(spelling)
    written = _WORD.findall(text)
    words = [word.casefold() for word in written]
    if not words or len(text) > LONGEST_SPELLING or len(words) > MOST_WORDS:
        return False
    if identifies(text) or names_somebody(text) or FIRST_NAMES.intersection(words):
        return False
    unknown = [word for word in written if word.casefold() not in _known_words()]
    if not unknown and not any(sign.isdigit() for sign in text):
        return True
    return (
        all(word.islower() for word in unknown)
        and records >= ENOUGH_RECORDS
        and spellings_in_list <= LONGEST_LIST
    )


@cache
def _known_words() -> frozenset[str]:
    """Return the words of all codes, labels and spellings, in every language and system."""
    texts = []
    columns_of = {"codes": ("code", "label"), "code_words": ("word",), "crosswalk": ("system_code",)}
    for seed, columns in columns_of.items():
        texts += [row[column] for row in seed_rows(seed) for column in columns]
    return frozenset(word.casefold() for text in texts for word in _WORD.findall(text.replace("_", " ")))
