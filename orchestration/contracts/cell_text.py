"""Text of cells: cleaning, words for "not known", numbers written as words (English and Swahili).

Codes and their spellings are data, in seeds/reference.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from orchestration.contracts.cells import same, tidy

BLANK = frozenset(
    {"", "-", "--", "–", "—", ".", "..", "n/a", "n.a.", "n.a", "na", "#n/a", "nil", "null", "blank"}
)
NOT_KNOWN = frozenset(
    {
        "?", "??", "???", "unknown", "not known", "unk", "not stated", "not specified", "not disclosed",
        "undisclosed", "don't know", "dont know", "do not know", "dk", "not available", "not recorded",
        "tbc", "tbd", "sijui", "haijulikani", "hajui", "hakuna taarifa",
    }
)  # fmt: skip
# Excel's error values without #N/A, which people type to say "not available".
SHEET_ERRORS = frozenset(
    {"#ref!", "#value!", "#div/0!", "#name?", "#null!", "#num!", "#spill!", "#calc!", "#getting_data"}
)
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
_UNITS = {
    word: number
    for number, words in enumerate(
        (
            "zero sifuri", "one moja", "two mbili", "three tatu", "four nne", "five tano", "six sita",
            "seven saba", "eight nane", "nine tisa", "ten kumi", "eleven", "twelve", "thirteen", "fourteen",
            "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
        )
    )
    for word in words.split()
}  # fmt: skip
_TENS = {
    word: 10 * number
    for number, words in enumerate(
        (
            "twenty ishirini", "thirty thelathini", "forty arobaini", "fifty hamsini", "sixty sitini",
            "seventy sabini", "eighty themanini", "ninety tisini",
        ),
        start=2,
    )
    for word in words.split()
}  # fmt: skip


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
