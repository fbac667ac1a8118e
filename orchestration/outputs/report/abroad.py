"""Kenya and other countries: a map of both directions, countries by year, and the corridors by county."""

from __future__ import annotations

from orchestration.outputs.report import findings
from orchestration.outputs.report.figures import MM, abroad_map, corridor_cells, place_cells
from orchestration.outputs.report.parts import Block, Columns, Grid, Heading, Paragraph, Section
from orchestration.outputs.report.view import View, section

MAP, BESIDE = 79.0, 93.0  # millimetres
ACROSS, MOST = 4, 12
TABLES = {"ends": "out_of", "starts": "into"}


def abroad(view: View) -> Section | None:
    right: list[Block] = []
    for table, direction in TABLES.items():
        if rows := view.countries(table)[:MOST]:
            cells = [[cell] for cell in place_cells(view, table, rows, ACROSS, direction, BESIDE * MM)]
            right += [Heading(view.say(f"abroad.{direction}")), Grid(ACROSS, cells)]
    if not right:
        return None
    note = Paragraph(view.say("abroad.note"), tone="note")
    drawn: list[Block] = [*abroad_map(view, MAP, is_both=True), note]
    blocks: list[Block] = [Columns((MAP, BESIDE), (drawn, right))]
    for direction in TABLES.values():
        rows = [row for row in view.listed("corridors") if row["direction"] == direction][:MOST]
        if len(rows) > 1:
            cells = [[cell] for cell in corridor_cells(view, rows, 6)]
            blocks += [Heading(view.say(f"abroad.corridors.{direction}")), Grid(6, cells)]
    return section(view, "abroad", findings.abroad_title(view, view.countries("ends")), blocks)
