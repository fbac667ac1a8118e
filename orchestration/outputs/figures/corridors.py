"""The map of corridors: lines from where journeys began to where they ended, and routes between them.

How many persons took a route no table prints, so a route has no weight; its corridor's line has.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from math import dist, sqrt
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from orchestration.outputs.bends import BENDS, Point, bends_of
from orchestration.outputs.figures.frame import GULF, frame_of, is_in, is_in_gulf
from orchestration.outputs.figures.ground import county_lines, land
from orchestration.outputs.figures.names import Names
from orchestration.outputs.figures.style import (
    DIRECTION_COLOURS,
    DIRECTION_LINES,
    INK,
    LINE,
    SOFT,
    add_legend,
    finish,
    new_figure,
)
from orchestration.outputs.printed import ENDS, Printed, Row, between_known, ranked
from orchestration.outputs.words import Said, plain
from orchestration.places import boundaries

HEIGHT = 6.75
MAP_BOX = (0.01, 0.085, 0.98, 0.86)
GULF_BOX = (0.625, 0.645, 0.36, 0.29)
MOST_LINES, MOST_NAMES = 60, 12
NEAR = 0.03  # of the sheet
THICKEST, THINNEST = 3.4, 0.4
ROUTE: dict[str, Any] = {"linewidth": 0.5, "linestyle": (0, (2, 1.6)), "color": INK}


def draw_corridors(printed: Printed, layer: boundaries.Boundaries, path: Path) -> str | None:
    grain = next(iter(printed.grains("corridors")), None)
    period = printed.newest("corridors", record_grain=grain, is_shown=True)
    if grain is None or period is None:
        return None
    words = printed.words
    shown = printed.rows("corridors", record_grain=grain, period_id=period, is_shown=True)
    rows = ranked(between_known(shown))[:MOST_LINES]
    if not rows:
        return None
    routes = between_known(printed.rows("routes", record_grain=grain, period_id=period))
    figure = new_figure(HEIGHT, printed.title("corridors", [grain], printed.period(period, grain)))
    stops = {row[one] for row in routes for one in ("via_place_id", *ENDS)}
    sheet = Sheet(figure, printed, layer, {end for row in rows for end in _ends(row)} | stops)
    most = rows[0]["person_count"]
    pairs = [_ends(row) for row in rows]
    spots = {one: spot for pair in pairs for one in pair if (spot := sheet.spot(one)) is not None}
    bends = dict(zip(pairs, bends_of(pairs, [spots]), strict=True))
    drawn = [row for row in reversed(rows) if sheet.corridor(row, most, bends[_ends(row)])]
    ways = [row for row in routes if sheet.route(row)]
    for via in sorted({row["via_place_id"] for row in ways}):
        sheet.border_point(via)
    sheet.name_ends(drawn)
    sheet.name_ways({row["via_place_id"] for row in ways}, {one for row in drawn for one in _ends(row)})
    handles = _legend(printed, rows, has_routes=bool(ways))
    add_legend(figure, handles, 0.0, 4, handlelength=2.4, columnspacing=1.4)
    if unplaced := len(shown) - len(between_known(shown)):
        said = plain(words.counted("figure.unplaced", Said(str(unplaced), "")))
        figure.text(0.98, 0.115, said, fontsize=7, color=SOFT, ha="right")
    if far := {printed.place(one) for row in rows for one in _ends(row) if sheet.is_off(one)}:
        said = plain(words("figure.farther", places=", ".join(sorted(far))))
        figure.text(0.98, 0.097, said, fontsize=7, color=SOFT, ha="right")
    finish(figure, printed, printed.period(period, grain), path, layer, has_lines=True)
    return plain(
        words("alt.corridors", corridors=words.together([printed.corridor(row) for row in rows[:5]]))
    )


class Sheet:
    """The main map, with an inset where `places` lie in the Gulf; a line may join the two."""

    def __init__(
        self, figure: Figure, printed: Printed, layer: boundaries.Boundaries, places: Collection[str]
    ) -> None:
        self.figure, self.printed = figure, printed
        positions = [one for place in places if (one := printed.position(place)) is not None]
        self.frame = frame_of(positions)
        self.ground = figure.add_axes(MAP_BOX)
        land(self.ground, self.frame)
        county_lines(self.ground, layer.counties)
        self.names = Names(figure)
        self.gulf: Axes | None = None
        if any(is_in_gulf(one) for one in positions):
            self.gulf = figure.add_axes(GULF_BOX, zorder=2)
            land(self.gulf, GULF)
            corner = (GULF_BOX[0], GULF_BOX[1] + GULF_BOX[3])
            self.names.fixed(corner, printed.words.text("figure.gulf"), (4, -4))

    def spot(self, place_id: str) -> Point | None:
        """Where on the sheet a place lies; None where it is off both maps or not known."""
        position = self.printed.position(place_id)
        if position is None:
            return None
        if self.gulf is not None and is_in_gulf(position):
            return self._on_sheet(self.gulf, position)
        return self._on_sheet(self.ground, position) if is_in(self.frame, position) else None

    def _on_sheet(self, axes: Axes, position: Point) -> Point:
        across, up = self.figure.transFigure.inverted().transform(axes.transData.transform(position))
        return float(across), float(up)

    def is_off(self, place_id: str) -> bool:
        return self.printed.position(place_id) is not None and self.spot(place_id) is None

    def corridor(self, row: Row, most: int, bend: float) -> bool:
        """False where an end is off the sheet, or both ends are one place."""
        start, end = (self.spot(one) for one in _ends(row))
        if start is None or end is None or start == end:
            return False
        direction = self.printed.direction(row)
        self._arrow(
            start,
            end,
            gid="-".join(("corridor", *_ends(row))),
            alpha=0.8,
            arrowstyle="-|>,head_length=3,head_width=1.5",
            zorder=3,
            linewidth=thickness(row["person_count"], most),
            linestyle=DIRECTION_LINES.get(direction, "-"),
            color=DIRECTION_COLOURS.get(direction, SOFT),
            bend=bend,
        )
        return True

    def route(self, row: Row) -> bool:
        """False where one of its places is off the sheet."""
        origin, destination = _ends(row)
        stops = (origin, row["via_place_id"], destination)
        spots = [spot for one in stops if (spot := self.spot(one)) is not None]
        if len(spots) < len(stops):
            return False
        for start, end in pairwise(spots):
            self._arrow(start, end, gid="-".join(("route", *stops)), arrowstyle="-", zorder=2.5, **ROUTE)
        return True

    def _arrow(self, start: Point, end: Point, bend: float = BENDS[0], **style: Any) -> None:
        self.figure.add_artist(
            FancyArrowPatch(
                start,
                end,
                transform=self.figure.transFigure,
                connectionstyle=f"arc3,rad={bend}",
                mutation_scale=1,
                shrinkA=0,
                shrinkB=2,
                **style,
            )
        )

    def border_point(self, place_id: str) -> None:
        if (spot := self.spot(place_id)) is not None:
            self.figure.add_artist(
                Line2D(
                    [spot[0]],
                    [spot[1]],
                    marker="D",
                    markersize=4,
                    markerfacecolor="white",
                    zorder=5,
                    markeredgecolor=INK,
                    markeredgewidth=0.9,
                    linestyle="none",
                )
            )

    def name_ends(self, drawn: list[Row]) -> None:
        """All countries, and the counties with most persons, as far as their names find room."""
        weight: dict[str, int] = {}
        for row in drawn:
            for end in _ends(row):
                weight[end] = weight.get(end, 0) + row["person_count"]
        heaviest = sorted(weight, key=lambda one: (-weight[one], one))
        countries = [one for one in heaviest if not self.printed.is_in_kenya(one)]
        counties = [one for one in heaviest if self.printed.is_in_kenya(one)][:MOST_NAMES]
        for place in (*countries, *counties):
            if (spot := self.spot(place)) is not None:
                self.figure.add_artist(
                    Line2D(
                        [spot[0]],
                        [spot[1]],
                        marker="o",
                        markersize=2.4,
                        color=INK,
                        linestyle="none",
                        zorder=5,
                    )
                )
                self.names.put(spot, self.printed.place(place), is_bold=place in countries)

    def name_ways(self, vias: Collection[str], ends: Collection[str]) -> None:
        """Places on the way, but for those so near to an end that a name would seem to be the end's."""
        named = [spot for one in ends if (spot := self.spot(one)) is not None]
        for via in sorted(vias):
            spot = self.spot(via)
            if spot is not None and all(dist(spot, other) > NEAR for other in named):
                self.names.put(spot, self.printed.place(via), is_bold=False)


