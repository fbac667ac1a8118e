"""Type, colours and patterns of all figures, and how they are written.

Each colour differs from its neighbours in lightness too, and each class that could be taken for another has a
pattern, so that a print in grey and an eye that lacks a colour read the same.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from orchestration.outputs.fonts import FONTS
from orchestration.outputs.printed import STAR, Printed
from orchestration.outputs.words import Slot, plain
from orchestration.places import boundaries

WIDTH = 6.7  # inches: the text block of an A4 page, so that type in a figure has its real size
BOLD: dict[str, Any] = {"family": "Fira Sans SemiBold", "weight": 600}
INK, SOFT, LINE, LAND, WATER = "#16232b", "#4c5b64", "#9aa8af", "#e9e6df", "#f7fafb"
LABEL_COLOURS = {
    "hotspot": "#7f2704",
    "elevated": "#ee9a4d",
    "not_distinguished": "#fbeedb",
    "lower": "#5aa0c4",
}
LABEL_HATCHES = {"lower": "----"}
NOT_SHOWN, NOT_SHOWN_HATCH, WIDE_HATCH = "#dfe3e6", "...", "//////"
DIRECTION_COLOURS = {"into": "#0b3c79", "out_of": "#d55e00", "within": "#2aa187", "outside": "#a8a8a8"}
DIRECTION_LINES: dict[str, Any] = {
    "into": "-",
    "out_of": "-",
    "within": (0, (5, 1.2)),
    "outside": (0, (1.2, 1.2)),
}
UP, DOWN = "#d55e00", "#0b3c79"
DPI = 170
SOURCE_SIZE, ABOVE_SOURCE = 6.0, 0.06  # points; inches
_SALT = "njia"  # ids inside an SVG come of it: no chance in them


@contextmanager
def drawing() -> Iterator[None]:
    """Inside, matplotlib draws in Njia's type and writes the same bytes each time."""
    for name in sorted(FONTS.glob("*.ttf")):
        font_manager.fontManager.addfont(name)
    settings: dict[Any, Any] = {
        "font.family": "Fira Sans", "font.size": 7.5, "text.color": INK, "axes.edgecolor": LINE,
        "axes.labelcolor": SOFT, "xtick.color": SOFT, "ytick.color": INK, "axes.linewidth": 0.6,
        "hatch.linewidth": 0.5, "svg.fonttype": "path", "svg.hashsalt": _SALT, "path.simplify": True,
    }  # fmt: skip
    with matplotlib.rc_context(settings):
        yield


def partly(colour: str) -> dict[str, Any]:
    """How a bar looks that stands for a part of its period."""
    return {
        "facecolor": "white",
        "edgecolor": colour,
        "linewidth": 0.6,
        "hatch": "/////",
        "hatchcolor": colour,
    }


def new_figure(height: float, title: str) -> Figure:
    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    figure.text(0.01, 1 - 0.07 / height, title, fontsize=10, va="top", **BOLD)
    return figure


def add_legend(figure: Figure, handles: Sequence[Artist], bottom: float, columns: int, **style: Any) -> None:
    """Below the drawing, at its left; `bottom` is a part of the figure's height."""
    given: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0.0, bottom), "fontsize": 7.2}
    figure.legend(handles=list(handles), ncols=columns, frameon=False, **given | style)


def finish(
    figure: Figure,
    printed: Printed,
    period: Slot,
    path: Path,
    layer: boundaries.Boundaries | None = None,
    has_lines: bool = False,
) -> None:
    """Source, what a star means, whether all is made up, and, on a map, the words that stand on every map."""
    slots = {
        "edition": printed.words.text(f"edition.{printed.edition.name}").lower(),
        "release": str(printed.manifest["release_id"]),
        "period": plain(period),
    }
    if layer is None:
        source = plain(printed.words("figure.source_plain", **slots))
    else:
        said = boundaries.captions(layer)
        disclaimer = f"{said.label} {said.disclaimer}" + (f" {said.schematic}" if has_lines else "")
        source = plain(printed.words("figure.source", **slots, disclaimer=disclaimer, credits=said.credits))
    if STAR in slots["period"]:
        source += f" {printed.words.text('figure.partial')}"
    if printed.manifest.get("is_synthetic"):
        source += f" {printed.words.text('figure.synthetic')}"
    lines = textwrap.fill(source, 165)
    height = figure.get_size_inches()[1]
    figure.text(
        0.01, -ABOVE_SOURCE / height, lines, fontsize=SOURCE_SIZE, color=SOFT, va="top", linespacing=1.3
    )
    # However many lines the source has, it lies under the drawing and covers none of it.
    below = ABOVE_SOURCE + (lines.count("\n") + 1) * SOURCE_SIZE * 1.5 / 72
    whole = Bbox([[0, -below], [WIDTH, height]])
    figure.savefig(path.with_suffix(".svg"), bbox_inches=whole, metadata={"Date": None, "Creator": None})
    figure.savefig(path.with_suffix(".png"), bbox_inches=whole, dpi=DPI, metadata={"Software": None})
