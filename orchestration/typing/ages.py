"""Read a cell with an age, a birth year or an age derived at landing: age band, and child or adult.

An age that may lie on either side of eighteen is unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from orchestration.contracts import (
    ABOUT,
    RANGE_TURNED_DATE,
    TO,
    error_code,
    is_blank,
    is_missing,
    norm,
    number_in_words,
)
from orchestration.core import seed_words

_BANDS = (
    ("a00_08", 0, 8), ("a09_17", 9, 17), ("a18_20", 18, 20), ("a21_23", 21, 23), ("a24_26", 24, 26),
    ("a27_29", 27, 29), ("a30_38", 30, 38), ("a39_47", 39, 47), ("a48_plus", 48, 130),
)  # fmt: skip
_OLDEST, _ADULT = 130, 18
_ABOUT_YEARS = 2
_VAGUE = seed_words("vague_ages")
_YEARS = r"(?:years? old|years?|yrs?\.?|yo|y/o|y\.o\.?|y|miaka|mwaka)"
_MONTHS_TOO = r"(?:\s*(?:and|na|,)?\s*\d{1,2}\s*(?:months?|mths?|miezi))?"
_NUMBER = r"\d{1,9}(?:\.\d{1,9})?|[a-z][a-z -]*?"
_AGE = re.compile(rf"(?:miaka |aged? |age:? )?(?P<n>{_NUMBER})\s*{_YEARS}?{_MONTHS_TOO}")
_SMALL_UNIT = r"m|mo|mos|mth|mths|months?|w|wks?|weeks?|d|days?"
_YOUNG = re.compile(rf"(?:miezi |wiki |siku )?(?P<n>\d{{1,3}})\s*(?P<unit>{_SMALL_UNIT})?(?: old)?")
_PER_YEAR = {"m": 12, "w": 52, "d": 365}
_N = rf"(?P<n>\d{{1,3}})\s*{_YEARS}?"
_RANGE = re.compile(rf"(?:between )?(?P<a>\d{{1,3}})\s*{_YEARS}?\s*{TO}\s*(?P<b>\d{{1,3}})\s*{_YEARS}?")
_FROM = re.compile(rf"{_N}\s*(?:\+|(?:and|or) (?:above|over|older|more)|plus)")
_AT_LEAST = re.compile(rf"(?:>=|≥|at least)\s*{_N}")
_OVER = re.compile(rf"(?:over|above|>|older than|zaidi ya(?: miaka)?)\s*{_N}")
_UNDER = re.compile(rf"(?:under|below|u-?|<|younger than|less than|chini ya(?: miaka)?)\s*{_N}")
_ABOUT = re.compile(rf"{ABOUT}\s*(?:miaka )?{_N}")
_LIST = re.compile(r"\d{1,3}(\s*(,|&|;|/|and|na)\s*\d{1,3})+")


@dataclass(frozen=True)
class ReadAge:
    """`band` is None where nothing was asked, `unknown` where the answer cannot be used."""

    band: str | None = None
    is_child: bool | None = None
    problems: tuple[str, ...] = ()


def read_age(
    value: str | None,
    kind: str = "text",
    number_format: str | None = None,
    *,
    source: str = "age_text",
    event: tuple[date, date] | None = None,
    missing: tuple[str, ...] = (),
    words: dict[str, str] | None = None,
) -> ReadAge:
    """Read one cell; never raises.

    `event`: first and last possible day of the event, for birth years. `words`: the age words of
    seeds/reference/code_words.csv (minor, mtoto, adult …).
    """
    if kind == "error":
        return _unknown(error_code(value))
    if kind in ("date", "datetime"):
        return _unknown("age_is_date")
    text = norm(value)
    if is_blank(text):
        return ReadAge()
    if text in {norm(word) for word in missing} or is_missing(text):
        return ReadAge("unknown")
    if source == "birth_year" and kind != "derived":
        return _from_birth_year(text, event)
    return _from_text(text, words or {})


def _from_text(text: str, words: dict[str, str]) -> ReadAge:
    if words.get(text) in ("child", "adult"):
        return ReadAge(words[text], words[text] == "child")
    if text in _VAGUE:
        return _unknown("age_vague")
    if re.fullmatch(r"(19|20)\d\d(\.0+)?", text):
        return _unknown("age_is_year")
    if re.fullmatch(r"[-+−]\s*\d+(\.\d+)?", text):
        return _unknown("age_invalid")
    if (found := _YOUNG.fullmatch(text)) and (found["unit"] or text.startswith(("miezi", "wiki", "siku"))):
        unit = {"miezi": "m", "wiki": "w", "siku": "d"}.get(text.split()[0], (found["unit"] or "m")[0])
        years = int(found["n"]) // _PER_YEAR[unit]
        return _between(years, years) if int(found["n"]) <= 3 * _PER_YEAR[unit] else _unknown("age_unparsed")
    if (found := _AGE.fullmatch(text)) and (age := _whole_years(found["n"])) is not None:
        return _between(age, age) if age <= _OLDEST else _unknown("age_invalid")
    return _with_bounds(text)


def _with_bounds(text: str) -> ReadAge:
    if found := _RANGE.fullmatch(text):
        return _between(*sorted((int(found["a"]), int(found["b"]))))
    if found := _FROM.fullmatch(text) or _AT_LEAST.fullmatch(text):
        return _between(int(found["n"]), _OLDEST)
    if found := _OVER.fullmatch(text):
        return _between(int(found["n"]) + 1, _OLDEST)
    if found := _UNDER.fullmatch(text):
        return _between(0, int(found["n"]) - 1)
    if found := _ABOUT.fullmatch(text):
        age = int(found["n"])
        near = _between(max(0, age - _ABOUT_YEARS), age + _ABOUT_YEARS)
        if near.is_child is None:
            return near
        return ReadAge(_between(age, age).band, near.is_child, ("flag:age_estimated",))
    if _LIST.fullmatch(text):
        return _unknown("age_list")
    return _unknown("age_is_date" if RANGE_TURNED_DATE.fullmatch(text) else "age_unparsed")


def _from_birth_year(text: str, event: tuple[date, date] | None) -> ReadAge:
    found = re.fullmatch(r"(?P<year>(?:19|20)\d\d)(?:\.0+)?", text)
    if not found:
        return _unknown("age_invalid")
    if event is None:
        return _unknown("age_without_date")
    born = int(found["year"])
    oldest = event[1].year - born
    if not 0 <= oldest <= _OLDEST:
        return _unknown("age_invalid")
    return _between(max(0, event[0].year - born - 1), oldest)


def _between(low: int, high: int) -> ReadAge:
    if high < 0 or low > _OLDEST or high > _OLDEST:
        return _unknown("age_invalid")
    for band, first, last in _BANDS:
        if first <= low and high <= last:
            return ReadAge(band, last < _ADULT)
    if high < _ADULT:
        return ReadAge("child", True)
    return ReadAge("adult", False) if low >= _ADULT else _unknown("age_straddles_18")


def _whole_years(text: str) -> int | None:
    """Return completed years, without decimals."""
    return int(text.split(".")[0]) if text[0].isdigit() else number_in_words(text.strip())


def _unknown(code: str) -> ReadAge:
    return ReadAge("unknown", None, (f"unk:{code}",))
