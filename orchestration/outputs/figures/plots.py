"""Plots of a report: the changes, a row per corridor; and the bars of an alert, cases by quarter.

A ring stands for the period before, a dot for this one. The range behind the bars is what partners' own level
lets expect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.outputs.figures.svg import GREY, HELD, INK, INTO, OUT, WITHIN, Drawing, wide

WIDTH, ROW, HEAD = 340.0, 11.6, 14.0
NAMES, RIGHT = 112.0, 34.0
COLOURS = {"up": OUT, "down": WITHIN, "held": HELD}


@dataclass(frozen=True)
class Change:
    name: str
    kind: str  # up, down, held
    before: int
    now: int


def draw_changes(changes: Sequence[Change], heads: tuple[str, str], titles: tuple[str, str], alt: str) -> str:
    """Return the plot as SVG. `heads`: the two periods. `titles`: of changed rows, and of rows that held."""
    changed = [one for one in changes if one.kind != "held"]
    held = [one for one in changes if one.kind == "held"]
    groups = [(title, rows) for title, rows in zip(titles, (changed, held), strict=True) if rows]
    height = HEAD * len(groups) + ROW * len(changes) + 22
    drawing = Drawing(WIDTH, height)
    most = max((max(change.before, change.now) for change in changes), default=1) or 1
    step = next(step for step in (10, 20, 50, 100, 200, 500, 1000, 5000) if most / step <= 6)
    scale = (WIDTH - NAMES - RIGHT) / (step * -(-most // step))

    def at(count: int) -> float:
        return NAMES + count * scale

    bottom = height - 16
    for tick in range(0, -(-most // step) * step + 1, step):
        drawing.line(at(tick), 12, at(tick), bottom, stroke="#E3E7E9", stroke_width=0.6)
        drawing.text(at(tick), height - 6, f"{tick:,}", 6.6, fill=GREY, anchor="middle")
    down = 0.0
    for index, (title, rows) in enumerate(groups):
        drawing.text(NAMES - 8, down + 9.5, title, 7, fill=GREY, anchor="end")
        if index == 0:
            _legend(drawing, heads, down + 7)
        down += HEAD
        for change in rows:
            _row(drawing, change, down + ROW / 2, at(change.before), at(change.now))
            down += ROW
    return drawing.svg(alt)


def _legend(drawing: Drawing, heads: tuple[str, str], y: float) -> None:
    drawing.circle(NAMES + 4, y, 2.6, fill="#FFFFFF", stroke=GREY, stroke_width=1.2)
    drawing.text(NAMES + 9, y + 2.5, heads[0], 7, fill=GREY, halo=2)
    right = NAMES + 9 + wide(heads[0], 7) + 12
    drawing.circle(right, y, 3, fill=GREY)
    drawing.text(right + 6, y + 2.5, heads[1], 7, weight=600, halo=2)


def _row(drawing: Drawing, change: Change, y: float, before: float, now: float) -> None:
    colour, strong = COLOURS[change.kind], change.kind != "held"
    size = 7.4 if wide(change.name, 7.4, 600) < NAMES - 8 else 6.4
    drawing.text(NAMES - 8, y + 2.5, change.name, size, 600 if strong else 400, anchor="end")
    drawing.line(before, y, now, y, stroke=colour, stroke_width=2.4 if strong else 1)
    drawing.circle(before, y, 2.6, fill="#FFFFFF", stroke=colour, stroke_width=1.2)
    drawing.circle(now, y, 3, fill=colour)
    beyond, behind = max(now, before) + 5.5, min(now, before) - 5.5
    texts = {"before": (f"{change.before:,}", 6.6, 400, GREY), "now": (f"{change.now:,}", 7.0, 600, INK)}
    left, right = ("before", "now") if now >= before else ("now", "before")
    text, size, weight, fill = texts[left]
    fits = behind - wide(text, size, weight) > NAMES - 4
    if fits:
        drawing.text(behind, y + 2.5, text, size, weight, fill, "end", halo=2)
    for side in (right,) if fits else (right, left):
        text, size, weight, fill = texts[side]
        drawing.text(beyond, y + 2.5, text, size, weight, fill, halo=2)
        beyond += wide(text, size, weight) + 5


BARS_WIDTH, BARS_HEIGHT, TOP, FOOT = 148.0, 58.0, 10.0, 11.0
SIZE = 6.4


@dataclass(frozen=True)
class Quarter:
    """`text` is drawn above the bar. `expected`: low and high, in the quarters of the alert."""

    label: str
    count: int
    text: str
    expected: tuple[float, ...] | None


def draw_quarters(quarters: Sequence[Quarter], tone: str, texts: tuple[str, str], alt: str) -> str:
    """Return the bars as SVG. `tone`: up or down. `texts`: what the bars and what the shaded range are."""
    drawing = Drawing(BARS_WIDTH, BARS_HEIGHT)
    bottom, step = BARS_HEIGHT - FOOT, BARS_WIDTH / len(quarters)
    most = max(max(one.count, *(one.expected or (0,))) for one in quarters) or 1

    def high(count: float) -> float:
        return count / most * (bottom - TOP)

    ranges = [(at, one.expected) for at, one in enumerate(quarters) if one.expected]
    for at, (low, top) in ranges:
        up, part = high(top), high(top - low)
        drawing.add("rect", x=at * step, y=bottom - up, width=step, height=part, fill=INTO, opacity=0.35)
    for at, one in enumerate(quarters):
        left, across, up = at * step + 1.5, step - 3, high(one.count)
        drawing.add("rect", x=left, y=bottom - up, width=across, height=up, fill=COLOURS[tone])
        drawing.text(left + across / 2, bottom - up - 2, one.text, SIZE, 600, anchor="middle", halo=1.5)
    drawing.line(0, bottom, BARS_WIDTH, bottom, stroke=INK, stroke_width=0.5)
    foot = BARS_HEIGHT - 2.5
    drawing.text(0, foot, quarters[0].label, SIZE, fill=GREY)
    drawing.text(BARS_WIDTH / 2, foot, texts[0], SIZE, fill=GREY, anchor="middle")
    drawing.text(BARS_WIDTH, foot, quarters[-1].label, SIZE, fill=GREY, anchor="end")
    if ranges:
        at, (_, top) = ranges[-1]
        drawing.text(
            (at + 1) * step, bottom - high(top) - 2, texts[1], SIZE, fill=GREY, anchor="end", halo=1.5
        )
    return drawing.svg(alt)
