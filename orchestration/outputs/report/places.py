"""Places: where cases start, what they pass and where they end; border points apart."""

from __future__ import annotations

from orchestration.outputs.report import findings
from orchestration.outputs.report.chapters import others_of
from orchestration.outputs.report.figures import PAGE, BarRow, bar_rows, place_cells, tick
from orchestration.outputs.report.parts import Block, Columns, Grid, Heading, Paragraph, Section
from orchestration.outputs.report.view import View, capital, section

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
    deck = capital((*findings.end_of(view, ends[0], "ends.cases"), ".")) if ends else ()
    return section(view, "places", capital(findings.stand_out(view, "places.title")), blocks, deck)


def _bars(view: View, table: str) -> list[Block]:
    rows = view.counties(table)[:MOST_PLACES]
    if not rows:
        return []
    strong = {row["place_id"] for row in findings.clear_hotspots(view, LISTS[table])}
    drawn = [
        BarRow(
            row["place"], view.drawn(table, row), tick(view, table, row), row.get("intended_count") or 0,
            row["place_id"] in strong,
        )
        for row in rows
    ]  # fmt: skip
    blocks: list[Block] = [bar_rows(view, view.say.text(f"{table}.prefix"), drawn, (PAGE - 34) / 3)]
    blocks += others_of(view, table)
    return blocks
