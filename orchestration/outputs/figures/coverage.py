"""The heat map of coverage: how many partners watched a county, by period."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from orchestration.outputs.figures.style import INK, LINE, SOFT, add_legend, finish, new_figure
from orchestration.outputs.printed import STAR, Printed, Row
from orchestration.outputs.words import plain
from orchestration.places import boundaries

COLOURS = {"three_or_more": "#0b5563", "one_or_two": "#8fc1c6", "none": "#ffffff"}
HATCHES = {"none": "////"}
BLOCKS, MOST_PERIODS = 3, 5


def draw_coverage(printed: Printed, layer: boundaries.Boundaries, path: Path) -> str | None:
    grain = next(iter(printed.grains("coverage")), None)
    periods = printed.series("coverage", MOST_PERIODS, record_grain=grain)
    told = {
        (row["place_id"], row["period_id"]): row
        for row in printed.rows("coverage", record_grain=grain, period_id=periods)
        if printed.kind(row["place_id"]) == "county"
    }
    counties = sorted({place for place, _ in told}, key=printed.place)
    if not counties:
        return None
    words = printed.words
    each = -(-len(counties) // BLOCKS)
    height = 1.3 + each * 0.2
    figure = new_figure(height, words.text("figure.title.coverage"))
    for block in range(BLOCKS):
        names = counties[block * each : (block + 1) * each]
        axes = figure.add_axes((0.135 + block * 0.33, 0.62 / height, 0.19, each * 0.2 / height))
        _block(axes, printed, names, periods, told, each)
    handles = [
        Patch(
            facecolor=colour,
            edgecolor=LINE,
            linewidth=0.5,
            hatch=HATCHES.get(band),
            hatchcolor=SOFT,
            label=words.text(f"coverage_band.{band}"),
        )
        for band, colour in COLOURS.items()
    ]
    add_legend(figure, handles, 0.2 / height, 3, handlelength=2, handleheight=1.2)
    span = f"{printed.heading(periods[0], grain).text} – {printed.heading(periods[-1], grain).text}"
    finish(figure, printed, span, path)
    unwatched = [
        printed.place(place)
        for place in counties
        if (place, periods[-1]) in told and told[place, periods[-1]]["partners_band"] == "none"
    ]
    places = words.together(unwatched) or (words.text("alt.nothing"),)
    return plain(words("alt.coverage", places=places))


def _block(
    axes: Axes,
    printed: Printed,
    names: list[str],
    periods: list[str],
    told: dict[tuple[str, str], Row],
    each: int,
) -> None:
    for down, place in enumerate(names):
        for across, period in enumerate(periods):
            row = told.get((place, period))
            if row is None:
                continue
            band = row["partners_band"]
            axes.add_patch(
                Rectangle(
                    (across, down),
                    1,
                    1,
                    facecolor=COLOURS[band],
                    edgecolor=LINE,
                    linewidth=0.5,
                    hatch=HATCHES.get(band),
                    hatchcolor=LINE,
                )
            )
            if row.get("partner_count"):
                ink = "white" if band == "three_or_more" else INK
                axes.text(
                    across + 0.5,
                    down + 0.54,
                    str(row["partner_count"]),
                    ha="center",
                    va="center",
                    fontsize=6.4,
                    color=ink,
                )
    axes.set(xlim=(0, len(periods)), ylim=(each, 0))
    axes.set_yticks([at + 0.5 for at in range(len(names))], [printed.place(one) for one in names], fontsize=7)
    grain = next(iter(told.values()))["record_grain"]
    stars = [STAR if printed.is_partial(one, grain) else "" for one in periods]
    heads = [
        printed.last_month(one).text.replace(" ", "\n") + star
        for one, star in zip(periods, stars, strict=True)
    ]
    axes.set_xticks([at + 0.5 for at in range(len(periods))], heads, fontsize=7 if len(periods) < 4 else 6)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, pad=3)
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)
