"""Detect cells that must never land: phones, e-mails, ID numbers, coordinates, people, free text.

A detected cell is removed and counted. Each kind of field has its own tests, so that dates, ages, counts and
codes are not mistaken for phone or ID numbers. The text of a place may name a person (`Kwa Maina`): it lands
encrypted, and a steward decides what it means.
"""

from __future__ import annotations

import re

from orchestration.contracts import (
    AGES,
    COUNTS,
    DATES,
    LONGEST_TEXT,
    Cell,
    FieldSpec,
    is_text_of_a_place,
    same,
    tidy,
)
from orchestration.core import seed_words
from orchestration.places import FIRST_NAMES

LONGEST_LIST = 600  # of codes or places joined in one cell
PHONE, EMAIL, ID_NUMBER = "strip:phone", "strip:email", "strip:id_number"
COORDINATES, FREE_TEXT, PERSON = "strip:coordinates", "strip:free_text", "strip:person"

_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[A-Za-z]{2,}")
_POWER = r"(?:0?8|0?9|1[0-4])(?!\d)"
# `2E11` alone in a cell is a phone number; among words it needs a point or plus, because it may be a code.
_SCIENTIFIC_PHONE = re.compile(
    rf"^\d(?:[.,]\d+)?[eE]\+?{_POWER}$|(?<![\w.,])\d(?:[.,]\d+[eE]\+?|[eE]\+){_POWER}"
)
_DIGIT_RUN = re.compile(r"\+?\(?\d[\d \-().\u2010-\u2013/]{6,}\d")
KENYAN_PHONE = re.compile(r"(?<!\d)(?:\+?254|0)[ \-.()]*[17](?:[ \-.()]*\d){8}(?!\d)")
_ID = re.compile(r"(?<![\w.])(?:[A-Za-z]\d{7,8}|[ABCabc][Kk]\d{6,8}|\d{7,8})(?![\w.])")
_LONG_NUMBER = re.compile(r"\d{7,}")
_PAIR = re.compile(r"[+-]?\d{1,3}[.]\d{2,}\s*[°NSns]?[\s,;/]+[+-]?\d{1,3}[.]\d{2,}")
_ONE_COORDINATE = re.compile(r"[+-]?\d{1,3}\.\d{3,}")
_DEGREES = re.compile(r"\d{1,3}\s*°")
_PLAIN_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:[\d:.]{2,12}(?:Z|[+-]\d\d:?\d\d)?)?")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
TITLED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Bw|Bwana|Bibi|Sheikh|MR|MRS|MS)\b\.?\s+[A-Z][a-z]+"
    r"|\b(?:uncle|aunt|auntie|cousin|brother|sister|husband|wife|boyfriend|girlfriend|neighbour|friend|mjomba"
    r"|shangazi|rafiki|Uncle|Aunt|Auntie|Cousin|Brother|Sister)\s+(?:called\s+|named\s+)?[A-Z][a-z]+"
    r"|\b(?:son|daughter|house|wife|child|mtoto|nyumba)\s+(?:of|ya|wa)\s+[A-Z][a-z]+\s+[A-Z][a-z]+"
    r"|\b(?:c/o|name\s*:|jina\s*:|called|named|aitwaye)\s*[A-Z][a-z]+"
    r"|\b[A-Z][a-z]+\s+(?:binti|bint|bin|ibn)\s+[A-Z][a-z]+"
)
# Two words with a first name are a person, unless one of them marks a place.
PLACE_WORDS = frozenset(seed_words("words_of_places"))
_NAME_PAIR = re.compile(r"\b([A-Z][a-z]+)\s+([A-Z][a-z]+)(?:\s+([A-Za-z]+))?")


