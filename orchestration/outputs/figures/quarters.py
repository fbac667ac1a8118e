"""The bars of an alert: cases by quarter, with the range that partners' own level lets expect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.outputs.figures.svg import GREY, INK, INTO, OUT, WITHIN, Drawing

WIDTH, HEIGHT, TOP, FOOT = 148.0, 58.0, 10.0, 11.0
SIZE = 6.4
COLOURS = {"up": OUT, "down": WITHIN}


@dataclass(frozen=True)
class Quarter:
    """`text` is drawn above the bar. `expected`: low and high, in the quarters of the alert."""

    label: str
    count: int
    text: str
    expected: tuple[float, ...] | None


def draw_quarters(quarters: Sequence[Quarter], tone: str, texts: tuple[str, str], alt: str) -> str:
    """Return the bars as SVG. `tone`: up or down. `texts`: what the bars and what the shaded range are."""
    drawing = Drawing(WIDTH, HEIGHT)
    bottom, step = HEIGHT - FOOT, WIDTH / len(quarters)
    most = max(max(one.count, *(one.expected or (0,))) for one in quarters) or 1

    def high(count: float) -> float:
        return count / most * (bottom - TOP)

    ranges = [(at, one.expected) for at, one in enumerate(quarters) if one.expected]
    for at, (low, top) in ranges:
        up, part = high(top), high(top - low)
        drawing.add("rect", x=at * step, y=bottom - up, width=step, height=part, fill=INTO, opacity=0.35)
    for at, one in enumerate(quarters):
        left, wide, up = at * step + 1.5, step - 3, high(one.count)
        fill, stroke = ("#FFFFFF", GREY) if one.text.startswith("<") else (COLOURS[tone], "none")
        drawing.add(
            "rect", x=left, y=bottom - up, width=wide, height=up, fill=fill, stroke=stroke, stroke_width=0.6
        )
        drawing.text(left + wide / 2, bottom - up - 2, one.text, SIZE, 600, anchor="middle", halo=1.5)
    drawing.line(0, bottom, WIDTH, bottom, stroke=INK, stroke_width=0.5)
    foot = HEIGHT - 2.5
    drawing.text(0, foot, quarters[0].label, SIZE, fill=GREY)
    drawing.text(WIDTH / 2, foot, texts[0], SIZE, fill=GREY, anchor="middle")
    drawing.text(WIDTH, foot, quarters[-1].label, SIZE, fill=GREY, anchor="end")
    if ranges:
        at, (_, top) = ranges[-1]
        drawing.text(
            (at + 1) * step, bottom - high(top) - 2, texts[1], SIZE, fill=GREY, anchor="end", halo=1.5
        )
    return drawing.svg(alt)
