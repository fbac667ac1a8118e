"""The ground of a map: land in grey, Kenya's counties in white; and labels on it.

Countries have a thin outline, generalised and not authoritative. Labels cover no other label, few lines
and few places; a thin line leads to a label that is far from its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, pi, sin
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from orchestration.outputs.figures.svg import GREY, INK, LAND, LINE, Drawing, wide
from orchestration.places import boundaries

Point = tuple[float, float]
SEA, TINT, OUTLINE = "#F4F6F7", "#F7D9CC", "#BFC8CC"
ROUGH = 0.014  # tolerance in degrees for the line of a county


@dataclass(frozen=True)
class Frame:
    """An area in degrees, drawn at `scale` points per degree in both directions."""

    west: float
    south: float
    east: float
    north: float
    scale: float

    @property
    def width(self) -> float:
        return (self.east - self.west) * self.scale

    @property
    def height(self) -> float:
        return (self.north - self.south) * self.scale

    def at(self, position: Point) -> Point:
        """Return the point of a longitude and latitude on the sheet."""
        return (position[0] - self.west) * self.scale, (self.north - position[1]) * self.scale

    def has(self, position: Point) -> bool:
        return self.west < position[0] < self.east and self.south < position[1] < self.north


def draw_ground(
    drawing: Drawing,
    frame: Frame,
    layer: boundaries.Boundaries,
    lines: bool = True,
    tinted: Collection[str] = (),
) -> None:
    """Draw land and Kenya; `lines`: with the lines between counties. `tinted`: countries in another tone."""
    drawing.add("rect", x=0, y=0, width=frame.width, height=frame.height, fill=SEA)
    for path, style in _ground(frame, layer, lines):
        drawing.path(path, **style)
    for country in sorted(tinted):
        if outline := _country_paths(frame).get(country):
            drawing.path(outline, fill=TINT, stroke=OUTLINE, stroke_width=0.4)


def draw_locator(county: str, layer: boundaries.Boundaries) -> Drawing:
    """Return Kenya with one county in ink."""
    frame = Frame(33.8, -4.9, 42.1, 5.3, 3.4)
    drawing = Drawing(frame.width, frame.height)
    whole, own = _locator_paths(frame, layer)
    drawing.path(whole, fill=LAND)
    drawing.path(own.get(county, ""), fill=INK)
    return drawing


@lru_cache(maxsize=2)
def _locator_paths(frame: Frame, layer: boundaries.Boundaries) -> tuple[str, dict[str, str]]:
    whole = shapely.simplify(shapely.union_all(list(layer.counties.values())), 0.06)
    own = {name: _path(frame, shapely.simplify(shape, 0.05)) for name, shape in layer.counties.items()}
    return _path(frame, whole), own


@lru_cache(maxsize=4)
def _country_paths(frame: Frame) -> dict[str, str]:
    """Return the outline of each country in the frame."""
    box = (frame.west, frame.south, frame.east, frame.north)
    tolerance = ROUGH * 34 / frame.scale
    shapes = {
        name: shapely.clip_by_rect(shapely.simplify(shape, tolerance), *box)
        for name, shape in boundaries.country_shapes().items()
    }
    return {name: _path(frame, shape) for name, shape in shapes.items() if not shape.is_empty}


@lru_cache(maxsize=8)
def _ground(frame: Frame, layer: boundaries.Boundaries, lines: bool) -> list[tuple[str, dict[str, Any]]]:
    box = (frame.west, frame.south, frame.east, frame.north)
    found: list[tuple[str, dict[str, Any]]] = [
        (path, {"fill": LAND, "stroke": OUTLINE, "stroke_width": 0.4})
        for path in _country_paths(frame).values()
    ]
    counties = list(layer.counties.values())
    if not lines:
        whole = shapely.clip_by_rect(shapely.simplify(shapely.union_all(counties), ROUGH), *box)
        return [*found, (_path(frame, whole), {"fill": "#B9C8CF"})]
    # The smaller a map, the fewer points a line needs.
    shapes = [
        shapely.clip_by_rect(shapely.simplify(shape, ROUGH * 34 / frame.scale), *box) for shape in counties
    ]
    path = "".join(_path(frame, shape) for shape in shapes)
    return [*found, (path, {"fill": "#FBFCFB", "stroke": LINE, "stroke_width": 0.5})]


def _path(frame: Frame, shape: Any) -> str:
    parts = []
    for polygon in shapely.get_parts(shape):
        if polygon.geom_type != "Polygon":
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            points = [frame.at(point) for point in ring.coords]
            parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    return "".join(parts)


Box = tuple[float, float, float, float]
Numbers = NDArray[np.float64]
RADII = (5.0, 9.0, 15.0, 24.0, 36.0, 50.0, 66.0)
# Cosine and sine of each direction in which a label is tried.
DIRECTIONS = np.array([(cos(2 * pi * step / 16), sin(2 * pi * step / 16)) for step in range(16)])
MARGIN = 1.5
FAR = 16
ELSEWHERE = 6.0  # cost of a label nearer to another place than to its own
SIGN = 8.0  # width of a triangle and the gap behind it


@dataclass(frozen=True)
class Label:
    """`below`: a second, smaller line; `sign`: a triangle before the text, up or down."""

    at: Point
    text: str
    weight: int = 400
    size: float = 7
    fill: str = INK
    below: str = ""
    sign: str = ""


class Labels:
    def __init__(
        self, drawing: Drawing, frame: Box, obstacles: Iterable[Point], places: Iterable[Point]
    ) -> None:
        self.drawing, self.frame = drawing, frame
        self._obstacles, self._places = _points(obstacles), _points(places)
        self._taken: list[Box] = []

    def put(self, label: Label) -> None:
        """Draw a label at the best free spot, if there is one."""
        high = label.size * (1.05 if not label.below else 2.05)
        indent = SIGN if label.sign else 0
        first = indent + wide(label.text, label.size, label.weight)
        across = max(first, indent + wide(label.below, label.size - 0.6)) + 2
        boxes, costs = self._spots(label.at, across, high)
        best = int(costs.argmin())  # the first of equals
        if costs[best] < np.inf:
            left, top, right, bottom = (float(side) for side in boxes[best])
            self._draw(label, (left, top, right, bottom))

    def _spots(self, at: Point, across: float, high: float) -> tuple[Numbers, Numbers]:
        """Return boxes around a point, the nearest first, and their costs; infinite where no label fits."""
        radius = np.repeat(RADII, len(DIRECTIONS))
        cosine, sine = np.tile(DIRECTIONS, (len(RADII), 1)).T
        left = at[0] + radius * cosine - across * (1 - cosine) / 2
        top = at[1] - radius * sine - high * (1 + sine) / 2
        boxes = np.column_stack((left, top, left + across, top + high))
        low, end = boxes[:, :2], boxes[:, 2:]
        is_free = np.all(low >= np.add(self.frame[:2], 1), axis=1)
        is_free &= np.all(end <= np.subtract(self.frame[2:], 1), axis=1)
        for other in self._taken:
            is_free &= ~np.all((low < other[2:]) & (end > other[:2]), axis=1)
        costs = radius * 0.16 + _covered(boxes, self._obstacles) * 1.1 + 3.5 * _covered(boxes, self._places)
        middle = (low + end) / 2
        nearest = np.hypot(*(middle[:, None] - self._places).transpose(2, 0, 1)).min(axis=1, initial=np.inf)
        costs += ELSEWHERE * (nearest < np.hypot(*(middle - at).T) - 1)
        return boxes, np.where(is_free, costs, np.inf)

    def _draw(self, label: Label, box: Box) -> None:
        self._taken.append(box)
        nearest = (min(max(label.at[0], box[0]), box[2]), min(max(label.at[1], box[1]), box[3]))
        if hypot(nearest[0] - label.at[0], nearest[1] - label.at[1]) > FAR:
            self.drawing.line(*label.at, *nearest, stroke=GREY, stroke_width=0.4)
        baseline = box[1] + label.size * 0.86
        at_left = box[0] + 1
        if label.sign:
            self.drawing.triangle(at_left, baseline, label.size, label.sign == "up", INK)
            at_left += SIGN
        self.drawing.text(at_left, baseline, label.text, label.size, label.weight, label.fill, halo=2.2)
        if label.below:
            self.drawing.text(
                at_left, baseline + label.size, label.below, label.size - 0.6, fill=GREY, halo=2
            )


def _points(points: Iterable[Point]) -> Numbers:
    return np.array(list(points), float).reshape(-1, 2)


def _covered(boxes: Numbers, points: Numbers) -> Numbers:
    """Return how many points lie in each box or near its edge."""
    low, end = boxes[:, None, :2] - MARGIN, boxes[:, None, 2:] + MARGIN
    return np.count_nonzero(np.all((low <= points) & (points <= end), axis=2), axis=1)
