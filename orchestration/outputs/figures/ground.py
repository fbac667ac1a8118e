"""The ground of a map: land in grey, Kenya's counties in white; and labels on it.

Countries have a thin outline, generalised and not authoritative. Labels cover no other label, few lines
and few places; a thin line leads to a label that is far from its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, pi, sin
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import nearest_points

from orchestration.outputs.figures.svg import GREY, INK, LAND, LINE, Drawing, wide
from orchestration.places import boundaries

Point = tuple[float, float]
Box = tuple[float, float, float, float]
SEA, TINT, OUTLINE = "#F4F6F7", "#F7D9CC", "#BFC8CC"
ROUGH = 0.48  # tolerance in points for the line of a county: the smaller a map, the fewer points it needs


@dataclass(frozen=True)
class Frame:
    """An area in degrees, drawn at `scale` points per degree in both directions; `digits`: of coordinates."""

    west: float
    south: float
    east: float
    north: float
    scale: float
    digits: int = 1

    @property
    def box(self) -> Box:
        return self.west, self.south, self.east, self.north

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

    def path(self, shape: Any) -> str:
        """Return the SVG path of polygons or lines, in steps from point to point."""
        written, unit = [], 10**self.digits
        for part in shapely.get_parts(shape):
            is_area = part.geom_type == "Polygon"
            lines = [part.exterior, *part.interiors] if is_area else [part]
            for line in lines if is_area or part.geom_type == "LineString" else ():
                points = np.rint(unit * np.array([self.at(point) for point in shapely.get_coordinates(line)]))
                steps = np.diff(points, axis=0)
                steps = steps[steps.any(axis=1)]
                if len(steps) > (2 if is_area else 0):
                    first, *moves = (f"{x + 0:g} {y + 0:g}" for x, y in (*points[:1] / unit, *steps / unit))
                    written.append(f"M{first}l{' '.join(moves).replace(' -', '-')}{'z' if is_area else ''}")
        return "".join(written)


def towards(box: Any, start: Point, end: Point) -> Point | None:
    """Return the end of a line, or the last of its points in a box; None for a line outside it."""
    inside = shapely.intersection(shapely.LineString([start, end]), box)
    last = None if inside.is_empty else nearest_points(inside, shapely.Point(end))[0]
    return last and (last.x, last.y)


def draw_ground(
    drawing: Drawing,
    frame: Frame,
    layer: boundaries.Boundaries,
    lines: bool = True,
    tinted: Set[str] = frozenset(),
) -> None:
    """Draw land and Kenya; `lines`: with the lines between counties. `tinted`: countries in another tone."""
    drawing.add("rect", x=0, y=0, width=frame.width, height=frame.height, fill=SEA)
    countries, kenya = _outlines(frame), "".join(_outlines(frame, layer, not lines).values())
    for outline in countries.values():
        drawing.path(outline, fill=LAND, stroke=OUTLINE, stroke_width=0.4)
    if lines:
        drawing.path(kenya, fill="#FBFCFB", stroke=LINE, stroke_width=0.5)
    else:
        drawing.path(kenya, fill="#B9C8CF")
    for country in sorted(tinted & countries.keys()):
        drawing.path(countries[country], fill=TINT, stroke=OUTLINE, stroke_width=0.4)


def draw_locator(county: str, layer: boundaries.Boundaries) -> Drawing:
    """Return Kenya with one county in ink."""
    frame = Frame(33.8, -4.9, 42.1, 5.3, 3.4)
    drawing = Drawing(frame.width, frame.height)
    drawing.path("".join(_outlines(frame, layer, True).values()), fill=LAND)
    drawing.path(_outlines(frame, layer).get(county, ""), fill=INK)
    return drawing


@lru_cache(maxsize=16)
def _outlines(
    frame: Frame, layer: boundaries.Boundaries | None = None, is_one: bool = False
) -> dict[str, str]:
    """Return what lies in the frame: countries, or the counties of a layer, or all of them as one."""
    shapes = boundaries.country_shapes() if layer is None else layer.counties
    if is_one:
        shapes = {"": shapely.union_all(list(shapes.values()))}
    paths = {
        name: frame.path(shapely.clip_by_rect(shapely.simplify(shape, ROUGH / frame.scale), *frame.box))
        for name, shape in shapes.items()
    }
    return {name: path for name, path in paths.items() if path}


Numbers = NDArray[np.float64]
RADII = (5.0, 9.0, 15.0, 24.0, 36.0, 50.0, 66.0)
# Cosine and sine of each direction in which a label is tried.
DIRECTIONS = np.array([(cos(2 * pi * step / 16), sin(2 * pi * step / 16)) for step in range(16)])
MARGIN = 1.5
FAR = 16
ELSEWHERE = 6.0  # cost of a label nearer to another place than to its own
SIGN = 8.0  # width of a triangle and the gap behind it


class Labels:
    def __init__(self, drawing: Drawing, obstacles: Iterable[Point], places: Iterable[Point]) -> None:
        self.drawing = drawing
        self._obstacles, self._places = (
            np.array(list(points), float).reshape(-1, 2) for points in (obstacles, places)
        )
        self._taken: list[Box] = []

    def put(
        self, at: Point, text: str, weight: int = 400, size: float = 7, fill: str = INK, below: str = "",
        sign: str = "",
    ) -> None:  # fmt: skip
        """Draw a label at the best free spot, if there is one.

        `below`: a second, smaller line; `sign`: a triangle before the text, up or down.
        """
        indent = SIGN if sign else 0
        across = indent + max(wide(text, size, weight), wide(below, size - 0.6)) + 2
        boxes, costs = self._spots(at, across, size * (2.05 if below else 1.05))
        best = int(costs.argmin())  # the first of equals
        if costs[best] == np.inf:
            return
        left, top, right, bottom = (float(side) for side in boxes[best])
        self._taken.append((left, top, right, bottom))
        nearest = (min(max(at[0], left), right), min(max(at[1], top), bottom))
        if hypot(nearest[0] - at[0], nearest[1] - at[1]) > FAR:
            self.drawing.line(*at, *nearest, stroke=GREY, stroke_width=0.4)
        x, y = left + 1 + indent, top + size * 0.86
        if sign:
            self.drawing.triangle(left + 1, y, size, sign == "up", INK)
        self.drawing.text(x, y, text, size, weight, fill, halo=2.2)
        if below:
            self.drawing.text(x, y + size, below, size - 0.6, fill=GREY, halo=2)

    def _spots(self, at: Point, across: float, high: float) -> tuple[Numbers, Numbers]:
        """Return boxes around a point, the nearest first, and their costs; infinite where no label fits."""
        radius = np.repeat(RADII, len(DIRECTIONS))
        cosine, sine = np.tile(DIRECTIONS, (len(RADII), 1)).T
        left = at[0] + radius * cosine - across * (1 - cosine) / 2
        top = at[1] - radius * sine - high * (1 + sine) / 2
        boxes = np.column_stack((left, top, left + across, top + high))
        low, end = boxes[:, :2], boxes[:, 2:]
        is_free = np.all((low >= 1) & (end <= (self.drawing.width - 1, self.drawing.height - 1)), axis=1)
        for other in self._taken:
            is_free &= ~np.all((low < other[2:]) & (end > other[:2]), axis=1)
        costs = radius * 0.16 + _covered(boxes, self._obstacles) * 1.1 + 3.5 * _covered(boxes, self._places)
        middle = (low + end) / 2
        nearest = np.hypot(*(middle[:, None] - self._places).transpose(2, 0, 1)).min(axis=1, initial=np.inf)
        costs += ELSEWHERE * (nearest < np.hypot(*(middle - at).T) - 1)
        return boxes, np.where(is_free, costs, np.inf)


def _covered(boxes: Numbers, points: Numbers) -> Numbers:
    """Return how many points lie in each box or near its edge."""
    low, end = boxes[:, None, :2] - MARGIN, boxes[:, None, 2:] + MARGIN
    return np.count_nonzero(np.all((low <= points) & (points <= end), axis=2), axis=1)
