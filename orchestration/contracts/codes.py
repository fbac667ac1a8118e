"""Read a partner's spelling of a code by contract values, crosswalk, code, label and words, in that order.

An unknown part of a cell becomes `unknown` with a problem. `Vocabulary` holds the lists of seeds/reference.
`unknown_codes` finds the codes of a contract that no list has.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from orchestration.contracts.cells import clean, error_code, is_blank, is_missing, norm
from orchestration.contracts.fields import MANY_CODES, SINGLE_CODES, FieldSpec
from orchestration.core import seed_rows

if TYPE_CHECKING:
    from orchestration.contracts.contract import Contract

SEEDS = (
    *("codes.csv", "crosswalk.csv", "code_words.csv", "words.csv"),
    *("places.csv", "place_codes.csv", "place_aliases.csv"),
)
NATIONALITY = "nationality"
AGE_BAND = "age_band"
UNKNOWN = "unknown"
_NOT_ASKED = frozenset({"-99"})  # CTDC's mark for a field a partner does not collect
_SEPARATORS = (";", ",", "/", "&", "+", "|", "\n")
_TOKEN = re.compile(r"[^\s,;/&+|()\"\[\]]+")
_MOST_LISTED = 40
_LISTED_IN = {NATIONALITY: "places.csv, iso_alpha3"}
_CONNECTORS = frozenset(["and", "then", "na", "kisha", "halafu", "plus", "also"])


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Look-up tables by domain and normalised text."""

    codes: dict[str, set[str]]
    labels: dict[str, dict[str, str]]
    words: dict[str, dict[str, tuple[str, str]]]
    crosswalks: dict[tuple[str, str], dict[str, str]]
    countries: dict[str, str]

    def words_of(self, domain: str, languages: tuple[str, ...]) -> dict[str, str]:
        """Return the words of a domain in some languages, each with its code."""
        return {
            word: code
            for word, (code, language) in self.words.get(domain, {}).items()
            if language in languages or language == "any"
        }

    def is_code(self, domain: str, code: str) -> bool:
        if domain == NATIONALITY:
            return code == "unknown" or (
                len(code) == 3 and code.isascii() and code.isupper() and code.isalpha()
            )
        return code in self.codes.get(domain, set())

    def is_country(self, text: str) -> bool:
        """Whether a text is the name or code of a country, and nothing else."""
        return norm(text) in self.countries


@cache
def load_vocabulary() -> Vocabulary:
    codes: dict[str, set[str]] = defaultdict(set)
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    for row in seed_rows("codes"):
        codes[row["domain"]].add(row["code"])
        labels[row["domain"]].setdefault(norm(row["label"]), row["code"])
    words: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for row in seed_rows("code_words"):
        words[row["domain"]][norm(row["word"])] = (row["code"], row["language"])
    crosswalks: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in seed_rows("crosswalk"):
        if row["direction"] != "out":
            crosswalks[row["domain"], row["system"]][norm(row["system_code"])] = row["code"]
    return Vocabulary(dict(codes), dict(labels), dict(words), dict(crosswalks), _countries())


def _countries() -> dict[str, str]:
    """Map name, alias, alpha-2 and alpha-3 of countries to alpha-3; ambiguous names are left out."""
    names = [
        (row["place_id"], name)
        for row in seed_rows("places")
        if row["kind"] == "country" and row["iso_alpha3"] == row["place_id"]
        for name in (row["name"], row["place_id"])
    ]
    countries = {place for place, _ in names}
    names += [
        (row["place_id"], row["code"]) for row in seed_rows("place_codes") if row["system"] == "iso_alpha2"
    ]
    names += [(row["place_id"], row["alias"]) for row in seed_rows("place_aliases")]
    places_of: dict[str, set[str]] = defaultdict(set)
    for place, name in names:
        if place in countries:
            places_of[norm(name)].add(place)
    return {name: places.pop() for name, places in places_of.items() if len(places) == 1}


@dataclass(frozen=True)
class ReadCode:
    """`code` is None where nothing was asked; `is_child` follows from words such as `girl`."""

    code: str | None = None
    problems: tuple[str, ...] = ()
    is_child: bool | None = None


