"""Chapter: forms of exploitation, sex, age, transport and recruitment."""

from __future__ import annotations

from orchestration.outputs.report import findings
from orchestration.outputs.report.cells import HALF, count, heads, section
from orchestration.outputs.report.parts import Block, Columns, Heading, Paragraph, Section, Table
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Sentence

DOMAINS = ("exploitation_type", "sex", "age_band", "transport_mode", "recruitment_method")
HEADING_LINES = 4  # height of a heading with its table head, in lines


def chapter(view: View) -> Section | None:
    say, periods = view.say, view.periods(2)
    halves: list[list[Block]] = [[], []]
    heights = [0, 0]
    for domain in DOMAINS:
        lines: list[list[Sentence]] = [
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
