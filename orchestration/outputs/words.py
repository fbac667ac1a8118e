"""What the report and the pages of a release say, in English and Swahili: `words.csv`, one line a sentence.

No line holds a figure of its own: figures come into the braces, each with the cell it was read from. What a
status, label or band means stands in `seeds/reference/statistics_words.csv`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

from orchestration.core import REFERENCE_SEEDS

CATALOGUE = Path(__file__).with_name("words.csv")
MEANINGS = REFERENCE_SEEDS / "statistics_words.csv"
LANGUAGES = ("en", "sw")


@dataclass(frozen=True)
class Said:
    """A value as a reader sees it, and where it was read: `table|key|…`, and the column or counted rows."""

    text: str
    source: str
    column: str = ""


Sentence = tuple[str | Said, ...]
Slot = str | Said | Sentence


def sentence(slot: Slot) -> Sentence:
    return slot if isinstance(slot, tuple) else (slot,)


def plain(said: Slot) -> str:
    """The bare text."""
    return "".join(part if isinstance(part, str) else part.text for part in sentence(said))


@dataclass(frozen=True)
class Words:
    """Called with a key and what its braces name. Raises KeyError for a key that the catalogue lacks."""

    language: str = "en"

    def __call__(self, key: str, **slots: Slot) -> Sentence:
        parts: list[str | Said] = []
        for text, name, _, _ in Formatter().parse(self.text(key)):
            if text:
                parts.append(text)
            if name:
                parts.extend(sentence(slots[name]))
        return tuple(parts)

    def text(self, key: str) -> str:
        """A line as it stands; in English where it is not said in this language."""
        return _catalogue()[key][self.language] or _catalogue()[key]["en"]

    def counted(self, key: str, count: Said, **slots: Slot) -> Sentence:
        """`key.one` for one, else `key.more`."""
        return self(f"{key}.{'one' if count.text in ('1', 'one') else 'more'}", count=count, **slots)

    def together(self, slots: Iterable[Slot]) -> Sentence:
        """A, B and C."""
        parts = [sentence(slot) for slot in slots]
        if len(parts) < 2:
            return parts[0] if parts else ()
        said = list(parts[0])
        for part in parts[1:-1]:
            said += [", ", *part]
        return (*said, f" {self.text('list.and')} ", *parts[-1])

    def meaning(self, kind: str, code: str) -> str:
        """What a status, label, band or class says, as one sentence."""
        return _meanings()[kind, code][f"sentence_{self.language}"]


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return {row["key"]: {one: row[one] for one in LANGUAGES} for row in csv.DictReader(file)}


@cache
def _meanings() -> dict[tuple[str, str], dict[str, str]]:
    with MEANINGS.open(encoding="utf-8", newline="") as file:
        return {(row["kind"], row["code"]): row for row in csv.DictReader(file)}
