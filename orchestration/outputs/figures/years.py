"""Small multiples: the corridors with most persons, one chart each, a bar a period."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from orchestration.outputs.figures.style import (
    DIRECTION_COLOURS,
    LINE,
    NOT_SHOWN,
    NOT_SHOWN_HATCH,
    SOFT,
    add_legend,
    finish,
    new_figure,
    partly,
)
from orchestration.outputs.printed import Printed, Row, between_known, ranked
from orchestration.outputs.words import plain
from orchestration.places import boundaries

COLUMNS, MOST_ROWS, MOST_PERIODS = 4, 3, 6
STUB = 0.035  # of the tallest bar: what is not shown has no height
ROW_HEIGHT, AROUND = 1.3, 0.72


def draw_years(printed: Printed, layer: boundaries.Boundaries, path: Path) -> str | None:
    grain = next(iter(printed.grains("corridors")), None)
    periods = printed.series("corridors", MOST_PERIODS, record_grain=grain, is_shown=True)
    if grain is None or len(periods) < 2:
        return None
    words = printed.words
    told = printed.rows("corridors", record_grain=grain, period_id=periods, is_shown=True)
    newest_first = ranked(between_known([row for row in told if row["period_id"] == periods[-1]]))
    shown = newest_first[: COLUMNS * MOST_ROWS]
    if not shown:
        return None
    lines = -(-len(shown) // COLUMNS)
    height = lines * ROW_HEIGHT + AROUND
    figure = new_figure(height, printed.title("years", [grain]))
    most = max(row["person_count"] for row in told if _ends(row) in {_ends(one) for one in shown})
    for at, row in enumerate(shown):
        across, down = at % COLUMNS, at // COLUMNS
        bottom = 1 - (0.38 + (down + 1) * ROW_HEIGHT - 0.3) / height
        axes = figure.add_axes((0.015 + across * 0.248, bottom, 0.225, 0.72 / height))
        counts = {one["period_id"]: one["person_count"] for one in told if _ends(one) == _ends(row)}
        _chart(axes, printed, row, periods, counts, most)
    directions = dict.fromkeys(printed.direction(row) for row in shown)
    handles = [
        Patch(color=DIRECTION_COLOURS.get(one, SOFT), label=words.text(f"direction.{one}"))
        for one in directions
    ]
    if len(printed.whole(periods, grain)) < len(periods):
        handles.append(Patch(**partly(SOFT), label=words.text("figure.partial")))
    add_legend(figure, handles, 0.0, 5, handlelength=1.2, columnspacing=1.4)
    finish(figure, printed, _span(printed, periods, grain), path)
    return plain(words("alt.years", corridors=words.together([printed.corridor(row) for row in shown])))


def _chart(
    axes: Axes, printed: Printed, row: Row, periods: list[str], counts: dict[str, int], most: int
) -> None:
    colour = DIRECTION_COLOURS.get(printed.direction(row), SOFT)
    for at, period in enumerate(periods):
        count = counts.get(period)
        if count is None:
            axes.bar(
                at,
                most * STUB,
                width=0.7,
                facecolor=NOT_SHOWN,
                edgecolor=LINE,
                linewidth=0.4,
                hatch=NOT_SHOWN_HATCH,
                hatchcolor=SOFT,
            )
            said = printed.hidden.text
        else:
            is_partial = printed.is_partial(period, row["record_grain"])
            axes.bar(at, count, width=0.7, **(partly(colour) if is_partial else {"color": colour}))
            said = f"{count:,}"
        axes.text(at, (count or most * STUB) + most * 0.03, said, ha="center", va="bottom", fontsize=6.5)
    axes.set(xlim=(-0.6, len(periods) - 0.4), ylim=(0, most * 1.28), yticks=[])
    labels = [_two_lines(printed, period, row["record_grain"]) for period in periods]
    axes.set_xticks(range(len(periods)), labels, fontsize=6.2 if len(periods) > 3 else 6.8)
    axes.tick_params(length=0, pad=2)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    origin, destination = (printed.place(one) for one in _ends(row))
    title = f"{origin} → {destination}"
    axes.set_title(
        title if len(title) < 27 else f"{origin} →\n{destination}",
        fontsize=7.2,
        loc="left",
        pad=3,
        linespacing=1.1,
    )


def _two_lines(printed: Printed, period: str, grain: str) -> str:
    text, month = printed.heading(period, grain).text, printed.last_month(period).text
    return text.replace(f" {month}", f"\n{month}")


def _ends(row: Row) -> tuple[str, str]:
    return row["origin_place_id"], row["destination_place_id"]


def _span(printed: Printed, periods: list[str], grain: str) -> str:
    return " – ".join(printed.heading(period, grain).text for period in (periods[0], periods[-1]))
