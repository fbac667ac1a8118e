"""The maps of a report: corridors, each a bent line as thick as its count, with a legend; lines abroad."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import atan2, cos, hypot, sin

import shapely

from orchestration.outputs.bends import bends_of
from orchestration.outputs.figures.ground import Frame, Labels, draw_ground, towards
from orchestration.outputs.figures.svg import DIRECTIONS, GREY, HELD, INK, INTO_TEXT, OUT_TEXT, Drawing
from orchestration.outputs.published import is_county, position
from orchestration.places import boundaries

KENYA = Frame(32.7, -4.95, 42.7, 5.3, 34)
THICKEST, THINNEST = 6.0, 0.8
LEGEND, ROW = 147.0, 12.0  # width, and height of a row
EDGE = 0.35  # degrees inside the frame where a line from farther away starts
Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A corridor with its count and the label of its start or end.

    `change`: up or down. `before`: the second line of the label. `label_at`: the labelled place.
    """

    start: str
    end: str
    direction: str
    count: int
    label: str = ""
    change: str = ""
    before: str = ""
    label_at: str = ""


def draw_corridors(
    lines: Sequence[Line],
    hubs: Mapping[str, str],
    layer: boundaries.Boundaries,
    alt: str,
) -> str:
    """Return the map as SVG. `lines`: the strongest first. `hubs`: with larger names."""
    drawing = Drawing(KENYA.width, KENYA.height)
    draw_ground(drawing, KENYA, layer)
    spots = {
        place: spot for line in lines for place in (line.start, line.end) if (spot := _spot(line, place))
    }
    placed = [line for line in lines if {line.start, line.end} <= spots.keys() and line.start != line.end]
    bends = bends_of([(line.start, line.end) for line in placed], [spots])
    curves = [
        curve_of(spots[line.start], spots[line.end], bend) for line, bend in zip(placed, bends, strict=True)
    ]
    along = _draw_lines(drawing, placed, curves)
    ends = {end: spots[end] for line in placed for end in (line.start, line.end)}
    for place, (x, y) in ends.items():
        drawing.circle(
            x, y, 2.6 if place in hubs else 1.4, stroke=INK, stroke_width=0.7,
            fill=INK if place in hubs else "#FFFFFF",
        )  # fmt: skip
    labels = Labels(drawing, along, ends.values())
    for place, name in hubs.items():
        if place in ends:
            labels.put(ends[place], name, 600, 9)
    labelled = [line for line in placed if line.label]
    for line in sorted(labelled, key=lambda line: not line.change):
        goes_out = is_county(line.start) and not is_county(line.end)
        away = line.label_at or (line.end if goes_out else line.start)
        weight = 600 if line.change else 400
        fill = {"into": INTO_TEXT, "out_of": OUT_TEXT}.get(line.direction, INK)
        size = 7.6 if line.change else 7
        labels.put(ends[away], line.label, weight, size, fill, line.before, line.change)
    return drawing.svg(alt)


def thickness(count: int, most: int) -> float:
    return max(THINNEST, THICKEST * (max(count, 1) / most) ** 0.6)


def _spot(line: Line, place: str) -> Point | None:
    """Return the point of a place; for a near country outside the map, a point at its edge."""
    at = position(place)
    other = position(line.end if place == line.start else line.start)
    if at is None or other is None:
        return None
    if not KENYA.has(at):
        is_near = KENYA.has(other) and hypot(at[0] - 37.9, at[1] - 0.2) <= 14
        at = towards(shapely.box(*KENYA.box).buffer(-EDGE), other, at) if is_near else None
    return at and KENYA.at(at)


Curve = tuple[Point, Point, Point]


def curve_of(start: Point, end: Point, bend: float) -> Curve:
    """Return a quadratic curve: start, control, end."""
    across, up = end[0] - start[0], end[1] - start[1]
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    return start, (middle[0] + up * bend, middle[1] - across * bend), end


def _at(curve: Curve, *parts: float) -> list[Point]:
    """Return the points of a curve at these parts of it."""
    (x0, y0), (x1, y1), (x2, y2) = curve
    weights = [((1 - part) * (1 - part), 2 * (1 - part) * part, part * part) for part in parts]
    return [(a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2) for a, b, c in weights]


