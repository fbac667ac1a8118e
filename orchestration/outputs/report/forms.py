"""Forms of exploitation as years, means of transport and recruitment, and what the records leave out."""

from __future__ import annotations

from orchestration.outputs.figures.marks import top_of
from orchestration.outputs.report import findings
from orchestration.outputs.report.figures import PAGE, BarRow, bar_rows, year_cell
from orchestration.outputs.report.parts import Block, Columns, Grid, Heading, Paragraph, Section
from orchestration.outputs.report.view import HALF, View, section

MOST_FORMS, ACROSS, MOST_BARS = 8, 4, 8
LEAST_KNOWN, LEAST_CHARTED = 0.8, 0.3
MEANS = ("transport_mode", "recruitment_method", "sex")


def forms(view: View) -> Section | None:
    blocks: list[Block] = []
    if rows := view.traits("exploitation_type")[:MOST_FORMS]:
        width = (PAGE - 9 * (ACROSS - 1)) / ACROSS
        series = [view.series("traits", trait="exploitation_type", code=row["code"]) for row in rows]
        cells: list[list[Block]] = []
        for at, (row, counts) in enumerate(zip(rows, series, strict=True)):
            first = at - at % ACROSS
            top = top_of(series[first : first + ACROSS], 10)
            cells.append([year_cell(view, row["label"], "", counts, top, width, "within")])
        blocks += [Grid(ACROSS, cells), Paragraph(view.say("forms.several"), tone="note")]
    halves = [part for trait in MEANS if (part := _means(view, trait))][:2]
    if halves:
        blocks.append(Columns([HALF] * len(halves), halves))
    return section(view, "forms", findings.leading_trait(view, "exploitation_type"), blocks)


def _means(view: View, trait: str) -> list[Block]:
    """Return a bar a code; where the field is known in few records, a line says so instead."""
    rows = [row for row in view.traits(trait) if row["trait_count"]][:MOST_BARS]
    completeness = view.row("completeness", field=trait) or {}
    known = completeness.get("known_share")
    if not rows or (known is not None and known < LEAST_CHARTED):
        return []
    bars = [BarRow(row["label"], view.drawn("traits", row)) for row in rows]
    what = view.say.text(f"traits.{trait}")
    blocks: list[Block] = [Heading(findings.leading_trait(view, trait))]
    blocks.append(bar_rows(view, what, bars, PAGE / 2 - 9, names=120.0))
    if known is not None and known < LEAST_KNOWN:
        share = view.percent("completeness", completeness, "known_share")
        blocks.append(Paragraph(view.say("forms.minimum", share=share), tone="note"))
    return blocks
