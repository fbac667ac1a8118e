"""Four maps, one a role: which counties and border points differ from the usual."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from orchestration.outputs.figures.ground import KENYA_FRAME, counties, land
from orchestration.outputs.figures.style import (
    BOLD,
    INK,
    LABEL_COLOURS,
    LABEL_HATCHES,
    LINE,
    NOT_SHOWN,
    NOT_SHOWN_HATCH,
    WIDE_HATCH,
    add_legend,
    finish,
    new_figure,
)
from orchestration.outputs.printed import YEARLY, Printed, Row, is_wide
from orchestration.outputs.words import Sentence, plain
from orchestration.places import boundaries

ROLES = ("origin", "transit", "intended_destination", "exploitation")
HEIGHT = 7.9
HATCH_INK = "#8a959b"


def draw_hotspots(printed: Printed, layer: boundaries.Boundaries, path: Path) -> str | None:
    grain = next(iter(printed.grains("hotspots")), None)
    period = printed.newest("hotspots", YEARLY, record_grain=grain)
    if grain is None or period is None:
        return None
    words = printed.words
    figure = new_figure(HEIGHT, printed.title("hotspots", [grain], printed.period(period, grain)))
    boxes = ((0.01, 0.522), (0.505, 0.522), (0.01, 0.08), (0.505, 0.08))
    for role, (left, bottom) in zip(ROLES, boxes, strict=True):
        axes = figure.add_axes((left, bottom, 0.485, 0.432))
        axes.set_aspect("equal")
        rows = printed.rows("hotspots", record_grain=grain, period_id=period, role=role)
        _map(axes, rows, printed, layer)
        axes.text(
            0.03,
            0.03,
            words.text(f"hotspots.role.{role}"),
            transform=axes.transAxes,
            fontsize=8.5,
            va="bottom",
            **BOLD,
        )
    style = {"fontsize": 7.5, "handlelength": 2.2, "handleheight": 1.3, "columnspacing": 1.6}
    add_legend(figure, _legend(printed), 0.0, 3, **style)
    finish(figure, printed, printed.period(period, grain), path, layer)
    return _alt(printed, grain, period)


def _map(axes: Axes, rows: list[Row], printed: Printed, layer: boundaries.Boundaries) -> None:
    land(axes, KENYA_FRAME)
    shapes = layer.counties
    judged = {row["place_id"]: row for row in rows if row["label"] in LABEL_COLOURS}
    rest = [code for code in shapes if code not in judged]
    counties(axes, shapes, rest, facecolor=NOT_SHOWN, hatch=NOT_SHOWN_HATCH, hatchcolor=LINE)
    for label, colour in LABEL_COLOURS.items():
        codes = [code for code, row in judged.items() if row["label"] == label]
        hatch = LABEL_HATCHES.get(label)
        counties(axes, shapes, codes, facecolor=colour, hatch=hatch, hatchcolor="white")
        wide = [code for code in codes if is_wide(judged[code])]
        ink = "white" if label == "hotspot" else HATCH_INK
        counties(axes, shapes, wide, facecolor="none", hatch=WIDE_HATCH, hatchcolor=ink)
    for code, row in judged.items():
        position = printed.position(code)
        if row["place_level"] == "border_point" and position is not None:
            colour = LABEL_COLOURS[row["label"]]
            axes.plot(
                *position,
                marker="D",
                markersize=5,
                markerfacecolor=colour,
                markeredgecolor=INK,
                markeredgewidth=0.7,
                linestyle="none",
            )


def _legend(printed: Printed) -> list[Patch | Line2D]:
    words = printed.words
    handles: list[Patch | Line2D] = [
        Patch(
            facecolor=colour,
            edgecolor=HATCH_INK,
            linewidth=0.4,
            hatch=LABEL_HATCHES.get(label),
            hatchcolor="white",
            label=words.text(f"label.{label}"),
        )
        for label, colour in LABEL_COLOURS.items()
    ]
    handles.append(
        Patch(
            facecolor=NOT_SHOWN,
            edgecolor=HATCH_INK,
            linewidth=0.4,
            hatch=NOT_SHOWN_HATCH,
            hatchcolor=LINE,
            label=words.text("figure.not_shown"),
        )
    )
    if printed.says("hotspots", "ratio_low"):
        handles.append(
            Patch(
                facecolor="white",
                edgecolor=HATCH_INK,
                linewidth=0.4,
                hatch=WIDE_HATCH,
                hatchcolor=HATCH_INK,
                label=words.text("figure.wide"),
            )
        )
    if printed.rows("hotspots", place_level="border_point"):
        handles.append(
            Line2D(
                [],
                [],
                marker="D",
                markersize=5,
                markerfacecolor="white",
                markeredgecolor=INK,
                linestyle="none",
                label=words.text("figure.border_points"),
            )
        )
    return handles


def _alt(printed: Printed, grain: str, period: str) -> str:
    words = printed.words
    said: list[Sentence] = []
    for role in ROLES:
        found = printed.rows("hotspots", record_grain=grain, period_id=period, role=role, label="hotspot")
        if found:
            places = words.together([printed.place(row["place_id"]) for row in found])
            said.append(words("alt.of_role", role=words(f"role.{role}"), places=places))
    if not said:
        return words.text("alt.hotspots_lead")
    return plain(words("alt.hotspots", places="; ".join(plain(one) for one in said)))
