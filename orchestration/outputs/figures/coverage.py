"""The heat map of coverage: how many partners watched a county, by kind of record and period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from orchestration.outputs.figures.style import INK, LINE, SOFT, add_legend, finish, new_figure
from orchestration.outputs.printed import STAR, Printed, Row
from orchestration.outputs.words import plain
from orchestration.places import boundaries

COLOURS = {"three_or_more": "#0b5563", "one_or_two": "#8fc1c6", "none": "#ffffff"}
HATCHES = {"none": "////"}
BLOCKS, MOST_COLUMNS = 3, 6
ROW, HEAD, FOOT = 0.2, 0.9, 0.32  # inches
APART = 0.4  # of a column, between two kinds of record
Told = Mapping[tuple[str, str, str], Row]


@dataclass(frozen=True)
class Column:
    grain: str
    period: str
    at: float


def draw_coverage(printed: Printed, layer: boundaries.Boundaries, path: Path) -> str | None:
    columns = _columns(printed)
    told = {
        (row["place_id"], row["record_grain"], row["period_id"]): row
        for row in printed.rows("coverage")
        if printed.kind(row["place_id"]) == "county"
    }
    counties = sorted({place for place, *_ in told}, key=printed.place)
    if not counties or not columns:
        return None
    words = printed.words
    each = -(-len(counties) // BLOCKS)
    height = HEAD + each * ROW + FOOT
    grains = dict.fromkeys(one.grain for one in columns)
    figure = new_figure(height, printed.title("coverage", grains))
    for block in range(BLOCKS):
        axes = figure.add_axes((0.135 + block * 0.33, FOOT / height, 0.19, each * ROW / height))
        _block(axes, printed, counties[block * each : (block + 1) * each], columns, told)
        _frame(axes, printed, counties[block * each : (block + 1) * each], columns, each)
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
    add_legend(figure, handles, 0.0, 3, handlelength=2, handleheight=1.2)
    heads = [f"{words.text(f'grain.{grain}')} {_span(printed, columns, grain)}" for grain in grains]
    finish(figure, printed, "; ".join(heads), path)
    unwatched = {grain: _unwatched(printed, columns, grain, told) for grain in grains}
    said = [
        plain(words("alt.coverage_of", grain=words(f"grain.{grain}"), places=places))
        for grain, places in unwatched.items()
        if places
    ]
    tail = plain(words("alt.unwatched", places="; ".join(said))) if said else ""
    return plain(words("alt.coverage", unwatched=tail)).rstrip()


def _columns(printed: Printed) -> list[Column]:
    """The newest periods of each kind of record, as many as there is room for, the oldest first."""
    grains = printed.grains("coverage")
    found: list[Column] = []
    at = 0.0
    for grain in grains:
        for period in printed.series("coverage", MOST_COLUMNS // len(grains), record_grain=grain):
            found.append(Column(grain, period, at))
            at += 1
        at += APART
    return found


def _span(printed: Printed, columns: Sequence[Column], grain: str) -> str:
    periods = [one.period for one in columns if one.grain == grain]
    ends = dict.fromkeys(printed.heading(one, grain).text for one in (periods[0], periods[-1]))
    return " – ".join(ends)


def _unwatched(printed: Printed, columns: Sequence[Column], grain: str, told: Told) -> str:
    """Counties that nobody watched for this kind of record in its newest period."""
    newest = [one.period for one in columns if one.grain == grain][-1]
    names = [
        printed.place(place)
        for (place, of, period), row in told.items()
        if (of, period) == (grain, newest) and row["partners_band"] == "none"
    ]
    return plain(printed.words.together(sorted(names)))


def _block(axes: Axes, printed: Printed, names: list[str], columns: Sequence[Column], told: Told) -> None:
    for down, place in enumerate(names):
        for column in columns:
            row = told.get((place, column.grain, column.period))
            if row is None:
                continue
            band = row["partners_band"]
            axes.add_patch(
                Rectangle(
                    (column.at, down),
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
                centre = (column.at + 0.5, down + 0.54)
                axes.text(
                    *centre, str(row["partner_count"]), ha="center", va="center", fontsize=6.4, color=ink
                )


def _frame(axes: Axes, printed: Printed, names: list[str], columns: Sequence[Column], each: int) -> None:
    axes.set(xlim=(-0.04, columns[-1].at + 1.04), ylim=(each + 0.04, -0.04))
    axes.set_yticks([at + 0.5 for at in range(len(names))], [printed.place(one) for one in names], fontsize=7)
    heads = [
        printed.last_month(one.period).text.replace(" ", "\n")
        + (STAR if printed.is_partial(one.period, one.grain) else "")
        for one in columns
    ]
    axes.set_xticks([one.at + 0.5 for one in columns], heads, fontsize=5.6)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, pad=3)
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)
    above = 22 if any("\n" in head for head in heads) else 14  # points
    for grain in dict.fromkeys(one.grain for one in columns):
        mine = [one.at for one in columns if one.grain == grain]
        middle = (mine[0] + mine[-1] + 1) / 2
        said = printed.words.text(f"grain.{grain}").replace(" ", "\n")
        axes.annotate(
            said,
            (middle, 0),
            xytext=(0, above),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=6.4,
            color=INK,
            linespacing=1.05,
            annotation_clip=False,
        )
