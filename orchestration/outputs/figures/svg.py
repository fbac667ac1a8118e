"""SVG as text: shapes in points, the colours and type of the report, and the width of texts."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from PIL import ImageFont

# Fira Sans (SIL Open Font License, `OFL.txt`): the Latin part of two faces, for report and figures alike.
# Made of npm @expo-google-fonts/fira-sans 0.4.1 with fontTools' pyftsubset: Latin, punctuation, arrows,
# signs of arithmetic; figures of one width stay in.
FONTS = Path(__file__).parents[1] / "fonts"
INK, GREY, WITHIN, OUT, INTO = "#1B262C", "#5F6B73", "#17506B", "#D55E2B", "#E3A72F"
OUT_TEXT, INTO_TEXT, HELD, LAND, LINE = "#B23C0C", "#8A5A00", "#7F8A91", "#E9ECEE", "#D5DADD"
DIRECTIONS = {"within": WITHIN, "into": INTO, "out_of": OUT}
FACES = {400: "FiraSans-Regular.ttf", 600: "FiraSans-SemiBold.ttf"}


class Drawing:
    """Shapes in the order in which they are drawn."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._shapes: list[str] = []

    def add(self, tag: str, text: str = "", **attributes: Any) -> None:
        written = "".join(f' {name.replace("_", "-")}="{_bare(value)}"' for name, value in attributes.items())
        self._shapes.append(f"<{tag}{written}>{escape(text)}</{tag}>" if text else f"<{tag}{written}/>")

    def path(self, d: str, **style: Any) -> None:
        self.add("path", d=d, **style)

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str, **style: Any) -> None:
        self.path(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}", stroke=stroke, fill="none", **style)

    def circle(self, x: float, y: float, r: float, **style: Any) -> None:
        self.add("circle", cx=x, cy=y, r=r, **style)

    def text(
        self, x: float, y: float, text: str, size: float = 7, weight: int = 400, fill: str = INK,
        anchor: str = "start", halo: float = 0,
    ) -> None:  # fmt: skip
        style = {"x": x, "y": y, "font_size": size, "font_weight": weight, "text_anchor": anchor}
        if halo:
            self.add(
                "text", text, **style, fill="#fff", stroke="#fff", stroke_width=halo, stroke_linejoin="round",
                aria_hidden="true",
            )  # fmt: skip
        self.add("text", text, **style, fill=fill)

    def svg(self, alt: str) -> str:
        """Return the SVG, with `alt` as its accessible name."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'width="{self.width:g}pt" height="{self.height:g}pt" role="img" aria-label="{escape(alt)}" '
            'font-family="Fira Sans, Njia Sans, sans-serif">'
        )
        return "\n".join([head, *self._shapes, "</svg>\n"])


def wide(text: str, size: float, weight: int = 400) -> float:
    """Return the width of a text in points."""
    return float(_face(weight).getlength(text)) * size / 100


@cache
def _face(weight: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / FACES[weight], 100)


def _bare(value: Any) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else escape(str(value))
