"""What the values of a column show: personal data, places, the order of dates, consent or state."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from orchestration.contracts import Cell, norm, same, split_time, tidy
from orchestration.core import seed_words
from orchestration.intake import EMAIL, ID_NUMBER, PERSON, PHONE, identifies, readings
from orchestration.places import FIRST_NAMES, resolve_names

# A column of references may hold a few phones by mistake; above this share it is a column of phones.
PRIVATE_SHARE = 0.2
_OF_PERSONS = ("name of a person", "phone or address", "ID number")
# A reference may contain digits like a phone or ID number (`MB-2024-00095`), so the whole cell must match.
_PHONE_WHOLE = re.compile(r"\+?(?:[ \-().]*\d){9,15}")
_ID_WHOLE = re.compile(r"[A-Za-z]\d{7,8}|[1-9]\d{6,7}|[ABCabc][Kk]\d{6,8}")
# `20240012`, `2024-00012-3`: a number of the year 2024.
_OF_A_YEAR = re.compile(r"20[0-4]\d(?:[\d\-. ]{3,})")
_LOOKED_UP = 60
_DIGITS = re.compile(r"(\d{1,4})[./ -](\d{1,2})[./ -](\d{1,4})")
_LAST_MONTH = 12
# A few slips in dates, and a few towns with the name of a country, are accepted.
NEARLY_ALL = 0.9
MOST_ANSWERS = 8
_ENOUGH_MEANT = 0.8


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


def places_among(texts: Iterable[str]) -> tuple[float, str | None]:
    """Return the share of names that are known places, and the kind (`country`, `county` …) of nearly all.

    The kind is None for mixed kinds.
    """
    names = list(dict.fromkeys(texts))[:_LOOKED_UP]
    matches = [
        match
        for match in resolve_names(names)
        if match["place_id"] not in (None, "unknown") or match["country"] is not None
    ]
    kinds = Counter(match["kind"] for match in matches if match["kind"])
    kind, count = kinds.most_common(1)[0] if kinds else (None, 0)
    return len(matches) / max(len(names), 1), kind if count >= NEARLY_ALL * kinds.total() else None


class DateOrder(NamedTuple):
    """`order`: `dmy`, `mdy`, `ymd`, or None where the values do not decide. `why`: what they show."""

    order: str | None
    why: str


def date_order(cells: Iterable[Cell], is_of_server: bool = False) -> DateOrder:
    """Return the order. A day above 12 decides it; without one, or with both orders, a person must.

    `is_of_server`: a form server wrote the file, so the year stands first.
    """
    digits = [_DIGITS.fullmatch(split_time(same(cell.value))[0]) for cell in cells if cell.kind == "text"]
    written = [match for match in digits if match]
    if not written and is_of_server:
        return DateOrder("ymd", "form servers write the year first")
    if not written:
        return DateOrder(None, "no date is written in digits as text, so the order does not matter yet")
    rest = [match for match in written if len(match[1]) != 4]
    year_first = len(written) - len(rest)
    if year_first >= NEARLY_ALL * len(written):
        return DateOrder("ymd", f"the year stands first in {year_first} of {len(written)} dates in digits")
    above = {
        order: sum(int(match[at]) > _LAST_MONTH for match in rest) for at, order in ((1, "dmy"), (2, "mdy"))
    }
    counts = (
        f"of {len(rest)} dates in digits the first number is above 12 in {above['dmy']}, the second in "
        f"{above['mdy']}"
    )
    order, deciding = max(above.items(), key=lambda item: item[1])
    if deciding and deciding >= NEARLY_ALL * sum(above.values()):
        return DateOrder(order, counts)
    return DateOrder(None, f"{counts}: ask the partner which order it uses")


def consent_of(text: str) -> str | None:
    """Return what a yes or no to a question of consent means, or None."""
    return seed_words("consent").get(same(text))


def is_yes_or_no(texts: Mapping[str, int]) -> bool:
    return _are_meant(texts, consent_of)


def is_role(texts: Mapping[str, int]) -> bool:
    """Whether a column separates persons at risk from suspects; then each row is one person."""
    return _are_meant(texts, role_of) and {"accept", "withhold"} <= {role_of(text) for text in texts}


def _are_meant(texts: Mapping[str, int], meaning_of: Callable[[str], str | None]) -> bool:
    """Whether a column has few answers, of which nearly all have a meaning."""
    understood = sum(count for text, count in texts.items() if meaning_of(text))
    return 0 < len(texts) <= MOST_ANSWERS and understood >= _ENOUGH_MEANT * sum(texts.values())


def role_of(text: str) -> str | None:
    """Return `accept` for a person at risk, `withhold` for a suspect, None for any other role."""
    roles = {role for word in norm(text).split() if (role := seed_words("roles_of_persons").get(word))}
    return min(roles, default=None)


def sorted_answers(answers: Mapping[str, str | None]) -> dict[str, list[str]]:
    """Return the lists of an `accept_if`; an answer without a known meaning waits."""
    lists: dict[str, list[str]] = {"accept": [], "withhold": [], "wait": []}
    for text, meaning in answers.items():
        lists[meaning or "wait"].append(text)
    return {name: texts for name, texts in lists.items() if texts}
