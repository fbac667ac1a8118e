"""The closed list behind a column: its spellings, which of our codes each means, and how cells are parted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestration.contracts import NATIONALITY, SINGLE_CODES, UNKNOWN, CodeReader, Vocabulary, tidy

SYSTEMS = ("htcds2", "ctdc6", "ke_ctip")
_ANY_MARK = re.compile(r"[;,/&+|]")
_BLANK = re.compile(r"\s")


@dataclass(frozen=True)
class CodeList:
    """`spellings` maps each spelling to our code, or None where nobody knows it; `counts` to its cells."""

    spellings: Mapping[str, str | None]
    counts: Mapping[str, int]
    crosswalk: str | None = None
    select_multiple: str | None = None

    @property
    def known_share(self) -> float:
        """Of the answers, not of the spellings: a rare typo must not weigh as much as the usual word."""
        total = sum(self.counts.values())
        known = sum(count for text, count in self.counts.items() if self.spellings[text] is not None)
        return known / total if total else 0.0


def read_codes(
    domain: str, texts: Counter[str], choices: Iterable[str], has_joined: bool, vocabulary: Vocabulary
) -> CodeList:
    """Try our words and each standard's codes, on whole cells and on cells parted at signs or blanks."""
    choices = list(choices)
    if choices:
        style = "both" if has_joined else "flags"
        return _best([_list(domain, Counter(choices), system, vocabulary, style) for system in _systems()])
    plain = [_list(domain, texts, system, vocabulary) for system in _systems()]
    best = _best(plain)
    if domain in SINGLE_CODES or best.known_share == 1:
        return best
    anyhow = [
        _list(domain, _pieces(texts, _ANY_MARK, one), one.crosswalk, vocabulary) for one in plain
    ]  # the usual signs part cells without the contract's saying so
    joined = [
        found
        for one in plain
        for found in [_list(domain, _pieces(texts, _BLANK, one), one.crosswalk, vocabulary, "joined")]
        if found.known_share == 1 or len(found.spellings) < len(texts)
    ]
    return _best([best, *anyhow, *joined])


def _pieces(texts: Counter[str], mark: re.Pattern[str], whole: CodeList) -> Counter[str]:
    """Cells parted at a mark, except those that are known as they stand."""
    pieces: Counter[str] = Counter()
    for text, count in texts.items():
        parts = [text] if whole.spellings[text] is not None else mark.split(text)
        for part in parts:
            pieces.update({tidy(part): count} if tidy(part) else {})
    return pieces


def _systems() -> tuple[str | None, ...]:
    return (None, *SYSTEMS)


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
    reader = CodeReader(domain, vocabulary, crosswalk=system)
    spellings = {text: _code(reader, domain, text) for text in texts}
    return CodeList(spellings, dict(texts), system, select_multiple)


def _code(reader: CodeReader, domain: str, text: str) -> str | None:
    read = reader.read_one(text)
    if domain == NATIONALITY and text.isdigit():
        return None
    return None if read.problems or read.code in (None, UNKNOWN) else read.code
