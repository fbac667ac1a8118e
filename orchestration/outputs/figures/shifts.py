"""The dumbbell of shifts: each corridor's share before, set to one, and now, as a factor or as a band."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from orchestration.outputs.figures.style import DOWN, INK, LINE, SOFT, UP, add_legend, finish, new_figure
from orchestration.outputs.printed import CHANGED, Printed, Row, is_firm
from orchestration.outputs.words import plain
from orchestration.places import boundaries

MOST_ROWS = 16
ENDS = (1 / 8, 8.0)  # of the axis; what lies beyond is drawn as an arrow at its end
TICKS = {1 / 8: "÷8", 1 / 4: "÷4", 1 / 2: "÷2", 1.0: "1", 2.0: "×2", 4.0: "×4", 8.0: "×8"}
BANDS = {
    "half_or_less": (ENDS[0], 0.5),
    "lower": (0.5, 0.8),
    "about_the_same": (0.8, 1.25),
    "higher": (1.25, 2.0),
    "twice_or_more": (2.0, ENDS[1]),
}


def draw_shifts(printed: Printed, layer: boundaries.Boundaries, path: Path) -> str | None:
    grain = next(iter(printed.grains("corridor_shifts")), None)
    rows = [
        row
        for row in printed.rows("corridor_shifts", record_grain=grain, status=CHANGED)
        if row.get("share_odds_ratio") is not None or row["factor_band"] is not None
    ]
    if grain is None or not rows:
        return None
    window = max(row["current_window"] for row in rows)
    rows = [row for row in rows if row["current_window"] == window]
    rows.sort(key=lambda row: (CHANGED.index(row["status"]), row["corridor_id"]))
    rows = rows[:MOST_ROWS]
    words = printed.words
    height = 1.1 + 0.27 * len(rows)
    figure = new_figure(height, printed.title("shifts", [grain]))
    axes = figure.add_axes((0.27, 0.62 / height, 0.46, (0.27 * len(rows) + 0.1) / height))
    for at, row in enumerate(rows):
        _dumbbell(axes, row, at)
        said = words.text(f"status.{row['status']}")
        if not is_firm(printed, row):
            said += f" · {words.text('figure.one_partner')}"
        axes.text(
            1.02,
            at,
            said,
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=7.2,
            color=_colour(row),
        )
    _frame(axes, printed, rows)
    before: dict[str, Any] = {"markerfacecolor": "white", "markeredgecolor": INK, "markersize": 5}
    handles = [Line2D([], [], marker="o", linestyle="none", label=words.text("figure.before"), **before)]
    if any(row.get("share_odds_ratio") is not None for row in rows):
        now = Line2D([], [], marker="o", color=INK, linestyle="none", label=words.text("figure.after"))
        handles += [now, Line2D([], [], color=LINE, linewidth=3.5, label=words.text("figure.interval"))]
    if any(row.get("share_odds_ratio") is None for row in rows):
        handles.append(Line2D([], [], color=SOFT, linewidth=5, label=words.text("figure.band")))
    add_legend(figure, handles, 0.0, 4)
    span = f"{printed.period(rows[0]['baseline_window']).text} / {printed.period(window).text}"
    finish(figure, printed, span, path)
    up, down = ([printed.corridor(row) for row in rows if _is_up(row) is one] for one in (True, False))
    changed = [
        plain(words(f"alt.shifts_{way}", corridors=words.together(corridors)))
        for way, corridors in (("up", up), ("down", down))
        if corridors
    ]
    return plain(words("alt.shifts", changed=" ".join(changed)))


def _dumbbell(axes: Axes, row: Row, at: int) -> None:
    colour, (low, high) = _colour(row), _reach(row)
    ratio = row.get("share_odds_ratio")
    if ratio is None:
        axes.plot(
            [low, high], [at, at], color=colour, linewidth=5, alpha=0.85, solid_capstyle="butt", zorder=2
        )
        near = low if _is_up(row) else high
        axes.plot([1, near], [at, at], color=colour, linewidth=1.2, zorder=1)
        end = ENDS[1] if _is_up(row) else ENDS[0]
        if end in (low, high):
            axes.plot(
                end,
                at,
                marker=">" if _is_up(row) else "<",
                color=colour,
                markersize=6,
                clip_on=False,
                zorder=3,
            )
    else:
        now = min(max(ratio, ENDS[0]), ENDS[1])
        axes.plot([low, high], [at, at], color=LINE, linewidth=3.5, solid_capstyle="butt", zorder=1)
        axes.plot([1, now], [at, at], color=colour, linewidth=1.4, zorder=2)
        marker = "o" if now == ratio else (">" if _is_up(row) else "<")
        firm = row.get("evidence") != "single_partner"
        axes.plot(
            now,
            at,
            marker=marker,
            markersize=6,
            markerfacecolor=colour if firm else "white",
            markeredgecolor=colour,
            linestyle="none",
            clip_on=False,
            zorder=4,
        )
    axes.plot(
        1,
        at,
        marker="o",
        markersize=4.6,
        markerfacecolor="white",
        markeredgecolor=INK,
        markeredgewidth=0.9,
        linestyle="none",
        zorder=3,
    )


def _reach(row: Row) -> tuple[float, float]:
    if row.get("share_odds_ratio") is None:
        return BANDS[row["factor_band"]]
    ends = (row["ratio_low"] or row["share_odds_ratio"], row["ratio_high"] or row["share_odds_ratio"])
    low, high = (min(max(end, ENDS[0]), ENDS[1]) for end in ends)
    return low, high


def _frame(axes: Axes, printed: Printed, rows: list[Row]) -> None:
    axes.set_xscale("log", base=2)
    axes.set(xlim=(ENDS[0] / 1.12, ENDS[1] * 1.12), ylim=(len(rows) - 0.4, -0.6))
    axes.set_xticks(list(TICKS), list(TICKS.values()))
    axes.set_yticks(range(len(rows)), [printed.corridor(row) for row in rows], fontsize=7.2)
    axes.tick_params(length=0, which="both")
    axes.minorticks_off()
    axes.grid(axis="x", color="#e3e8ea", linewidth=0.6)
    axes.axvline(1, color=SOFT, linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    axes.set_xlabel(printed.words.text("figure.share"), fontsize=7, labelpad=2)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)


def _is_up(row: Row) -> bool:
    return row["status"] in ("emerging", "growing")


def _colour(row: Row) -> str:
    return UP if _is_up(row) else DOWN
