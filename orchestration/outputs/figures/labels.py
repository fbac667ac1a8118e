"""Labels on a map: each where it covers no other, few lines and no place; a thin line leads to a far one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin

from orchestration.outputs.figures.svg import GREY, INK, OUT, WITHIN, Drawing, wide

Point = tuple[float, float]
Box = tuple[float, float, float, float]
RADII, DIRECTIONS = (5, 9, 15, 24, 36, 50, 66), 16
FAR = 16
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
        self._obstacles, self._places = list(obstacles), list(places)
        self._taken: list[Box] = []

    def put(self, label: Label, radii: Sequence[float] = RADII) -> bool:
        """Draw a label at the best free spot; False where there is none."""
        high = label.size * (1.05 if not label.below else 2.05)
        indent = SIGN if label.sign else 0
        first = indent + wide(label.text, label.size, label.weight)
        across = max(first, indent + wide(label.below, label.size - 0.6)) + 2
        best: tuple[float, Box] | None = None
        for radius in radii:
            for step in range(DIRECTIONS):
                turn = 2 * pi * step / DIRECTIONS
                x, y = label.at[0] + radius * cos(turn), label.at[1] - radius * sin(turn)
                left = x - across * (1 - cos(turn)) / 2
                top = y - high * (1 + sin(turn)) / 2
                box = (left, top, left + across, top + high)
                cost = self._cost(box, radius)
                if cost is not None and (best is None or cost < best[0]):
                    best = (cost, box)
        if best is None:
            return False
        self._draw(label, best[1])
        return True

    def _cost(self, box: Box, radius: float) -> float | None:
        inside = (
            box[0] >= self.frame[0] + 1 and box[1] >= self.frame[1] + 1
            and box[2] <= self.frame[2] - 1 and box[3] <= self.frame[3] - 1
        )  # fmt: skip
        if not inside or any(_overlap(box, other) for other in self._taken):
            return None
        wider = (box[0] - 1.5, box[1] - 1.5, box[2] + 1.5, box[3] + 1.5)
        covered = sum(_holds(wider, point) for point in self._obstacles)
        return radius * 0.16 + covered * 1.1 + 3.5 * sum(_holds(wider, point) for point in self._places)

    def _draw(self, label: Label, box: Box) -> None:
        self._taken.append(box)
        nearest = (min(max(label.at[0], box[0]), box[2]), min(max(label.at[1], box[1]), box[3]))
        if hypot(nearest[0] - label.at[0], nearest[1] - label.at[1]) > FAR:
            self.drawing.line(*label.at, *nearest, stroke=GREY, stroke_width=0.4)
        baseline = box[1] + label.size * 0.86
        at_left = box[0] + 1
        if label.sign:
            _triangle(self.drawing, at_left, baseline, label.size, label.sign)
            at_left += SIGN
        self.drawing.text(at_left, baseline, label.text, label.size, label.weight, label.fill, halo=2.2)
        if label.below:
            self.drawing.text(
                at_left, baseline + label.size, label.below, label.size - 0.6, fill=GREY, halo=2
            )


def _holds(box: Box, point: Point) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _triangle(drawing: Drawing, x: float, y: float, size: float, sign: str) -> None:
    high = size * 0.62
    base, tip = (y, y - high) if sign == "up" else (y - high, y)
    points = f"{x:.1f},{base:.1f} {x + 6:.1f},{base:.1f} {x + 3:.1f},{tip:.1f}"
    drawing.add(
        "polygon", points=points, fill=OUT if sign == "up" else WITHIN, stroke="#fff", stroke_width=0.6
    )
