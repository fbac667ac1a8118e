"""Texts of the report and its figures: those of the catalogue, filled with values and their sources.

The meaning of a status, label or band is a sentence of `seeds/reference/statistics_words.csv`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from string import Formatter

from orchestration.core import catalogue, seed_rows, text_of

BORDER_POINT = "name.border_point"
MEANINGS = "statistics_words"


@dataclass(frozen=True)
class Value:
    """A value as readers see it. `source`: `table|key|…`. `column`: its column, or the rows counted."""

    text: str
    source: str
    column: str = ""


Spans = tuple[str | Value, ...]  # a sentence
Slot = str | Value | Spans


def spans(slot: Slot) -> Spans:
    return slot if isinstance(slot, tuple) else (slot,)


def plain(slot: Slot) -> str:
    """Return the text without the sources of its values."""
    return "".join(part if isinstance(part, str) else part.text for part in spans(slot))


def fill(template: str, **slots: Slot) -> Spans:
    """Return a sentence: the template with a slot for each of its braces."""
    parts: list[str | Value] = []
    for text, name, _, _ in Formatter().parse(template):
        if text:
            parts.append(text)
        if name:
            parts.extend(spans(slots[name]))
    return tuple(parts)


def listed(slots: Iterable[Slot], between: str = ", ") -> Spans:
    """Return spans one after the other."""
    parts: list[str | Value] = []
    for slot in slots:
        parts += [*([between] if parts else []), *spans(slot)]
    return tuple(parts)


@dataclass(frozen=True)
class Texts:
    """The texts of one language, by key. A key that the catalogue lacks raises KeyError."""

    language: str = "en"

    def __call__(self, key: str, **slots: Slot) -> Spans:
        return fill(self.text(key), **slots)

    def __contains__(self, key: str) -> bool:
        return f"report.{key}" in catalogue()

    def text(self, key: str) -> str:
        """Return the text of a key; the English one where this language has none."""
        return text_of(f"report.{key}", self.language)

    def name(self, key: str, english: str) -> str:
        """Return the name of a place or code in this language; `english` where the catalogue has none."""
        return (self.text(key) if key in self else "") or english

    def counted(self, key: str, count: Value, **slots: Slot) -> Spans:
        """Return the text of `key.one` or `key.more`."""
        is_one = count.text in ("1", self.text("number.1"))
        return self(f"{key}.{'one' if is_one else 'more'}", count=count, **slots)

    def together(self, slots: Iterable[Slot]) -> Spans:
        """Return a list as a sentence has it: A, B and C."""
        parts = [spans(slot) for slot in slots]
        if len(parts) < 2:
            return parts[0] if parts else ()
        return (*listed(parts[:-1]), f" {self.text('list.and')} ", *parts[-1])

    def meaning(self, kind: str, code: str) -> str:
        """Return the sentence that explains a status, label, band or class."""
        return _meanings()[kind, code][f"sentence_{self.language}"]


@cache
def _meanings() -> dict[tuple[str, str], dict[str, str]]:
    return {(row["kind"], row["code"]): row for row in seed_rows(MEANINGS)}