@dataclass(frozen=True)
class ReadCodes:
    """Codes in their order in the cell, without repeats."""

    codes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class CodeReader:
    """Reads the cells of one field; build one per field and extract."""

    def __init__(
        self,
        domain: str,
        vocabulary: Vocabulary,
        *,
        values: Mapping[str, str] | None = None,
        crosswalk: str | None = None,
        languages: Iterable[str] = ("en", "sw"),
        split: Iterable[str] = (),
        missing: Iterable[str] = (),
    ) -> None:
        self._domain, self._vocabulary = domain, vocabulary
        self._split = tuple(split)
        self._missing = {norm(word) for word in missing}
        self._not_asked = _NOT_ASKED if (crosswalk or "").startswith("ctdc") else frozenset()
        spoken = tuple(languages)
        self._known: dict[str, str] = {}  # code by normalised spelling
        self._add({spelling: self._canonical(code) for spelling, code in (values or {}).items()})
        self._add(vocabulary.crosswalks.get((domain, crosswalk or ""), {}))
        self._add({code: code for code in vocabulary.codes.get(domain, ())})
        if domain == NATIONALITY:
            self._add(vocabulary.countries)
        self._add(vocabulary.labels.get(domain, {}))
        self._add(vocabulary.words_of(domain, spoken))
        self._child_words = {
            word for word, code in vocabulary.words_of(AGE_BAND, spoken).items() if code == "child"
        }
        self._phrases: dict[tuple[str, ...], str] = {}
        for key, code in self._known.items():
            if key in _CONNECTORS:  # `na` alone is Namibia, between two words it is `and`
                continue
            self._phrases.setdefault(tuple(_TOKEN.findall(key)), code)
        self._longest = max((len(phrase) for phrase in self._phrases), default=0)

    @classmethod
    def of_field(
        cls, name: str, spec: FieldSpec, vocabulary: Vocabulary, languages: Iterable[str]
    ) -> CodeReader:
        """Build the reader of a contract's field (`sex`, `place(transit).transport_mode`)."""
        return cls(
            name.rsplit(".", 1)[-1],
            vocabulary,
            values=spec.values,
            crosswalk=spec.crosswalk,
            languages=languages,
            split=spec.split,
            missing=spec.missing,
        )

    def read_one(self, value: str | None, kind: str = "text") -> ReadCode:
        """Read a cell with one code; never raises."""
        text = norm(value)
        early = self._early(text, kind)
        if early is not None:
            return early
        if text not in self._known:
            return ReadCode(UNKNOWN, ("unk:code_unmapped",))
        hint = True if self._domain == "sex" and text in self._child_words else None
        return ReadCode(self._known[text], is_child=hint)

    def read_many(self, value: str | None, kind: str = "text") -> ReadCodes:
        """Read a cell with any number of codes; never raises."""
        text = norm((value or "").replace("\n", ";"))
        early = self._early(text, kind)
        if early is not None:
            return ReadCodes((early.code,) if early.code else (), early.problems)
        if text in self._known:
            return self._many([self._known[text]])
        parts = [self._part(part) for part in self._parts(text)]
        if None in parts:
            whole = self._covered(text)
            parts = [whole] if whole is not None else parts
        codes = [code for part in parts if part is not None for code in part]
        if None not in parts:
            return self._many(codes)
        return ReadCodes(self._many(codes).codes or (UNKNOWN,), ("unk:code_unmapped",))

    def read_array(self, value: str | None, kind: str = "text") -> ReadCodes:
        """Read a cell with a JSON array of codes (`["a", "b"]`); any other text as a joined cell."""
        choices = _array(value or "")
        if choices is not None:
            return self.read_flags(choices)
        if norm(value).startswith("["):  # a truncated array
            return ReadCodes((UNKNOWN,), ("unk:code_unmapped",))
        return self.read_many(value, kind)

    def read_one_of_array(self, value: str) -> ReadCode:
        """Read an array into a field of one code; several codes give `unknown`."""
        read = self.read_array(value)
        if len(read.codes) > 1:
            return ReadCode(UNKNOWN, ("unk:codes_disagree",))
        return ReadCode(read.codes[0] if read.codes else None, read.problems)

    def read_flags(self, choices: Iterable[str]) -> ReadCodes:
        """Read the chosen choices of a question that was exported as one 1/0 column a choice."""
        codes: list[str] = []
        problems: list[str] = []
        for choice in choices:
            read = self.read_one(choice)
            if read.problems and (several := self._covered(norm(choice))):
                codes += several
                continue
            codes += [read.code] if read.code and read.code != UNKNOWN else []
            problems += read.problems
        found = tuple(dict.fromkeys(codes))
        return ReadCodes(found or ((UNKNOWN,) if problems else ()), tuple(dict.fromkeys(problems)))

    def _early(self, text: str, kind: str) -> ReadCode | None:
        if kind == "error":
            return ReadCode(UNKNOWN, (f"unk:{error_code(text)}",))
        if text in self._known:
            return ReadCode() if not self._known[text] else None
        if is_blank(text) or text in self._not_asked:
            return ReadCode()
        return ReadCode(UNKNOWN) if text in self._missing or is_missing(text) else None

    def _parts(self, text: str) -> list[str]:
        marks = [norm(mark) if mark.strip() else mark for mark in self._split] or list(_SEPARATORS)
        pattern = "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True) if mark)
        parts = [part.strip() for part in re.split(pattern, text)]
        return [part for part in parts if part and (part in self._known or not is_blank(part))]

    def _part(self, text: str) -> list[str] | None:
        if text in self._known:
            return [self._known[text]]
        return [UNKNOWN] if is_missing(text) or text in self._missing else self._covered(text)

    def _covered(self, text: str) -> list[str] | None:
        """Return the codes of a text made of known phrases only, longest first; else None."""
        tokens = _TOKEN.findall(text)
        codes: list[str] = []
        at = 0
        while at < len(tokens):
            for size in range(min(self._longest, len(tokens) - at), 0, -1):
                code = self._phrases.get(tuple(tokens[at : at + size]))
                if code is not None:
                    codes.append(code)
                    at += size
                    break
            else:
                if tokens[at] not in _CONNECTORS:
                    return None
                at += 1
        return codes or None

    def _many(self, codes: list[str]) -> ReadCodes:
        found = tuple(dict.fromkeys(code for code in codes if code))
        return ReadCodes(tuple(code for code in found if code != UNKNOWN) or found)

    def _canonical(self, code: str) -> str:
        """Return our form of a code in a contract; `unknown` for a code that does not exist."""
        plain = clean(code).upper() if self._domain == NATIONALITY and norm(code) != UNKNOWN else norm(code)
        if plain in ("", "null"):
            return ""
        return plain if self._vocabulary.is_code(self._domain, plain) else UNKNOWN

    def _add(self, found: Mapping[str, str]) -> None:
        for spelling, code in found.items():
            self._known.setdefault(norm(spelling), code)


