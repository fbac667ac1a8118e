"""Chapters: children among all cases; forms of exploitation, sex, age, transport and recruitment."""

from __future__ import annotations

from orchestration.outputs.published import Row
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.parts import Block, Columns, Heading, Paragraph, Section, Table
from orchestration.outputs.report.view import HALF, NONE, View, count, heads, section
from orchestration.outputs.texts import Spans

MOST_PLACES = 24


def children(view: View) -> Section | None:
    tables = [_table(view, role) for role in ("origin", "destination")]
    halves = [[table] for table in tables if table is not None]
    blocks: list[Block] = []
    if halves:
        note = Paragraph(view.say("children.base", period=view.period), tone="note")
        blocks = [Columns([HALF] * len(halves), halves), note]
    return section(view, "children", findings.children_title(view), blocks)


def _table(view: View, role: str) -> Table | None:
    say = view.say
    lines: list[list[Spans]] = []
    for row in view.places(role, ("county", "country"), population="children")[:MOST_PLACES]:
        base = view.place(row["place_id"], role)
        counts = (count(view, "places", row), count(view, "places", base))
        lines.append([(row["place"],), _share(view, row, base), *counts])
    columns = [say(f"column.{name}") for name in (f"place_{role}", "children_share", "children", "all")]
    return Table(say(f"table.children.{role}"), columns, lines, 2) if lines else None


def _share(view: View, row: Row, base: Row | None) -> Spans:
    """Return children as a fraction of all cases, if there are enough cases."""
    text = rules.share_of_children(row, base)
    return (view.published.cell("places", row, "movement_count", text),) if text else NONE


DOMAINS = ("exploitation_type", "sex", "age_band", "transport_mode", "recruitment_method")
HEADING_LINES = 4  # height of a heading with its table head, in lines


def forms(view: View) -> Section | None:
    say, periods = view.say, view.periods(2)
    halves: list[list[Block]] = [[], []]
    heights = [0, 0]
    for domain in DOMAINS:
        lines: list[list[Spans]] = [
            [
                (view.published.cell("codes", row, "label"),),
                *(count(view, "codes", view.code(domain, row["code"], period)) for period in periods),
            ]
            for row in view.codes(domain)
        ]
        if lines:
            table = Table((), [say("column.code"), *heads(view, periods)], lines, len(periods))
            heading = findings.leading_code(view, domain) if any(heights) else say(f"codes.{domain}")
            shorter = heights.index(min(heights))
            halves[shorter] += [Heading(heading), table]
            heights[shorter] += len(lines) + HEADING_LINES
    filled = [half for half in halves if half]
    blocks: list[Block] = []
    if filled:
        blocks = [Columns([HALF] * len(filled), filled), Paragraph(say("forms.several"), tone="note")]
    return section(view, "forms", findings.leading_code(view, "exploitation_type"), blocks)
