"""The legend of the map: colours of directions, and thickness by count."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.outputs.figures.corridors import thickness
from orchestration.outputs.figures.svg import DIRECTIONS, GREY, Drawing

WIDTH, ROW = 147.0, 12.0


def draw_legend(
    title: str, directions: Sequence[tuple[str, str]], counts: Sequence[tuple[int, str]], most: int, alt: str
) -> str:
    """Return the legend as SVG. `directions`, `counts`: value and text. `most`: largest count of the map."""
    rows = max(len(directions), len(counts))
    drawing = Drawing(WIDTH, 14 + rows * ROW)
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
