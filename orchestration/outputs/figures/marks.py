"""The marks of every chart of a report, drawn the same everywhere (sizes in points).

A year is a bar as wide as its months, so that its area is its count; a year of which a part was reported is
hatched. A short line on a bar or dot is the noise that protects people, two standard deviations. A dashed box
stands for what is not listed: a count below the least that is shown, perhaps nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log

from orchestration.outputs.figures.svg import DIRECTIONS, GREY, HELD, INK, INTO, RULE, WITHIN, Drawing, wide
from orchestration.outputs.texts import Value, plain

GAP, THIN = 1.5, 0.5
Text = str | Value


@dataclass(frozen=True)
class Count:
    """A count as it is drawn. `number` None: below the least that is shown, written as `text`. `noise`: two
    standard deviations. `months`: of a year, those that were reported. `is_part`: the year is not complete.
    `is_now`: of the year that the report is about. `is_open`: not of the work of the same partners.
    """

    text: Text
    number: float | None
    noise: float = 0.0
    months: int = 12
    is_part: bool = False
    is_now: bool = False
    is_open: bool = False


@dataclass(frozen=True)
class Span:
    """The columns of a time chart: a name and the months of each."""

    names: Sequence[Text]
    months: Sequence[int]

    def lefts(self, width: float) -> list[tuple[float, float]]:
        """Return left end and width of each column."""
        unit = (width - GAP * (len(self.months) - 1)) / sum(self.months)
        found, left = [], 0.0
        for months in self.months:
            found.append((left, unit * months))
            left += unit * months + GAP
        return found


def top_of(rows: Sequence[Sequence[Count]], least: float) -> float:
    """Return the yearly count that reaches the full height: of the highest bar with its noise."""
    rates = (
        (one.number + one.noise) * 12 / one.months for row in rows for one in row if one.number is not None
    )
    return max([*rates, 1.4 * least])


def timebars(
    drawing: Drawing, x: float, base: float, width: float, height: float, counts: Sequence[Count],
    top: float, least: float, tone: str = "", size: float = 6.6,
) -> None:  # fmt: skip
    """Draw a bar a year from `base` upwards; `top` a year reaches `height`.

    A number that would touch that of the year that is told, or of the year beside it, is left out.
    """
    colour, written = DIRECTIONS.get(tone, HELD), list[tuple[float, float, Count, float]]()
    for one, (left, across) in zip(
        counts, Span((), [one.months for one in counts]).lefts(width), strict=True
    ):
        scale = height / top * 12 / one.months
        middle, is_narrow = x + left + across / 2, across < wide(plain(one.text), size)
        if one.number is None:
            high = min(max(least * height / top, 3), height)
            drawing.dashed(x + left + 0.3, base - high, across - 0.6, high)
            if not is_narrow:
                written.append((middle, base - high - 1.6, one, max(6, size - 0.4)))
            continue
        high, noise = one.number * scale, one.noise * scale
        if one.is_part:
            drawing.hatch(x + left, base - high, across, high, colour)
        elif one.is_open:
            line = {"stroke": colour, "stroke_width": 0.8}
            drawing.box(x + left + 0.4, base - high, across - 0.8, high, "#FFFFFF", **line)
        else:
            opacity = 1 if one.is_now else 0.55
            drawing.box(x + left, base - high, across, high, colour, fill_opacity=opacity)
        if noise:
            low = base - max(high - noise, 0)
            drawing.line(middle, base - high - noise, middle, low, INK, stroke_width=0.7)
        shown = max(6, size - 0.8) if is_narrow else size
        written.append((middle, base - high - noise - 1.6, one, shown))
    drawing.line(x, base, x + width, base, INK, stroke_width=THIN)
    taken: list[tuple[float, float, float]] = []
    for middle, y, one, shown in sorted(written, key=lambda label: not label[2].is_now):
        at, half = inside(drawing, middle, one.text, shown), wide(plain(one.text), shown, 600) / 2
        left, right = at - half, at + half
        if any(left < end and right > start and abs(y - line) < shown for start, end, line in taken):
            continue
        taken.append((left, right, y))
        ink = GREY if one.number is None or (one.is_part and not one.is_now) else INK
        drawing.text(at, y, one.text, shown, 600 if one.is_now else 400, ink, "middle")


def axis(drawing: Drawing, x: float, y: float, width: float, span: Span) -> None:
    """Write the years below their columns, a year in part as `’23`."""
    for name, (left, across) in zip(span.names, span.lefts(width), strict=True):
        text = plain(name)
        text = f"’{text[2:4]}" if across < wide(text, 6) else name  # type: ignore[assignment]
        middle = inside(drawing, x + left + across / 2, text, 6)
        drawing.text(middle, y, text, 6, fill=GREY, anchor="middle")


def inside(drawing: Drawing, middle: float, text: Text, size: float) -> float:
    """Return where a text stands so that it stays in the drawing."""
    half = wide(plain(text), size) / 2
    return min(max(middle, half), drawing.width - half)


@dataclass(frozen=True)
class Pair:
    """A row of a dumbbell chart. `is_strong`: judged to have changed."""

    name: str
    before: Count
    now: Count
    is_strong: bool = False


ROW, HEAD, SIDE = 9.6, 14.0, 62.0


def dumbbell(
    groups: Sequence[tuple[str, Sequence[Pair]]],
    heads: tuple[str, str],
    width: float,
    names: float,
    least: float,
) -> Drawing:
    """Return rows with a ring (before) and a dot (now) on a logarithmic scale, under the title of each group.

    `names`: the width of the names; where the drawing is as narrow as a phone, they stand above their rows.
    What is not listed stands below `least`, and zero at the left end.
    """
    is_above = names > width / 2.2
    row = 2 * ROW if is_above else ROW
    rows = [pair for _, pairs in groups for pair in pairs]
    numbers = [one.number for pair in rows for one in (pair.before, pair.now) if one.number]
    low, unlisted, high = 0.6 * least, 0.8 * least, max([*numbers, 20.0]) * 1.15
    left = 4.0 if is_above else names + 8
    long = width - left - SIDE

    def at(number: float | None) -> float:
        shown = unlisted if number is None else max(number, low)
        return left + long * (log(shown) - log(low)) / (log(high) - log(low))

    height = 16 + sum(HEAD + row * len(pairs) for _, pairs in groups)
    drawing = Drawing(width, height)
    for tick in (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000):
        if least <= tick < high:
            drawing.line(at(tick), 13, at(tick), height, RULE, stroke_width=0.4)
            drawing.text(at(tick), 9, f"{tick:,}", 6.6, fill=GREY, anchor="middle")
    drawing.text(width - 32, 9, heads[0], 6.6, fill=GREY, anchor="end")
    drawing.text(width, 9, heads[1], 6.6, 600, anchor="end")
    down = 14.0
    for title, pairs in groups:
        down += HEAD
        drawing.box(0, down - 10, wide(title, 7.6, 600) + 4, 9, "#FFFFFF")
        drawing.named(0, down - 3, title, 7.6, 600)
        drawing.line(0, down, width, down, RULE, stroke_width=0.4)
        for pair in pairs:
            middle = down + (1.5 * ROW if is_above else ROW / 2) + 1
            name_at = (0.0, middle - ROW) if is_above else (names, middle)
            _pair(drawing, pair, middle, at, name_at)
            down += row
    return drawing


def _pair(
    drawing: Drawing, pair: Pair, y: float, at: Callable[[float | None], float], name_at: tuple[float, float]
) -> None:
    weight, width = 600 if pair.is_strong else 400, drawing.width
    anchor = "end" if name_at[0] else "start"
    drawing.text(name_at[0], name_at[1] + 2.6, pair.name, 7.4, weight, anchor=anchor)
    colour = INK if pair.is_strong else HELD
    ends = [at(one.number) for one in (pair.before, pair.now)]
    drawing.line(ends[0], y, ends[1], y, colour, stroke_width=1.6 if pair.is_strong else 0.9)
    for one, x, is_now in ((pair.before, ends[0], False), (pair.now, ends[1], True)):
        if one.number is None:
            drawing.dashed(x - 2.4, y - 2.4, 4.8, 4.8, "#FFFFFF")
            continue
        if one.noise:
            low, high = at(one.number - one.noise), at(one.number + one.noise)
            drawing.line(low, y, high, y, INK, stroke_width=0.5, opacity=0.55)
        fill = colour if is_now else "#FFFFFF"
        drawing.circle(x, y, 2.7, fill=fill, stroke=colour, stroke_width=1.1)
    drawing.text(width - 32, y + 2.6, pair.before.text, 7, fill=GREY, anchor="end")
    drawing.text(width, y + 2.6, pair.now.text, 7.2, 600, anchor="end")


def barrow(
    drawing: Drawing, x: float, y: float, long: float, top: float, now: Count, before: Count | None,
    open_part: float = 0.0, tone: str = "within", is_strong: bool = False,
) -> float:  # fmt: skip
    """Draw a bar, its end open by a part, and the year before as a tick. Return where its number ends."""
    colour = DIRECTIONS.get(tone, HELD)
    if now.number is None:
        drawing.dashed(x, y - 6, 6, 6.6)
        drawing.text(x + 9, y, now.text, 6.8, fill=GREY)
        return x + 9 + wide(plain(now.text), 6.8)
    scale = long / top
    across = now.number * scale
    drawing.box(x, y - 6, across, 6.6, colour)
    if open_part:
        part = open_part * scale
        drawing.box(x + across - part, y - 6, part, 6.6, "#FFFFFF", stroke=colour, stroke_width=0.5)
    beyond = x + across
    if now.noise:
        noise, line = now.noise * scale, y - 2.7
        drawing.line(beyond - noise, line, beyond + noise, line, INK, stroke_width=0.6)
    if before is not None and before.number:
        tick = x + before.number * scale
        drawing.line(tick, y - 7.8, tick, y + 2, "#FFFFFF", stroke_width=3)
        drawing.line(tick, y - 7.4, tick, y + 1.6, INK, stroke_width=1.2)
    weight = 600 if is_strong else 400
    at, room = beyond + now.noise * scale + 3, wide(plain(now.text), 7.2, weight)
    if before is not None and before.number and beyond - 2 < tick < at + room + 3:
        at = tick + 3
    drawing.text(at, y, now.text, 7.2, weight)
    return at + room


def pyramid(
    bands: Sequence[tuple[str, int, Sequence[Count]]], sides: Sequence[str], width: float, adult_from: str
) -> Drawing:
    """Return age bands in order, the oldest on top; a band is as high as its years, so that area is count.

    `bands`: name, years and a count of each side (one, or two). A dashed line marks where adults begin.
    """
    unit, foot = 3.1, 14.0
    height = unit * sum(years for _, years, _ in bands) + foot
    drawing = Drawing(width, height)
    middle = width / 2 if len(sides) > 1 else 46.0
    gap = 24.0
    long = (width / 2 if len(sides) > 1 else width - middle) - gap - 34
    most = max((one.number or 0) / years for _, years, counts in bands for one in counts) or 1
    down = height - foot
    for name, years, counts in bands:
        high = unit * years
        if name == adult_from:
            ends = middle - gap - long, middle + gap + long
            drawing.line(ends[0], down, ends[1], down, INK, stroke_width=0.7, stroke_dasharray="3 2")
        drawing.text(middle, down - high / 2 + 2.4, name, 7.2, anchor="middle")
        for at, one in enumerate(counts):
            side = -1 if len(counts) > 1 and at == 0 else 1
            across = (one.number or 0) / years / most * long
            start = middle + side * gap
            colour = WITHIN if at == 0 else HELD
            drawing.box(min(start, start + side * across), down - high + 0.6, across, high - 1.2, colour)
            beyond, anchor = start + side * (across + 4), "end" if side < 0 else "start"
            drawing.text(beyond, down - high / 2 + 2.4, one.text, 7.2, 600, anchor=anchor)
        down -= high
    for at, name in enumerate(sides):
        side = -1 if len(sides) > 1 and at == 0 else 1
        drawing.text(middle + side * gap, height - 3, name, 7.2, 600, anchor="end" if side < 0 else "start")
    return drawing


def sharerow(
    drawing: Drawing, left: float, long: float, y: float, share: float, noise: float, is_sure: bool
) -> None:
    """Draw a share as a dot, or a ring where few cases stand behind it, with its noise."""
    low, high = (left + part * long for part in (max(0.0, share - noise), min(1.0, share + noise)))
    drawing.line(low, y, high, y, INK, stroke_width=0.7, opacity=1 if is_sure else 0.6)
    fill = WITHIN if is_sure else "#FFFFFF"
    drawing.circle(left + share * long, y, 3, fill=fill, stroke=WITHIN, stroke_width=1.1)


def key(drawing: Drawing, x: float, y: float, kind: str, text: str) -> None:
    """Draw one sign of the key with its text."""
    if kind == "dashed":
        drawing.dashed(x, y - 6.5, 12, 7)
    elif kind == "noise":
        drawing.line(x + 6, y - 7, x + 6, y + 1, INK, stroke_width=0.7)
    elif kind == "open":
        drawing.box(x + 0.4, y - 6.5, 11.2, 7, "#FFFFFF", stroke=WITHIN, stroke_width=0.8)
    elif kind == "hatch":
        drawing.hatch(x, y - 6.5, 12, 7, WITHIN)
    elif kind == "▲▼":
        for at, is_up in ((0, True), (6.5, False)):
            drawing.triangle(x + at, y, 7.4, is_up, INK)
    elif kind:
        drawing.text(x + 6, y, kind, 7.4, 600, anchor="middle")
    drawing.text(x + 16, y, text, 7.2)


def spark(
    drawing: Drawing, x: float, base: float, width: float, height: float, counts: Sequence[Count], top: float,
    expected: tuple[int, float, float] | None = None,
) -> None:  # fmt: skip
    """Draw counts by quarter as a line that breaks at what is not listed. The last, a ring, may grow.

    `expected`: shade a range of counts from this quarter on.
    """
    step = width / max(len(counts) - 1, 1)
    if expected:
        first, low, high = expected
        left, scale = max(first - 0.5, 0) * step, height / top
        y, tall = base - high * scale, (high - low) * scale
        drawing.box(x + left, y, width - left, tall, INTO, opacity=0.35)
    spots = [
        None if one.number is None else (x + at * step, base - one.number / top * height)
        for at, one in enumerate(counts)
    ]
    for at, spot in enumerate(spots):
        if spot is None:
            drawing.dashed(x + at * step - 1.5, base - 3, 3, 3)
        elif at and (before := spots[at - 1]):
            drawing.line(*before, *spot, WITHIN, stroke_width=1.2)
    drawing.line(x, base, x + width, base, INK, stroke_width=THIN)
    highest = max(range(len(counts)), key=lambda at: counts[at].number or 0, default=None)
    for at, (spot, one) in enumerate(zip(spots, counts, strict=True)):
        if spot is None:
            continue
        is_last = at == len(counts) - 1
        fill = "#FFFFFF" if is_last else WITHIN
        drawing.circle(*spot, 2 if is_last else 1.3, fill=fill, stroke=WITHIN, stroke_width=1)
        if is_last or at == highest:
            middle = inside(drawing, spot[0], one.text, 6.4)
            drawing.text(middle, spot[1] - 3.4, one.text, 6.4, 600, anchor="middle")
