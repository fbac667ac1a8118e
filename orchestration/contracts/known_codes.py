"""Check that the codes of a contract exist: a misspelt one would silently turn answers into `unknown`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache

from orchestration.contracts.codes import NATIONALITY, CodeReader, load_vocabulary
from orchestration.contracts.contract import Contract
from orchestration.contracts.fields import MANY_CODES, SINGLE_CODES, FieldSpec
from orchestration.contracts.terms import reference_places
from orchestration.core import seed_rows

_MOST_LISTED = 40
_LISTED_IN = {NATIONALITY: "seeds/reference/places.csv, iso_alpha3"}


def unknown_codes(contract: Contract) -> list[str]:
    """Return a sentence for each unknown code and word list of a contract."""
    faults = [
        f"key `{key}`: {code!r} is no code of {domain}. {_nearest(code, _codes()[domain])} "
        f"({_LISTED_IN.get(domain, 'seeds/reference/codes.csv')})."
        for key, domain, code in _stated_codes(contract)
        if code not in _codes()[domain]
    ]
    return faults + [
        f"key `fields.{name}.words`: there is no word list {spec.words!r}. "
        f"{_nearest(spec.words, _word_domains())} (seeds/reference/code_words.csv)."
        for name, spec in contract.fields.items()
        if spec.words is not None and spec.words not in _word_domains()
    ]


def _stated_codes(contract: Contract) -> Iterator[tuple[str, str, str]]:
    """Yield the codes that a contract itself states: key, list and code.

    A constant or default may also be a word that its field knows; such a word is left out.
    """
    for purpose in sorted({*contract.agreement.purposes}):
        yield "agreement.purposes", "purpose", purpose
    for name, spec in contract.fields.items():
        domain = name.rpartition(").")[2]
        if domain not in _codes():
            continue
        for target in sorted({*spec.values.values()}):
            yield f"fields.{name}.values", domain, target
        if domain in (*SINGLE_CODES, *MANY_CODES):
            for key, text in (("constant", spec.constant), ("default", spec.default)):
                if text is not None and not _is_known_word(contract, domain, spec, text):
                    yield f"fields.{name}.{key}", domain, text


def _is_known_word(contract: Contract, domain: str, spec: FieldSpec, text: str) -> bool:
    """Return whether a field reads a text that is no code."""
    if text in _codes()[domain]:
        return False
    vocabulary = load_vocabulary()
    reader = CodeReader.of_field(domain, spec, vocabulary, contract.locale.languages)
    read = reader.read_many(text) if domain in MANY_CODES else reader.read_one(text)
    return not read.problems


def _nearest(word: str, known: set[str]) -> str:
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    if close:
        return f"Did you mean `{close[0]}`?"
    return f"Known are: {', '.join(sorted(known))}" if len(known) <= _MOST_LISTED else "See its list"


@cache
def _codes() -> dict[str, set[str]]:
    codes: dict[str, set[str]] = defaultdict(set)
    for row in seed_rows("codes"):
        codes[row["domain"]].add(row["code"])
    codes[NATIONALITY] = {row["iso_alpha3"] for row in reference_places()} | {"unknown"}
    return dict(codes)


@cache
def _word_domains() -> set[str]:
    return {row["domain"] for row in seed_rows("code_words")}