def thickness(persons: int, most: int) -> float:
    """By the root, so that the strongest corridor does not bury the rest."""
    return max(THINNEST, THICKEST * sqrt(persons / most))


def _ends(row: Row) -> tuple[str, str]:
    return row["origin_place_id"], row["destination_place_id"]


def _legend(printed: Printed, rows: list[Row], has_routes: bool) -> list[Line2D]:
    words = printed.words
    seen = {printed.direction(row) for row in rows}
    lines = [
        Line2D(
            [],
            [],
            color=colour,
            linestyle=DIRECTION_LINES[one],
            linewidth=2.2,
            label=words.text(f"direction.{one}"),
        )
        for one, colour in DIRECTION_COLOURS.items()
        if one in seen
    ]
    counts = [row["person_count"] for row in rows]
    for count in dict.fromkeys((min(counts), max(counts))):
        said = f"{count:,} {words.text('figure.persons')}"
        lines.append(Line2D([], [], color=LINE, linewidth=thickness(count, max(counts)), label=said))
    if has_routes:
        lines.append(Line2D([], [], **ROUTE, label=words.text("figure.route")))
        said = words.text("figure.border_point")
        lines.append(
            Line2D(
                [],
                [],
                marker="D",
                markersize=4,
                markerfacecolor="white",
                markeredgecolor=INK,
                linestyle="none",
                label=said,
            )
        )
    return lines
