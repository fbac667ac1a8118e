"""Chapter: corridors with most cases, and pairs of Kenya and another country."""

from __future__ import annotations

from orchestration.outputs.published import KENYA
from orchestration.outputs.report import findings
from orchestration.outputs.report.parts import Block, Columns, Heading, Paragraph, Section, Table
from orchestration.outputs.report.view import HALF, NONE, View, code, corridor_counts, heads
from orchestration.outputs.texts import Spans

MOST_CORRIDORS, MOST_COUNTRIES = 30, 12


def corridors(view: View) -> Section:
    say = view.say
    note = Paragraph(say(f"table.dash.{view.published.name}", least=view.least), tone="note")
    blocks: list[Block] = [_corridor_table(view), note, *view.mark_note(view.corridors())]
    tables = [
        _country_table(view, *ends)
        for ends in (("to", "destination", "origin"), ("from", "origin", "destination"))
    ]
    halves = [[table] for table in tables if table is not None]
    if halves:
        blocks += [Heading(say("chapter.countries")), Columns([HALF] * len(halves), halves)]
    title = findings.leading_corridors(view)
    return Section("corridors", say.text("contents.corridors"), title, [blocks], is_page=True)


def _corridor_table(view: View) -> Table:
    """Return corridors with the change of their share and their counts by period."""
    say, periods = view.say, view.periods()
    shifts = {row["corridor_id"]: row for row in view.shifts()}
    rows = [row for row in view.corridors() if row["movement_count"] is not None][:MOST_CORRIDORS]
    lines: list[list[Spans]] = []
    for row in rows:
        direction: Spans = (say.text(f"direction.{row['direction']}"),) if row["direction"] else NONE
        status = code(view, shifts.get(row["corridor_id"]), "status", "status")
        counts = corridor_counts(view, row, periods)
        lines.append([(view.marked(row),), direction, status, *counts])
    columns = [say(f"column.{name}") for name in ("corridor", "direction", "change")]
    caption = say("table.corridors", period=view.period)
    return Table(caption, [*columns, *heads(view, periods)], lines, len(periods))


def _country_table(view: View, key: str, end: str, other: str) -> Table | None:
    """Return countries to which cases went out of Kenya, or from which they came in."""
    periods = view.periods()
    rows = [
        row
        for row in view.corridors("country")
        if row["movement_count"] is not None
        and row[f"{end}_place_id"] != KENYA
        and row[f"{other}_place_id"] == KENYA
    ]
    lines: list[list[Spans]] = [
        [(view.published.place(row[f"{end}_place_id"]),), *corridor_counts(view, row, periods)]
        for row in rows[:MOST_COUNTRIES]
    ]
    columns = [view.say("column.country"), *heads(view, periods)]
    return Table(view.say(f"table.countries_{key}"), columns, lines, len(periods)) if lines else None
