"""The closed list behind a column: its spellings, their codes, and how its cells are split."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestration.contracts import NATIONALITY, SINGLE_CODES, UNKNOWN, CodeReader, Vocabulary, tidy

SYSTEMS = (None, "htcds2", "ctdc6", "ke_ctip")  # None: our own spellings
_ANY_MARK = re.compile(r"[;,/&+|]")
_BLANK = re.compile(r"\s")


@dataclass(frozen=True)
class CodeList:
    """`spellings` maps each spelling to our code, or None if it is unknown; `counts` to its cells."""

    spellings: Mapping[str, str | None]
    counts: Mapping[str, int]
    crosswalk: str | None = None
    select_multiple: str | None = None

    @property
    def known_share(self) -> float:
        """Share of the answers with a known code, so that a rare typo weighs little."""
        total = sum(self.counts.values())
        known = sum(count for text, count in self.counts.items() if self.spellings[text] is not None)
        return known / total if total else 0.0


def read_codes(
    domain: str, texts: Counter[str], choices: Iterable[str], has_joined: bool, vocabulary: Vocabulary
) -> CodeList:
    """Try our spellings and the codes of each standard, on whole cells and on split ones."""
    choices = list(choices)
    if choices:
        style = "both" if has_joined else "flags"
        return _best([_list(domain, Counter(choices), system, vocabulary, style) for system in SYSTEMS])
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
    reader = CodeReader(domain, vocabulary, crosswalk=system)
    spellings = {text: _code(reader, domain, text) for text in texts}
    return CodeList(spellings, dict(texts), system, select_multiple)


def _code(reader: CodeReader, domain: str, text: str) -> str | None:
    read = reader.read_one(text)
    if domain == NATIONALITY and text.isdigit():
        return None
    return None if read.problems or read.code in (None, UNKNOWN) else read.code