def findings(field: str, spec: FieldSpec, cell: Cell) -> str | None:
    """Return why this cell may not land (`strip:…`), or None."""
    text = tidy(cell.value)
    if not text or cell.kind not in ("text", "number", "label"):
        return None
    if field in DATES and _PLAIN_DAY.fullmatch(text):
        return None
    if len(text) > LONGEST_LIST and not _is_known_label(text, spec):
        return FREE_TEXT  # removed in any case, and the patterns below are slow on long texts
    if _EMAIL.search(text):
        return EMAIL
    if field in DATES:
        return _in_a_date(text)
    if field in COUNTS or field in AGES:
        return _in_a_number(text)
    if _is_known_label(text, spec):
        return None
    reason = identifies(text)
    if reason == PERSON and is_text_of_a_place(field):
        reason = None
    return reason or (FREE_TEXT if _is_long(field, spec, text) else None)


def identifies(text: str) -> str | None:
    """Return why a short text may identify a person (`strip:…`), or None."""
    if _EMAIL.search(text):
        return EMAIL
    if _PAIR.search(text) or _DEGREES.search(text) or _ONE_COORDINATE.fullmatch(text):
        return COORDINATES
    if _SCIENTIFIC_PHONE.search(text) or _has_phone(text):
        return PHONE
    if _ID.search(text):
        return ID_NUMBER
    return PERSON if _looks_like_a_person(text) else None


# Njia's own ids, which a decision's reason may name; they are no phone numbers.
_OWN_ID = re.compile(
    r"\b(?:\d{8}T\d{6}Z-[0-9a-f]{8}|r-[0-9a-f]{16}|(?=[0-9]*[a-f])(?:[0-9a-f]{16}|[0-9a-f]{12}))\b"
)
_END_OF_SENTENCE = re.compile(r"[.!?]+(?=\s|$)")


def contact_in_prose(text: str) -> str | None:
    """Name the phone, e-mail or ID number in a sentence, or return None. Names of people are allowed."""
    if _EMAIL.search(text):
        return "an e-mail address"
    text = _END_OF_SENTENCE.sub(" ", _OWN_ID.sub(" ", text))
    if _SCIENTIFIC_PHONE.search(text) or _has_phone(text):
        return "a phone number"
    if _ID.search(_ISO_DAY.sub(" ", text)):
        return "what looks like an identity number (7 or 8 digits together)"
    return None


def _in_a_date(text: str) -> str | None:
    if KENYAN_PHONE.search(text) and not _ISO_DAY.search(text):
        return PHONE
    return FREE_TEXT if len(text) > LONGEST_TEXT or _looks_like_a_person(text) else None


def _in_a_number(text: str) -> str | None:
    if _SCIENTIFIC_PHONE.search(text) or KENYAN_PHONE.search(text):
        return PHONE
    if _LONG_NUMBER.search(text):
        return PHONE if _digits(text) >= 9 else ID_NUMBER
    return FREE_TEXT if len(text) > LONGEST_TEXT or _looks_like_a_person(text) else None


def _has_phone(text: str) -> bool:
    if KENYAN_PHONE.search(text):
        return True
    runs = [_ISO_DAY.sub(" ", run.group()) for run in _DIGIT_RUN.finditer(text)]
    return any(9 <= _digits(run) <= 15 and "/" not in run for run in runs)


def _looks_like_a_person(text: str) -> bool:
    if TITLED.search(text):
        return True
    for first, second, third in _NAME_PAIR.findall(text):
        known = first.casefold() in FIRST_NAMES or second.casefold() in FIRST_NAMES
        if known and not {second.casefold(), third.casefold()} & PLACE_WORDS:
            return True
    return False


def _is_long(field: str, spec: FieldSpec, text: str) -> bool:
    """Return whether a text is too long: lists are judged part by part, joined codes may be longer."""
    if spec.select_multiple:
        return len(text) > LONGEST_LIST
    parts = [text]
    separators = [*spec.split, ",", ";"] if spec.split or field.endswith(".list") else []
    for separator in separators:
        parts = [part for joined in parts for part in joined.split(separator)]
    return any(len(tidy(part)) > LONGEST_TEXT for part in parts) or len(text) > LONGEST_LIST


def _is_known_label(text: str, spec: FieldSpec) -> bool:
    return len(text) > LONGEST_TEXT and same(text) in {same(label) for label in spec.values}


def _digits(text: str) -> int:
    return sum(sign.isdigit() for sign in text)
