"""The map of countries farther away, with a line from Kenya to each."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.outputs.figures.corridors import Line, curve_of, draw_curve, sampled, thickness
from orchestration.outputs.figures.ground import Frame, draw_ground
from orchestration.outputs.figures.labels import Label, Labels
from orchestration.outputs.figures.svg import DIRECTIONS, OUT_TEXT, Drawing
from orchestration.outputs.published import position
from orchestration.places import boundaries

GULF = Frame(25.0, -6.5, 61.5, 36.5, 4.03)
START = (37.9, 0.6)


def reaches(place_id: str) -> bool:
    """Whether a country is on the map."""
    return (at := position(place_id)) is not None and GULF.has(at)


def draw_abroad(lines: Sequence[Line], kenya: str, layer: boundaries.Boundaries, alt: str) -> str:
    """Return the map as SVG. `lines`: from Kenya to countries on the map, the strongest first."""
    drawing = Drawing(GULF.width, GULF.height)
    draw_ground(drawing, GULF, layer, lines=False)
    start = GULF.at(START)
    ends = {line.destination: GULF.at(position(line.destination) or START) for line in lines}
    most = max((line.count or 0 for line in lines), default=1)
    curves = [
        curve_of(start, ends[line.destination], 0.12 if ends[line.destination][0] < start[0] + 30 else -0.16)
        for line in lines
    ]
    for line, curve in reversed(list(zip(lines, curves, strict=True))):
        draw_curve(drawing, curve, DIRECTIONS["out_of"], 0.7 * thickness(line.count, most))
    along = [point for curve in curves for point in sampled(curve)]
    labels = Labels(drawing, (0, 0, GULF.width, GULF.height), along, ends.values())
    labels.put(Label((start[0] - 4, start[1] + 3), kenya, 600))
    for line in lines:
        labels.put(Label(ends[line.destination], line.label, 600, fill=OUT_TEXT))
    return drawing.svg(alt)
