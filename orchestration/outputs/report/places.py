"""Places: where cases start, what they pass and where they end; border points apart."""

from __future__ import annotations

from orchestration.outputs.figures.marks import Count
from orchestration.outputs.published import Row
from orchestration.outputs.report import findings
from orchestration.outputs.report.chapters import others_of
from orchestration.outputs.report.figures import PAGE, bar_rows, place_cells
from orchestration.outputs.report.parts import Block, Columns, Grid, Heading, Paragraph, Section
from orchestration.outputs.report.view import NUMBER, View, capital, section
from orchestration.outputs.texts import plain

THIRD = 55.3  # millimetres
MOST_PLACES, MOST_POINTS, ACROSS = 40, 7, 7
LISTS = {"starts": "origin", "passings": "transit", "ends": "exploitation"}


def places(view: View) -> Section | None:
    columns = [[Heading(view.say(f"{table}.prefix")), *_bars(view, table)] for table in LISTS]
    columns = [column for column in columns if len(column) > 1]
    blocks: list[Block] = []
    if columns:
        blocks = [Columns([THIRD] * len(columns), columns), Paragraph(view.say("places.note"), tone="note")]
    if points := view.listed("border_points")[:MOST_POINTS]:
        cells = [[cell] for cell in place_cells(view, "border_points", points, ACROSS, "within")]
        note = Paragraph(view.say("border.note", period=view.period), tone="note")
        blocks += [Heading(findings.border_title(view, points)), Grid(ACROSS, cells), note]
    ends = view.listed("ends")
    deck = (view.count("ends", ends[0]), " ", *findings.end_of(view, ends[0]), ".") if ends else ()
    return section(view, "places", capital(findings.stand_out(view, "places.title")), blocks, deck)


def _bars(view: View, table: str) -> list[Block]:
    rows = view.counties(table)[:MOST_PLACES]
    if not rows:
        return []
    strong = {row["place_id"] for row in findings.clear_hotspots(view, LISTS[table])}
    drawn = [
        (
            row["place"],
            view.drawn(table, row),
            _before(view, table, row),
            _parts(table, row),
            row["place_id"] in strong,
        )
        for row in rows
    ]
    named = "; ".join(f"{row['place']} {plain(view.count(table, row))}" for row in rows[:8])
    alt = view.say.text("alt.places").format(what=view.say.text(f"{table}.prefix"), places=named)
    blocks: list[Block] = [bar_rows(view, drawn, (PAGE - 34) / 3, alt)]
    blocks += others_of(view, table)
    return blocks


def _before(view: View, table: str, row: Row) -> Count | None:
    """Return the count of the year before, where it may stand beside this one."""
    if row.get("comparison") not in NUMBER:
        return None
    earlier = next(iter(view.published.rows(table, view.before, place_id=row["place_id"])), None)
    return view.drawn(table, earlier) if earlier else None


def _parts(table: str, row: Row) -> list[tuple[float, str]]:
    """Return the part of an end that is only promised."""
    return [(row["intended_count"], "open")] if table == "ends" and row["intended_count"] else []
