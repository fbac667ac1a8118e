"""The ground of a map: land in grey, Kenya's counties in white.

No border between countries is drawn, because some are disputed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import shapely

from orchestration.outputs.figures.svg import LAND, LINE, Drawing
from orchestration.places import boundaries

Point = tuple[float, float]
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


def draw_ground(drawing: Drawing, frame: Frame, layer: boundaries.Boundaries, lines: bool = True) -> None:
    """Draw land and Kenya; `lines`: with the lines between counties."""
    drawing.add("rect", x=0, y=0, width=frame.width, height=frame.height, fill="#FFFFFF")
    for path, style in _ground(frame, layer, lines):
        drawing.path(path, **style)


@lru_cache(maxsize=8)
def _ground(frame: Frame, layer: boundaries.Boundaries, lines: bool) -> list[tuple[str, dict[str, Any]]]:
    box = (frame.west, frame.south, frame.east, frame.north)
    found: list[tuple[str, dict[str, Any]]] = [
        (_path(frame, shapely.clip_by_rect(_land(), *box)), {"fill": LAND})
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


@cache
def _land() -> Any:
    return shapely.union_all([shapely.buffer(shape, 0.01) for shape in boundaries.country_shapes().values()])


def _path(frame: Frame, shape: Any) -> str:
    parts = []
    for polygon in shapely.get_parts(shape):
        if polygon.geom_type != "Polygon":
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            points = [frame.at(point) for point in ring.coords]
            parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    return "".join(parts)