def _draw_lines(
    drawing: Drawing, lines: Sequence[Line], curves: Sequence[Curve], thin: float = 1
) -> list[Point]:
    """Draw lines, the first on top, each with an arrow a little past its middle; return points on them."""
    most, along = max((line.count for line in lines), default=1), []
    for line, curve in reversed(list(zip(lines, curves, strict=True))):
        (x0, y0), (x1, y1), (x2, y2) = curve
        colour, width = DIRECTIONS.get(line.direction, HELD), thin * thickness(line.count, most)
        drawing.path(
            f"M{x0:.1f} {y0:.1f}Q{x1:.1f} {y1:.1f} {x2:.1f} {y2:.1f}", fill="none", stroke=colour,
            stroke_width=width, stroke_opacity=0.9,
        )  # fmt: skip
        (ax, ay), (bx, by) = _at(curve, 0.56, 0.6)
        turn = atan2(by - ay, bx - ax)
        long, half = 3.2 + width * 0.75, 1.7 + width * 0.55
        tip = (ax + long * cos(turn), ay + long * sin(turn))
        wings = [(ax + half * sin(turn) * side, ay - half * cos(turn) * side) for side in (1, -1)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (tip, *wings))
        drawing.add("polygon", points=points, fill=colour, stroke="#FFFFFF", stroke_width=0.6)
        steps = max(4, int(hypot(x2 - x0, y2 - y0) / 4))
        along += _at(curve, *(step / steps for step in range(steps + 1)))
    return along


def draw_legend(
    title: str, directions: Sequence[tuple[str, str]], counts: Sequence[tuple[int, str]], most: int, alt: str
) -> str:
    """Return the legend as SVG. `directions`, `counts`: value and text. `most`: largest count of the map."""
    rows = max(len(directions), len(counts))
    drawing = Drawing(LEGEND, 14 + rows * ROW)
    drawing.text(0, 9, title, 8, 600)
    for at, (direction, text) in enumerate(directions):
        y = 14 + (at + 0.5) * ROW
        drawing.line(0, y, 16, y, stroke=DIRECTIONS[direction], stroke_width=3.2)
        drawing.text(21, y + 2.5, text, 7.2)
    for at, (count, text) in enumerate(counts):
        y = 14 + (at + 0.5) * ROW
        drawing.line(84, y, 100, y, stroke=GREY, stroke_width=thickness(count, most))
        drawing.text(105, y + 2.5, text, 7.2)
    return drawing.svg(alt)


KENYA_ID = "KEN"
GULF = Frame(25.0, -6.5, 62.0, 36.5, 4.03)
START = (37.9, 0.6)


def reaches(place_id: str) -> bool:
    """Whether a country is on the map."""
    return (at := position(place_id)) is not None and GULF.has(at)


def draw_abroad(
    lines: Sequence[Line], kenya: str, layer: boundaries.Boundaries, alt: str, width: float
) -> str:
    """Return the map as SVG. `lines`: from Kenya to countries or from them, the strongest first."""
    frame = replace(GULF, scale=width / (GULF.east - GULF.west))
    drawing = Drawing(frame.width, frame.height)
    draw_ground(drawing, frame, layer, lines=False, tinted={line.end for line in lines} - {KENYA_ID})
    start = frame.at(START)
    places = {line.label_at: frame.at(position(line.label_at) or START) for line in lines}
    curves = []
    for line in lines:
        place, is_out = places[line.label_at], line.direction == "out_of"
        bend = 0.12 if place[0] < start[0] + frame.scale * 7 else -0.16
        curves.append(curve_of(start, place, bend) if is_out else curve_of(place, start, 0.22))
    along = _draw_lines(drawing, lines, curves, 0.7)
    labels = Labels(drawing, along, places.values())
    labels.put((start[0] - 4, start[1] + 3), kenya, 600)
    for line in lines:
        fill = OUT_TEXT if line.direction == "out_of" else INTO_TEXT
        labels.put(places[line.label_at], line.label, 600, fill=fill)
    return drawing.svg(alt)
