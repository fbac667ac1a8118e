"""What a report is made of, before it is laid out: chapters of paragraphs, lists, tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from orchestration.outputs.words import Sentence


@dataclass(frozen=True)
class Heading:
    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Paragraph:
    """`tone`: plain, lead (what a chapter says first), note (what a reader must not misread)."""

    kind: ClassVar[str] = "paragraph"
    words: Sentence
    tone: str = "plain"


@dataclass(frozen=True)
class Bullets:
    kind: ClassVar[str] = "bullets"
    items: Sequence[Sentence]


@dataclass(frozen=True)
class Fact:
    value: Sentence
    label: Sentence


@dataclass(frozen=True)
class Facts:
    """Few large figures side by side."""

    kind: ClassVar[str] = "facts"
    items: Sequence[Fact]


@dataclass(frozen=True)
class Table:
    """`numbers`: how many columns at the end are figures. The first cell of a row is its head.

    `is_narrow`: two such tables, one after the other, stand side by side where there is room.
    """

    kind: ClassVar[str] = "table"
    caption: Sentence
    columns: Sequence[Sentence]
    rows: Sequence[Sequence[Sentence]]
    numbers: int = 0
    widths: Sequence[float] = ()
    is_narrow: bool = False


@dataclass(frozen=True)
class Figure:
    """A picture in `figures/`, as `name`.svg and .png."""

    kind: ClassVar[str] = "figure"
    name: str
    alt: str
    caption: Sentence


Block = Heading | Paragraph | Bullets | Facts | Table | Figure


@dataclass(frozen=True)
class Chapter:
    """`language` where it is not that of the report."""

    name: str
    title: str
    blocks: Sequence[Block]
    language: str = "en"


@dataclass(frozen=True)
class Report:
    title: str
    document: str  # the name of the file's document: which edition of which release
    subtitle: str
    facts: Sequence[tuple[Sentence, Sentence]]  # what the title page says of the release
    about: Sequence[Sentence]
    chapters: Sequence[Chapter]
    language: str = "en"
    labels: dict[str, str] = field(default_factory=dict)  # words of the layout itself
    made: tuple[int, int, int] = (1970, 1, 1)
