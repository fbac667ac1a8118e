"""Propose a field for a column of a sample, or a reason to deny it, from its heading and values.

Privacy first: columns about persons and text columns that are not understood are denied. A wrong `deny` costs
a steward one line; a wrong mapping would land personal data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from orchestration.contracts import (
    AGE_BAND,
    DATES,
    MANY_CODES,
    SINGLE_CODES,
    Cell,
    load_vocabulary,
    looks_like_a_day,
    norm,
    tidy,
    year_of,
)
from orchestration.core import seed_words
from orchestration.drafting.column_signs import (
    MOST_ANSWERS,
    consent_of,
    is_role,
    is_yes_or_no,
    personal_heading,
    personal_values,
    places_among,
    role_of,
)
from orchestration.drafting.samples import WRITTEN, CodeList, ColumnSample, codes_of
from orchestration.intake import (
    DEFAULT_PART,
    SURELY_DENIED,
    Reading,
    denial_in,
    identifies,
    place_of,
    readings,
)
from orchestration.places import FIRST_NAMES
from orchestration.typing import read_age, read_count

Kind = Literal["field", "use", "deny"]
SURE_ENOUGH = 0.5
ROLES, NOT_UNDERSTOOD = "roles", "not understood"
REFERENCES = ("incident_ref", "referral_ref")  # uses that feed `link`
OF_THE_FORM = "of the form, not of the journey"
# A few cells of a good column hold a phone by mistake; above this share the column is about persons.
PRIVATE_SHARE = 0.04
LONG_TEXT = 45
LONG_SHARE = 0.1
_ENOUGH_KNOWN = 0.8
_FEWEST_FITTING = 0.3
_UNSEEN_TEXT = 0.6  # how far a heading is trusted about places that nobody has typed yet
_MOST_SPELLINGS = 60
_FEWEST_DAYS, _YEARS_OF_EVENTS = 5, 8
_YEAR = re.compile(r"(?:19|20)\d\d")
_PLACE_SEPARATORS = (">", "→", ";", " - ", " – ", " via ")


@dataclass(frozen=True)
class Proposal:
    """The proposed role of a column; `means` is a field, a use (`key`, `consent` …) or a reason to deny."""

    column: str
    kind: Kind
    means: str
    confidence: float
    why: str
    codes: CodeList | None = None
    split: tuple[str, ...] = ()
    source: str | None = None


def propose(sample: ColumnSample, without: str | None = None) -> Proposal:
    """Return the best reading of a column that its values support, else a reason to deny it.

    `without`: a use that another column has, so the heading must mean something else.
    """
    said = [one for one in _readings(sample) if one.kind != "use" or one.means != without]
    if not sample.part and is_role(sample.texts_for(role_of)):
        return Proposal(sample.name, "use", ROLES, 0.9, "its answers separate victims from suspects")
    if of_type := _by_type(sample, said):
        return of_type
    if sample.offered:
        listed = _of_values(sample, said)
        if listed.codes and listed.codes.known_share >= _ENOUGH_KNOWN:
            return listed  # a list of codes, so no list of persons, whatever its question says
    # A column is a key rather than a reference beside one. Of a reference only a code is kept, so a heading
    # that speaks of persons does not deny it.
    uses = sorted((one for one in said if one.kind == "use"), key=lambda one: one.means in REFERENCES)
    is_reference = any(one.means in REFERENCES and one.strength >= SURELY_DENIED for one in uses)
    if not is_reference and (denied := denial_in(said)):
        return _deny_by_heading(sample, denied)
    use = next((one for one in uses if _supports_use(one, sample, said)), None)
    if use and not sample.part:
        return Proposal(sample.name, "use", use.means, use.strength, f"heading word {use.phrase!r}")
    if sample.part and any(one.means == "key" for one in uses):
        return _deny(sample, OF_THE_FORM, "numbers the rows of a child sheet", 0.9)
    if not (sample.choices or sample.offered) and (private := _private(sample)):
        return _deny(sample, private, "by its values", 0.9)
    return _of_values(sample, said)


def _readings(sample: ColumnSample) -> list[Reading]:
    """Return the meanings of all headings of a column, longest phrase first."""
    if sample.question is None:
        return readings(sample.name)
    best: dict[tuple[str, str], Reading] = {}
    for heading in sample.headings:
        for one in readings(heading):
            known = best.get(one[:2])
            if known is None or one.strength > known.strength:
                best[one[:2]] = one
    return sorted(best.values(), key=lambda one: (-len(one.phrase.split()), -one.strength, one.means))


def _by_type(sample: ColumnSample, said: list[Reading]) -> Proposal | None:
    """Return what the type of a question decides alone."""
    kind = sample.question_type
    if kind == "geopoint":
        role = next((one.means for one in said if one.kind == "role"), "observation")
        why = "a position: only its county lands"
        return Proposal(sample.name, "field", f"place({role}).point", 0.9, why)
    if means := seed_words("denied_types_of_questions").get(kind):
        return _deny(sample, means, f"question of type {kind}", 1.0)
    if sample.question and sample.question.is_long_text:
        return _deny(sample, "free text", "question of several lines", 1.0)
    return None


def _of_values(sample: ColumnSample, said: list[Reading]) -> Proposal:
    proposals = [
        proposal
        for means, strength, phrase in _meanings(sample, said)
        if (proposal := _of_field(sample, means, strength, f"heading word {phrase!r}"))
    ]
    best = max(proposals, key=lambda one: one.confidence, default=None)
    denied = next((one for one in said if one.kind == "deny"), None)
    if best is None or best.confidence < SURE_ENOUGH:
        best = _by_values(sample) or (None if denied else _day_by_values(sample)) or best
    if best and best.confidence >= SURE_ENOUGH:
        return best
    if denied:
        return _deny_by_heading(sample, denied)
    if not sample.part and any(one.means == "consent" for one in said):
        return _deny(sample, "reads like consent", "but its answers are no short list", 0.5)
    return _deny(sample, NOT_UNDERSTOOD, "neither heading nor values are known", 0.5)


def _meanings(sample: ColumnSample, said: list[Reading]) -> list[tuple[str, float, str]]:
    """Return (field, strength, phrase) for each meaning of a heading; places combine role and part."""
    found = [(one.means, one.strength, one.phrase) for one in said if one.kind == "field"]
    place = place_of(said)
    if place is not None:
        phrases = [one for one in said if one.kind in ("role", "part")]
        strength = max(one.strength for one in phrases)
        found.append((place, min(1.0, strength + 0.1 * (len(phrases) > 1)), phrases[0].phrase))
    elif sample.part and any(one.kind == "part" for one in said):
        found.append((f"place(transit).{DEFAULT_PART}", 0.7, said[0].phrase))
    longest = max((len(phrase.split()) for _, _, phrase in found), default=0)
    return [
        (means, strength - 0.08 * (longest - len(phrase.split())), phrase)
        for means, strength, phrase in found
    ]


def _is_an_age(cell: Cell) -> bool:
    words = load_vocabulary().words_of(AGE_BAND, ("en", "sw"))
    return not read_age(cell.value, cell.kind, words=words).problems


class _Measure(NamedTuple):
    """How a field shows in values: which cells hold it, and which types of questions ask for it.

    `source`: what an age is computed from.
    """

    holds: Callable[[Cell], bool]
    types: tuple[str, ...]
    what: str
    source: str | None = None


_DAYS = ("date", "datetime", "dateTime")
_NUMBERS = ("integer", "int", "decimal", "range")
_MEASURES = dict.fromkeys(DATES, _Measure(looks_like_a_day, _DAYS, "are days")) | {
    "birth_date": _Measure(looks_like_a_day, _DAYS, "are of the form birth_date", "birth_date"),
    "birth_year": _Measure(
        lambda cell: year_of(cell) is not None, _NUMBERS, "are of the form birth_year", "birth_year"
    ),
    AGE_BAND: _Measure(_is_an_age, _NUMBERS, "are ages", "age_text"),
    "person_count": _Measure(
        lambda cell: not read_count(cell.value, cell.kind).problems, _NUMBERS, "are counts"
    ),
}


def _of_field(sample: ColumnSample, means: str, strength: float, why: str) -> Proposal | None:
    if means.startswith("place("):
        return _of_place(sample, means, strength, why)
    if measure := _MEASURES.get(means):
        share = sample.share(measure.holds, *measure.types)
        field = AGE_BAND if measure.source else means
        return _measured(sample, field, strength, share, why, measure.what, measure.source)
    return _of_codes(sample, means, strength, why) if means in (*SINGLE_CODES, *MANY_CODES) else None


def _of_codes(sample: ColumnSample, means: str, strength: float, why: str) -> Proposal | None:
    if not _has_fitting_type(sample):
        return None
    codes = codes_of(means, sample)
    of_form = bool(sample.offered)
    if len(codes.spellings) > _MOST_SPELLINGS and not of_form:
        return None
    is_list = of_form or len(codes.spellings) <= max(12, 0.2 * len(sample.cells))
    if not is_list and codes.known_share < 0.5:
        return None
    confidence = round(0.5 * strength + 0.5 * max(codes.known_share, 0.3 if is_list else 0.0), 2)
    known = sum(codes.spellings[text] is not None for text in codes.counts)
    what = "choices" if of_form else "spellings"
    why = f"{why}; {known} of {len(codes.counts)} {what} known"
    return Proposal(sample.name, "field", _coded_field(sample, means), confidence, why, codes)


def _coded_field(sample: ColumnSample, means: str) -> str:
    return "place(transit).transport_mode" if sample.part and means == "transport_mode" else means


def _has_fitting_type(sample: ColumnSample) -> bool:
    """Return whether a question may hold codes: a list of choices, or a text that was typed or calculated."""
    return sample.question is None or sample.question_type in WRITTEN


def _of_place(sample: ColumnSample, means: str, strength: float, why: str) -> Proposal | None:
    if not sample.is_text:
        return None
    role, _, part = means.partition(".")
    separators = [mark for mark in _PLACE_SEPARATORS if any(mark in text for text in sample.texts)]
    is_list = role == "place(transit)" and not sample.part and bool(separators)
    marks = re.compile("|".join(map(re.escape, separators)))
    parts = [part for text in sample.texts for part in (marks.split(text) if is_list else [text])]
    names = [tidy(part) for part in parts if tidy(part)]
    share, kind = places_among(names)
    if not names:
        share = _UNSEEN_TEXT if sample.question else 0.0
    if is_list:
        part = "list"
    elif part == DEFAULT_PART and kind == "country":
        part = "country_text"
    elif part == DEFAULT_PART and kind == "county" and role == "place(observation)":
        part = "admin_text"
    choices = [choice.name for choice in sample.offered if not sample.cells]
    if choices and places_among(choices)[0] < _ENOUGH_KNOWN:
        why = f"{why}; the names of its choices are no places, so ask for exports with labels"
    proposal = _measured(sample, f"{role}.{part}", strength, share, why, "are known places")
    return replace(proposal, split=tuple(separators)) if proposal and is_list else proposal


def _measured(
    sample: ColumnSample,
    means: str,
    strength: float,
    share: float,
    why: str,
    what: str,
    source: str | None = None,
) -> Proposal | None:
    """Return a proposal by heading and by the share of values that support it; None with too few."""
    confidence = 0.5 * strength + 0.5 * share
    if sample.cells:
        evidence = f"{share:.0%} of the values {what}" if share >= _FEWEST_FITTING else None
    elif sample.question:
        evidence = f"question of type {sample.question_type}" if share else None
    else:
        confidence, evidence = 0.6 * strength, "no value to check"
    if evidence is None:
        return None
    return Proposal(sample.name, "field", means, round(confidence, 2), f"{why}; {evidence}", source=source)


def _by_values(sample: ColumnSample) -> Proposal | None:
    """Return a field for a closed list whose spellings are known, whatever its heading."""
    if not sample.texts or len(sample.texts) > _MOST_SPELLINGS or not _has_fitting_type(sample):
        return None
    best: tuple[float, int, str, CodeList] | None = None
    for means in (*SINGLE_CODES, *MANY_CODES):
        if means == "consent_state":
            continue
        codes = codes_of(means, sample)
        if codes.known_share >= _ENOUGH_KNOWN and len(codes.spellings) >= 2:
            candidate = (codes.known_share, len(set(codes.spellings.values())), means, codes)
            best = max(best or candidate, candidate, key=lambda one: one[:3])
    if best is None:
        return None
    share, _, means, codes = best
    why = f"heading not known; {share:.0%} of the values are known spellings"
    return Proposal(sample.name, "field", _coded_field(sample, means), round(0.7 * share, 2), why, codes)


def _day_by_values(sample: ColumnSample) -> Proposal | None:
    """Return a date of event for a column of days within a few years; birth dates span more."""
    share = sample.share(looks_like_a_day)
    years = [int(found[0]) for cell in sample.cells if (found := _YEAR.search(cell.value))]
    is_of_few_years = bool(years) and max(years) - min(years) <= _YEARS_OF_EVENTS
    if sample.part or share < _ENOUGH_KNOWN or len(sample.cells) < _FEWEST_DAYS or not is_of_few_years:
        return None
    why = f"heading not known; {share:.0%} of the values are days"
    return Proposal(sample.name, "field", "event_on", round(0.6 * share, 2), why)


def _supports_use(use: Reading, sample: ColumnSample, said: list[Reading]) -> bool:
    answers = sample.texts_for(consent_of)
    if use.means == "consent" and is_yes_or_no(answers):
        return True
    if said[0] is not use and use.strength < 0.95:
        return False
    if use.means in ("consent", "accept_if"):
        return len(answers) <= MOST_ANSWERS
    if use.means == "key":
        is_reference = sample.filled > 0.9 and sample.share(looks_like_a_day) < 0.5
        return is_reference and not (personal_heading(sample.name) or personal_values(sample.texts))
    if use.means in REFERENCES:
        return sample.share(looks_like_a_day) < 0.5 and not personal_values(sample.texts)
    return True


def _private(sample: ColumnSample) -> str | None:
    """Return what the values of a column show about persons, or None."""
    texts = [cell for cell in sample.cells if cell.kind in ("text", "number")]
    if not texts:
        return None
    found = Counter(
        reason for cell in texts if not looks_like_a_day(cell) and (reason := identifies(tidy(cell.value)))
    )
    if found and sum(found.values()) >= max(2, PRIVATE_SHARE * len(texts)):
        reason = found.most_common(1)[0][0].removeprefix("strip:")
        return f"values look like {reason.replace('_', ' ')}"
    names = sum(bool(FIRST_NAMES.intersection(norm(cell.value).split())) for cell in texts)
    if names >= max(3, 0.2 * len(texts)):
        return "values look like names"
    long = sum(len(cell.value) > LONG_TEXT for cell in texts)
    if long >= max(2, LONG_SHARE * len(texts)) and len(sample.texts) > 0.2 * len(texts):
        return "free text"
    return None


def _deny(sample: ColumnSample, means: str, why: str, confidence: float) -> Proposal:
    return Proposal(sample.name, "deny", means, round(confidence, 2), why)


def _deny_by_heading(sample: ColumnSample, denied: Reading) -> Proposal:
    return _deny(sample, denied.means, f"heading word {denied.phrase!r}", denied.strength)
