"""The parts of a report before layout: sections with headings, text, bars, tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestration.outputs.texts import Spans


class Part:
    @property
    def kind(self) -> str:
        """Return the name by which templates choose its layout."""
        return type(self).__name__.lower()


@dataclass(frozen=True)
class Heading(Part):
    text: Spans


@dataclass(frozen=True)
class Paragraph(Part):
    """`lead`: bold text before it. `tone`: plain, up, down, new (a sign before the lead) or note (small).

    `language`: where it is not that of the report.
    """

    text: Spans
    lead: str = ""
    tone: str = "plain"
    language: str = ""


@dataclass(frozen=True)
class Items(Part):
    items: Sequence[Spans]
    numbered: bool = False


@dataclass(frozen=True)
class Fact:
    value: Spans
    label: Spans


@dataclass(frozen=True)
class Facts(Part):
    """Four large figures side by side."""

    items: Sequence[Fact]


@dataclass(frozen=True)
class Figure(Part):
    """A picture as SVG; `width` in millimetres on paper. `narrow`: the same for a phone, where it differs."""

    svg: str
    alt: str
    width: float
    narrow: str = ""


@dataclass(frozen=True)
class Grid(Part):
    """Cells of blocks, so many (`across`) in a row on paper, fewer on a phone. `names`: for links to them."""

    across: int
    cells: Sequence[Sequence[Block]]
    names: Sequence[str] = ()


@dataclass(frozen=True)
class Table(Part):
    """`numbers`: how many of the last columns hold numbers. The first cell of a row is its head.

    `language`: of the cells, where it is not that of the report.
    """

    caption: Spans
    columns: Sequence[Spans]
    rows: Sequence[Sequence[Spans]]
    numbers: int = 0
    language: str = ""


@dataclass(frozen=True)
class Columns(Part):
    """Blocks side by side; `widths` in millimetres of 178, the gutters of 6 not counted."""

    widths: Sequence[float]
    columns: Sequence[Sequence[Block]]


@dataclass(frozen=True)
class Box(Part):
    """A tinted box with a title."""

    title: str
    blocks: Sequence[Block]
    language: str


Block = Heading | Paragraph | Items | Facts | Figure | Grid | Table | Columns | Box


@dataclass(frozen=True)
class Section:
    """`sheets`: the blocks of each printed page. `side`: text above the title at the right."""

    name: str
    contents: str  # in the list of contents
    title: Spans
    sheets: Sequence[Sequence[Block]]
    deck: Spans = ()
    side: Spans = ()


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