def _array(text: str) -> list[str] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [str(item) for item in found if item is not None] if isinstance(found, list) else None


def joined_or_flags(joined: ReadCodes | None, flags: ReadCodes | None) -> ReadCodes:
    """Combine both exports of a choose-many question: the joined cell wins, a conflict is noted."""
    if joined is None or not joined.codes:
        return flags or joined or ReadCodes()
    if flags is not None and flags.codes and set(flags.codes) != set(joined.codes):
        return ReadCodes(joined.codes, (*joined.problems, "flag:multi_select_conflict"))
    return joined


def unknown_codes(contract: Contract) -> list[str]:
    """Return a sentence for each unknown code of a contract: it would turn answers into `unknown`."""
    vocabulary = load_vocabulary()
    codes = vocabulary.codes | {NATIONALITY: {*vocabulary.countries.values(), UNKNOWN}}
    return [
        f"key `{key}`: {code!r} is no code of {domain} in {_LISTED_IN.get(domain, 'codes.csv')}. "
        f"{nearest(code, codes[domain])}".rstrip()
        for key, domain, code in _stated_codes(contract, codes)
        if code not in codes[domain]
    ]


def _stated_codes(contract: Contract, codes: Mapping[str, set[str]]) -> Iterator[tuple[str, str, str]]:
    """Yield the codes that a contract itself states: key, list and code.

    A constant or default may also be a word that its field knows; such a word is left out.
    """
    for purpose in sorted({*contract.agreement.purposes}):
        yield "agreement.purposes", "purpose", purpose
    for name, spec in contract.fields.items():
        domain = name.rpartition(").")[2]
        if domain not in codes:
            continue
        for target in sorted({*spec.values.values()}):
            yield f"fields.{name}.values", domain, target
        if domain in (*SINGLE_CODES, *MANY_CODES):
            for key, text in (("constant", spec.constant), ("default", spec.default)):
                if text is None or text in codes[domain]:
                    continue
                reader = CodeReader.of_field(domain, spec, load_vocabulary(), contract.locale.languages)
                read = reader.read_many(text) if domain in MANY_CODES else reader.read_one(text)
                if read.problems:
                    yield f"fields.{name}.{key}", domain, text


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the nearest known word as a question; of a short list all of them, of a long one nothing."""
    listed = sorted(known)
    if close := get_close_matches(word, listed, n=1, cutoff=0.5):
        return f"Did you mean `{close[0]}`?"
    return f"Known are: {', '.join(listed)}." if 0 < len(listed) <= _MOST_LISTED else ""
