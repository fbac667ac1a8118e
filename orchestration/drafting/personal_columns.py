"""Columns that cannot be the key of a record: phones, identity numbers, e-mails and names of persons.

Persons share, change and lack such data, so it would merge some people and split others. Stewards would also
have to ask partners for it to find a row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from orchestration.contracts import norm, tidy
from orchestration.intake import EMAIL, ID_NUMBER, PERSON, PHONE, identifies, readings
from orchestration.places import FIRST_NAMES

# A column of references may hold a few phones by mistake; above this share it is a column of phones.
PRIVATE_SHARE = 0.2
_OF_PERSONS = ("name of a person", "phone or address", "ID number")
# A reference may contain digits like a phone or ID number (`MB-2024-00095`), so the whole cell must match.
_PHONE_WHOLE = re.compile(r"\+?(?:[ \-().]*\d){9,15}")
_ID_WHOLE = re.compile(r"[A-Za-z]\d{7,8}|[1-9]\d{6,7}|[ABCabc][Kk]\d{6,8}")
# `20240012`, `2024-00012-3`: a number of the year 2024.
_OF_A_YEAR = re.compile(r"20[0-4]\d(?:[\d\-. ]{3,})")


def personal_heading(heading: str) -> str | None:
    """Return the personal data that a heading names (`phone or address` …), or None."""
    return next((read.means for read in readings(heading) if read.means in _OF_PERSONS), None)


def personal_values(values: Iterable[str]) -> str | None:
    """Return the personal data that many of the values look like (`phone`, `id number` …), or None."""
    texts = [text for value in values if (text := tidy(value))]
    found = Counter(reason for text in texts if (reason := _reason(text)))
    if not found or sum(found.values()) < max(2, PRIVATE_SHARE * len(texts)):
        return None
    return found.most_common(1)[0][0].removeprefix("strip:").replace("_", " ")


def _reason(text: str) -> str | None:
    found = identifies(text)
    if found in (EMAIL, PERSON) or FIRST_NAMES.intersection(norm(text).split()):
        return EMAIL if found == EMAIL else PERSON
    if _OF_A_YEAR.fullmatch(text):
        return None
    if _PHONE_WHOLE.fullmatch(text):
        return PHONE
    return ID_NUMBER if _ID_WHOLE.fullmatch(text) else None
