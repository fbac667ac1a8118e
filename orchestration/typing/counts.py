"""Read a cell with a number of persons: count, bounds and basis.

Published sums use the low bound of a range.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestration.contracts import (
    ABOUT,
    RANGE_TURNED_DATE,
    TO,
    clean,
    error_code,
    is_missing,
    norm,
    number_in_words,
)
from orchestration.core import seed_words

_LARGEST = 2**31 - 1
_VAGUE = seed_words("vague_counts")
_SPAN = r"day|week|wk|month|mo|year|yr|siku|wiki|mwezi|mwaka"
_RATE = re.compile(
    rf"\b(?:per|kwa|every|each|a)\s+(?:{_SPAN})\b|/\s*(?:{_SPAN})\b|\bper\b|\b(?:daily|weekly|monthly|yearly|annually)\b"
)
_ABOUT = re.compile(rf"{ABOUT}\s*(?P<n>.+)")
_END = r"[^\s–—-]+"
_RANGE = re.compile(rf"(?:between|from|kati ya)?\s*(?P<a>{_END})\s*(?:{TO}|na)\s*(?P<b>{_END})")
_AT_LEAST = re.compile(r"(?:at least|minimum|min\.?|not less than|angalau|≥|>=)\s*(?P<n>.+)")
_OR_MORE = re.compile(r"(?P<n>\S+)\s*(?:\+|or more|and above|plus)")
_MORE_THAN = re.compile(r"(?:>|more than|over|above|zaidi ya)\s*(?P<n>.+)")
_AT_MOST = re.compile(r"(?:up to|at most|maximum|max\.?|not more than|hadi|≤|<=)\s*(?P<n>.+)")
_FEWER_THAN = re.compile(r"(?:<|less than|fewer than|under|below|chini ya)\s*(?P<n>.+)")
_FEMALE = r"f|females?|girls?|wom[ae]n|ladies|lady|wasichana|msichana|wanawake|mwanamke|ke"
_MALE = r"m|males?|boys?|m[ae]n|wavulana|mvulana|wanaume|mwanaume|mwanamume|me"
_ONE_SEX = re.compile(rf"(?P<n>\d{{1,6}})\s*(?:(?P<female>{_FEMALE})|(?P<male>{_MALE}))")
_BY_SEX = re.compile(
    rf"\d{{1,6}}\s*(?:{_FEMALE}|{_MALE})(?:\s*(?:,|&|\+|/|;|\band\b|\bna\b)?\s*\d{{1,6}}\s*(?:{_FEMALE}|{_MALE}))+"
)
_WITH_WORDS = re.compile(
    r"(?P<n>\d{1,6})\s*(?:\([^()]*\)|(?:persons?|people|victims?|cases?|individuals?|pax|minors?|children|child|adults?"
    rf"|watu|mtu|watoto|mtoto|migrants?|survivors?|{_FEMALE}|{_MALE})(?:\s*\([^()]*\))?)"
)


@dataclass(frozen=True)
class ReadCount:
    """`sex` is set where the cell counts both sexes (`3F 2M`)."""

    count: int | None = None
    low: int | None = None
    high: int | None = None
    basis: str = "not_stated"
    problems: tuple[str, ...] = ()
    sex: str | None = None


def read_count(
    value: str | None,
    kind: str = "text",
    number_format: str | None = None,
    *,
    thousands: str = ",",
    decimal: str = ".",
    maximum: int | None = None,
    grain: str = "route_report",
    missing: tuple[str, ...] = (),
) -> ReadCount:
    """Read one cell; never raises or guesses. An uncertain value is `not_stated` with a problem."""
    if kind == "error":
        return _unread(error_code(value))
    if kind in ("date", "datetime"):
        return _unread("count_is_date")
    if kind == "boolean":
        return _unread("count_unparsed")
    text = norm(value)
    if is_missing(text) or text in {norm(word) for word in missing}:
        return ReadCount()
    plain = (",", ".") if kind in ("number", "derived") else (thousands, decimal)
    return _judge(_read(text, *plain), maximum, grain)


def _read(text: str, thousands: str, decimal: str) -> ReadCount:
    number = _number(text, thousands, decimal)
    if isinstance(number, int):
        return ReadCount(number, number, number, "stated")
    if number == "invalid" or text.endswith("%"):
        return _unread("count_invalid")
    if text in _VAGUE or re.sub(r"\s+of\b.*", "", text) in _VAGUE:
        return _unread("count_vague")
    if _RATE.search(text):
        return _unread("count_is_rate")
    if RANGE_TURNED_DATE.fullmatch(text):
        return _unread("count_is_date")
    return _with_bounds(text, thousands, decimal) or _with_words(text) or _unread("count_unparsed")


def _with_bounds(text: str, thousands: str, decimal: str) -> ReadCount | None:
    def whole(part: str | None) -> int | None:
        number = _number((part or "").strip(), thousands, decimal)
        return number if isinstance(number, int) else None

    if (found := _ABOUT.fullmatch(text)) and (number := whole(found["n"])) is not None:
        return ReadCount(number, None, None, "estimated")
    found = _AT_LEAST.fullmatch(text) or _OR_MORE.fullmatch(text)
    if found and (number := whole(found["n"])) is not None:
        return ReadCount(number, number, None, "at_least")
    if (found := _MORE_THAN.fullmatch(text)) and (number := whole(found["n"])) is not None:
        return ReadCount(number + 1, number + 1, None, "at_least")
    if (found := _AT_MOST.fullmatch(text)) and (number := whole(found["n"])) is not None:
        return ReadCount(None, None, number, "at_most")
    if (found := _FEWER_THAN.fullmatch(text)) and (number := whole(found["n"])):
        return ReadCount(None, None, number - 1, "at_most")
    if (found := _RANGE.fullmatch(text)) and None not in (bounds := (whole(found["a"]), whole(found["b"]))):
        low, high = sorted(bound for bound in bounds if bound is not None)
        flags = ("flag:range_reversed",) if (low, high) != bounds else ()
        return ReadCount(low, low, high, "range", flags)
    return None


def _with_words(text: str) -> ReadCount | None:
    if _BY_SEX.fullmatch(text):
        groups = list(_ONE_SEX.finditer(text))
        sexes = {"female" if group["female"] else "male" for group in groups}
        if len(sexes) == len(groups) == 2:
            total = sum(int(group["n"]) for group in groups)
            return ReadCount(total, total, total, "stated", ("flag:count_by_sex",), "mixed")
        return None
    if found := _WITH_WORDS.fullmatch(text):
        number = int(found["n"])
        return ReadCount(number, number, number, "stated", ("flag:count_text_ignored",))
    return None


def _number(text: str, thousands: str, decimal: str) -> int | str | None:
    """Parse a whole number; `invalid` for a number that cannot count persons; None for other text."""
    words = number_in_words(text)
    if words is not None:
        return words
    mark, point = re.escape(thousands), re.escape(decimal)
    if thousands and re.fullmatch(rf"\d{{1,3}}({mark}\d{{3}})+({point}00?)?", text):
        text = text.replace(thousands, "")
    # `1.000` stays unread: many writers mean a thousand.
    if found := re.fullmatch(rf"(\d+)({point}00?)?", text):
        return int(found[1]) if len(found[1]) < 12 and int(found[1]) <= _LARGEST else "invalid"
    return "invalid" if re.fullmatch(r"[-+−]?[\d.,]*\d(e[-+]?\d+)?%?", text) else None


def _judge(read: ReadCount, maximum: int | None, grain: str) -> ReadCount:
    bounds = [bound for bound in (read.count, read.low, read.high) if bound is not None]
    if maximum is not None and bounds and max(bounds) > maximum:
        return _unread("count_implausible", "Q")
    if bounds and max(bounds) > _LARGEST:
        return _unread("count_invalid")
    if bounds and max(bounds) == 0:
        if grain in ("case", "interception"):
            return _unread("count_zero", "Q")
        return ReadCount(0, 0, 0, read.basis, (*read.problems, "flag:count_zero"))
    return read


def _unread(code: str, outcome: str = "unk") -> ReadCount:
    return ReadCount(problems=(f"{outcome}:{code}",))


def read_default(text: str | None, grain: str) -> ReadCount:
    """Return the count of a record without one: the contract's default, one for a case, else not stated."""
    if text is not None:
        return read_count(clean(text), grain=grain)
    return ReadCount(1, 1, 1, "stated") if grain == "case" else ReadCount()
