"""The closed list behind a column: its spellings, their codes, and how its cells are split."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from orchestration.contracts import (
    NATIONALITY,
    SINGLE_CODES,
    UNKNOWN,
    CodeReader,
    Vocabulary,
    is_missing,
    norm,
    tidy,
)
from orchestration.drafting.form import Question
from orchestration.drafting.samples import ColumnSample

SYSTEMS = (None, "htcds2", "ctdc6", "ke_ctip")  # None: our own spellings
_ANY_MARK = re.compile(r"[;,/&+|]")
_BLANK = re.compile(r"\s")


@dataclass(frozen=True)
class CodeList:
    """`spellings` maps each spelling to our code, or None if it is unknown; `counts` to its cells.

    Of a form `counts` holds each choice once, and `read_alone` the spellings that our own lists know.
    """

    spellings: Mapping[str, str | None]
    counts: Mapping[str, int]
    crosswalk: str | None = None
    select_multiple: str | None = None
    read_alone: frozenset[str] = frozenset()

    def needs_values(self, spellings: Iterable[str]) -> bool:
        """Return whether our own lists lack one of these spellings of a code."""
        return any(text not in self.read_alone for text in spellings)

    @property
    def known_share(self) -> float:
        """Share of the answers with a known code, so that a rare typo weighs little."""
        total = sum(self.counts.values())
        known = sum(count for text, count in self.counts.items() if self.spellings[text] is not None)
        return known / total if total else 0.0


def codes_of(domain: str, sample: ColumnSample, vocabulary: Vocabulary) -> CodeList:
    """Return the list of a column in one of our domains.

    A form lists all choices; without one, our spellings and the codes of each standard are tried on answers.
    """
    if sample.question is not None and sample.question.choices:
        return _of_form(domain, sample.question, vocabulary)
    texts = sample.texts
    if sample.choices:
        style = "both" if sample.has_joined else "flags"
        return _best(
            [_list(domain, Counter(sample.choices), system, vocabulary, style) for system in SYSTEMS]
        )
    plain = [_list(domain, texts, system, vocabulary) for system in SYSTEMS]
    best = _best(plain)
    if domain in SINGLE_CODES or best.known_share == 1:
        return best
    anyhow = [
        _list(domain, _split(texts, _ANY_MARK, one), one.crosswalk, vocabulary) for one in plain
    ]  # cells are split at the usual signs without a setting in the contract
    joined = [
        found
        for one in plain
        for found in [_list(domain, _split(texts, _BLANK, one), one.crosswalk, vocabulary, "joined")]
        if found.known_share == 1 or len(found.spellings) < len(texts)
    ]
    return _best([best, *anyhow, *joined])


@lru_cache(maxsize=128)
def _reader(domain: str, vocabulary: Vocabulary, system: str | None) -> CodeReader:
    return CodeReader(domain, vocabulary, crosswalk=system)


def _of_form(domain: str, question: Question, vocabulary: Vocabulary) -> CodeList:
    """Map every spelling of every choice, in whichever system one is known.

    Labels decide; the name does where none is known. A choice whose labels say different things stays open.
    """
    readers = [_reader(domain, vocabulary, system) for system in SYSTEMS]

    def code_of(text: str) -> str | None:
        if is_missing(norm(text)):
            return UNKNOWN
        return next((code for reader in readers if (code := _code(reader, domain, text))), None)

    spellings: dict[str, str | None] = {}
    for choice in question.choices:
        said = {code for text in choice.labels.values() if (code := code_of(text))}
        code = code_of(choice.name) if not said else said.pop() if len(said) == 1 else None
        spellings |= dict.fromkeys(choice.spellings, code)
    counts = {choice.name: 1 for choice in question.choices}
    alone = frozenset(text for text, code in spellings.items() if _code(readers[0], domain, text) == code)
    style = "both" if question.has_many_choices else None
    return CodeList(spellings, counts, select_multiple=style, read_alone=alone)


def _split(texts: Counter[str], mark: re.Pattern[str], whole: CodeList) -> Counter[str]:
    """Count the parts of cells split at a mark; cells that are known as a whole stay whole."""
    counts: Counter[str] = Counter()
    for text, count in texts.items():
        parts = [text] if whole.spellings[text] is not None else mark.split(text)
        for part in parts:
            counts.update({tidy(part): count} if tidy(part) else {})
    return counts


def _best(found: list[CodeList]) -> CodeList:
    def rank(one: CodeList) -> tuple[float, bool, bool]:
        return round(one.known_share, 3), one.crosswalk is None, one.select_multiple is None

    return max(found, key=rank)


def _list(
    domain: str,
    texts: Counter[str],
    system: str | None,
    vocabulary: Vocabulary,
    select_multiple: str | None = None,
) -> CodeList:
    reader = _reader(domain, vocabulary, system)
    spellings = {text: _code(reader, domain, text) for text in texts}
    return CodeList(spellings, dict(texts), system, select_multiple)


def _code(reader: CodeReader, domain: str, text: str) -> str | None:
    read = reader.read_one(text)
    if domain == NATIONALITY and text.isdigit():
        return None
    return None if read.problems or read.code in (None, UNKNOWN) else read.code
