"""The parts of a report before layout: sections with headings, text, bars, tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from orchestration.outputs.texts import Sentence


@dataclass(frozen=True)
class Heading:
    kind: ClassVar[str] = "heading"
    text: Sentence


@dataclass(frozen=True)
class Paragraph:
    """`lead`: bold text before it. `tone`: plain, up, down, new (a sign before the lead) or note (small)."""

    kind: ClassVar[str] = "paragraph"
    text: Sentence
    lead: str = ""
    tone: str = "plain"


@dataclass(frozen=True)
class Items:
    kind: ClassVar[str] = "items"
    items: Sequence[Sentence]
    numbered: bool = False


@dataclass(frozen=True)
class Fact:
    value: Sentence
    label: Sentence


@dataclass(frozen=True)
class Facts:
    """Four large figures side by side."""

    kind: ClassVar[str] = "facts"
    items: Sequence[Fact]


@dataclass(frozen=True)
class Bar:
    """`part`: share of the longest; None draws the open box of a small count. `beside`: grey text."""

    label: str
    value: Sentence
    part: float | None
    beside: Sentence = ()
    is_strong: bool = False


@dataclass(frozen=True)
class Bars:
    """`tone`: within, into, grey."""

    kind: ClassVar[str] = "bars"
    bars: Sequence[Bar]
    tone: str = "within"


@dataclass(frozen=True)
class Figure:
    """A picture in `figures/` as `name`.svg; `width` in millimetres on paper."""

    kind: ClassVar[str] = "figure"
    name: str
    alt: str
    width: float


@dataclass(frozen=True)
class Table:
    """`numbers`: how many of the last columns hold numbers. The first cell of a row is its head."""

    kind: ClassVar[str] = "table"
    caption: Sentence
    columns: Sequence[Sentence]
    rows: Sequence[Sequence[Sentence]]
    numbers: int = 0


@dataclass(frozen=True)
class Columns:
    """Blocks side by side; `widths` in millimetres of 178, the gutters of 6 not counted."""

    kind: ClassVar[str] = "columns"
    widths: Sequence[float]
    columns: Sequence[Sequence[Block]]


@dataclass(frozen=True)
class Box:
    """A tinted box with a title."""

    kind: ClassVar[str] = "box"
    title: str
    blocks: Sequence[Block]
    language: str = "en"


@dataclass(frozen=True)
class Links:
    """Links to other sections: (name of the section, text)."""

    kind: ClassVar[str] = "links"
    items: Sequence[Sequence[str]]


Block = Heading | Paragraph | Items | Facts | Bars | Figure | Table | Columns | Box | Links


@dataclass(frozen=True)
class Section:
    """`sheets`: the blocks of each printed page. `side`: text above the title at the right."""

    name: str
    contents: str  # in the list of contents
    title: Sentence
    sheets: Sequence[Sequence[Block]]
    deck: Sentence = ()
    side: Sentence = ()
    is_page: bool = False  # starts a new page
    is_whole: bool = False  # stays on one page
    level: int = 1


@dataclass(frozen=True)
class Report:
    document: str  # title of the file
    kicker: str
    footer: str
    band: Sequence[str]  # two sentences on made-up data, else empty
    sections: Sequence[Section]
    language: str = "en"
    labels: dict[str, str] = field(default_factory=dict)  # texts of the layout
    made: tuple[int, int, int] = (1970, 1, 1)
