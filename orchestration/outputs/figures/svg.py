"""SVG as text: shapes in points, the colours and type of the report, and the width of texts."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from PIL import ImageFont

from orchestration.outputs.texts import Value

# Fira Sans (SIL Open Font License, `OFL.txt`): the Latin part of two faces, for report and figures alike.
# Made of npm @expo-google-fonts/fira-sans 0.4.1 with fontTools' pyftsubset: Latin, punctuation, arrows,
# signs of arithmetic; figures of one width stay in.
FONTS = Path(__file__).parents[1] / "fonts"
# Directions alone have a colour: any two differ by 26 (ΔE) and more for colour-blind readers (Machado 2009),
# and by lightness in grey print.
INK, GREY, WITHIN, OUT, INTO = "#1B262C", "#5F6B73", "#17506B", "#C2410C", "#E3A72F"
OUT_TEXT, INTO_TEXT, HELD, LAND, LINE = "#B23C0C", "#8A5A00", "#7F8A91", "#E9ECEE", "#D5DADD"
RULE = "#C9D0D4"
DIRECTIONS = {"within": WITHIN, "into": INTO, "out_of": OUT}
_HATCH = 2.6
FACES = {400: "FiraSans-Regular.ttf", 600: "FiraSans-SemiBold.ttf"}


@cache
def font_faces() -> str:
    """Return the type as rules of a style sheet that hold its WOFF2 files."""
    files = {weight: (FONTS / file).with_suffix(".woff2").read_bytes() for weight, file in FACES.items()}
    return "".join(
        f"@font-face{{font-family:'Fira Sans';font-weight:{weight};"
        f"src:url(data:font/woff2;base64,{b64encode(face).decode()}) format('woff2')}}"
        for weight, face in files.items()
    )


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

    def box(self, x: float, y: float, width: float, height: float, fill: str, **style: Any) -> None:
        self.add("rect", x=x, y=y, width=width, height=height, fill=fill, **style)

    def dashed(self, x: float, y: float, width: float, height: float, fill: str = "none") -> None:
        """Draw the box of a count that is not shown."""
        style = {"stroke": HELD, "stroke_width": 0.6, "stroke_dasharray": "1.4 1.2"}
        self.box(x, y, width, height, fill, **style)

    def hatch(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Draw a hatched box. Its lines are drawn one by one: a pattern would need an id of its own."""
        self.box(x, y, width, height, "#FFFFFF", stroke=colour, stroke_width=0.5)
        lines = []
        for step in range(1, int((width + height) / _HATCH) + 1):
            far = step * _HATCH  # of the line x + y = far, from the left or lower edge to the upper or right
            low, high = max(0.0, far - height), min(width, far)
            lines.append(f"M{x + low:.1f} {y + far - low:.1f}L{x + high:.1f} {y + far - high:.1f}")
        self.path("".join(lines), stroke=colour, stroke_width=0.9, fill="none")

    def text(
        self, x: float, y: float, text: str | Value, size: float = 7, weight: int = 400, fill: str = INK,
        anchor: str = "start", halo: float = 0,
    ) -> None:  # fmt: skip
        source: dict[str, str] = {}
        if isinstance(text, Value):
            source = {"data_source": text.source, "data_column": text.column}
            text = text.text
        style = {"x": x, "y": y, "font_size": size, "font_weight": weight, "text_anchor": anchor}
        if halo:
            self.add(
                "text", text, **style, fill="#fff", stroke="#fff", stroke_width=halo, stroke_linejoin="round",
                aria_hidden="true",
            )  # fmt: skip
        self.add("text", text, **style, fill=fill, **source)

    def named(self, x: float, y: float, text: str, size: float, weight: int = 400, fill: str = INK) -> None:
        """Draw a text; a ▲ or ▼ in it is drawn as a shape, as the type has none."""
        sign = next((one for one in "▲▼" if one in text), "")
        words, is_first = text.replace(sign, "").strip() if sign else text, text.startswith(sign or "-")
        across, room = wide(words, size, weight), size * 1.1 if sign else 0.0
        self.text(x + (room if is_first else 0), y, words, size, weight, fill)
        if sign:
            self.triangle(x if is_first else x + across + room - size * 0.72, y, size, sign == "▲", INK)

    def triangle(self, x: float, y: float, size: float, is_up: bool, fill: str) -> None:
        """Draw the sign of a rise or fall on the line of a text."""
        high, across = size * 0.62, size * 0.72
        base, tip = (y, y - high) if is_up else (y - high, y)
        points = f"{x:.1f},{base:.1f} {x + across:.1f},{base:.1f} {x + across / 2:.1f},{tip:.1f}"
        self.add("polygon", points=points, fill=fill, stroke="#fff", stroke_width=0.6)

    def svg(self, alt: str) -> str:
        """Return the SVG, with `alt` as its accessible name."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'width="{self.width:g}pt" height="{self.height:g}pt" role="img" aria-label="{escape(alt)}" '
            'font-family="Fira Sans, sans-serif">'
        )
        return "\n".join([head, *self._shapes, "</svg>\n"])


def wide(text: str, size: float, weight: int = 400) -> float:
    """Return the width of a text in points."""
    return float(_face(weight).getlength(text)) * size / 100


def wrapped(text: str, width: float, size: float, weight: int = 400) -> list[str]:
    """Return a text in lines that fit a width, as far as its words do."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if wide(longer, size, weight) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@cache
def _face(weight: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / FACES[weight], 100)


def _bare(value: Any) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else escape(str(value))
