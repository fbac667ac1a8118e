"""Draws the figures of a report, as SVG."""

from __future__ import annotations

from orchestration.outputs.figures.abroad import draw_abroad
from orchestration.outputs.figures.changes import draw_changes
from orchestration.outputs.figures.corridors import Line, draw_corridors
from orchestration.outputs.figures.legend import draw_legend
from orchestration.outputs.report import drawn
from orchestration.outputs.report.counties import (
    MAP,
    SMALL_MAP,
    county_alt,
    county_lines,
    county_pages,
    figure_name,
)
from orchestration.outputs.report.view import View
from orchestration.places import boundaries


def draw_figures(view: View, layer: boundaries.Boundaries) -> dict[str, dict[str, str]]:
    """The figures that the rows of the brief allow: `svg` and the alternative text `alt` of each, by name."""
    words, alts = view.words, drawn.alts(view, view.words)
    pictures: dict[str, str] = {}
    lines = drawn.lines(view)
    pictures["corridors"] = draw_corridors(lines, drawn.hubs(view), layer, alts["corridors"])
    directions = [one for one in ("within", "into", "out_of") if any(line.direction == one for line in lines)]
    most = max((line.count or 0 for line in lines), default=10)
    steps = [count for count in (2000, 500, 200, 50, 10) if count <= most][:3] or [most]
    pictures["legend"] = draw_legend(
        words.text("legend.title"),
        [(one, words.text(f"legend.{one}")) for one in directions],
        [(count, words.text("legend.cases").format(count=f"{count:,}")) for count in steps],
        most,
        alts["legend"],
    )
    if rows := drawn.shown_abroad(view):
        abroad = [
            Line(
                "KEN", row["destination_place_id"], "out_of", row["movement_count"],
                f"{view.published.place(row['destination_place_id'])}  {view.count('corridors', row).text}",
            )
            for row in rows[:8]
        ]  # fmt: skip
        pictures["abroad"] = draw_abroad(abroad, view.published.place("KEN"), layer, alts["abroad"])
    if (changes := drawn.dots(view)) and view.before:
        heads = view.published.head(view.before).text, view.published.head(view.now).text
        titles = words.text("dots.title_changed"), words.text("dots.title_held")
        pictures["changes"] = draw_changes(changes, heads, titles, alts["changes"])
    width = (SMALL_MAP if view.is_public else MAP) * 72 / 25.4
    for place in county_pages(view):
        name, county = figure_name(place), county_lines(view, place)
        alts[name] = county_alt(view, place)
        if county:
            hub = {place: view.published.place(place)}
            pictures[name] = draw_corridors(county, hub, layer, alts[name], width)
    return {name: {"svg": picture, "alt": alts[name]} for name, picture in pictures.items()}
