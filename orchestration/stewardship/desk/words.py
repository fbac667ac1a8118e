"""The desk's texts in English and Swahili: `words.csv` by key, and the rooms' sentences by `said`."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.stewardship.sentences import in_language

CATALOGUE = Path(__file__).with_name("words.csv")
LANGUAGES = {"en": "English", "sw": "Kiswahili"}
LANGUAGE_COOKIE = "njia_language"


@dataclass(frozen=True)
class Words:
    """Call it with a key and the values of its braces. Raises KeyError for an unknown key."""

    language: str

    def __call__(self, key: str, **named: object) -> str:
        said = catalogue()[key][self.language]
        shown = {name: f"{one:,}" if type(one) is int else one for name, one in named.items()}
        return said.format(**shown) if named else said

    def known(self, key: str, otherwise: str) -> str:
        """Return the text of a key made of data, such as a field's name."""
        return catalogue()[key][self.language] if key in catalogue() else otherwise

    def said(self, sentence: Any) -> Any:
        """Return a room's sentence in this language; a number stays one."""
        return in_language(sentence, self.language) if isinstance(sentence, str) else sentence

    def said_all(self, words: Iterable[str]) -> str:
        return ", ".join(self.said(one) for one in words)


def words_of(language: str | None) -> Words:
    return Words(language if language in LANGUAGES else "en")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return {row["key"]: {one: row[one] for one in LANGUAGES} for row in csv.DictReader(file)}
