"""Chapter: children among all cases, by origin and destination."""

from __future__ import annotations

from orchestration.outputs.published import Row
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.cells import HALF, NONE, count, section
from orchestration.outputs.report.parts import Block, Columns, Paragraph, Section, Table
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Sentence

MOST_PLACES = 24


def chapter(view: View) -> Section | None:
    tables = [_table(view, role) for role in ("origin", "destination")]
    halves = [[table] for table in tables if table is not None]
    blocks: list[Block] = []
    if halves:
        note = Paragraph(view.say("children.base", period=view.period), tone="note")
        blocks = [Columns([HALF] * len(halves), halves), note]
    return section(view, "children", findings.children_title(view), blocks)


def _table(view: View, role: str) -> Table | None:
    say = view.say
    lines: list[list[Sentence]] = []
    for row in view.places(role, ("county", "country"), population="children")[:MOST_PLACES]:
        base = view.place(row["place_id"], role)
        counts = (count(view, "places", row), count(view, "places", base))
        lines.append([(row["place"],), _share(view, row, base), *counts])
    columns = [say(f"column.{name}") for name in (f"place_{role}", "children_share", "children", "all")]
    return Table(say(f"table.children.{role}"), columns, lines, 2) if lines else None


def _share(view: View, row: Row, base: Row | None) -> Sentence:
    """Return children as a fraction of all cases, if there are enough cases."""
    text = rules.share_of_children(row, base)
    return (view.published.cell("places", row, "movement_count", text),) if text else NONE
