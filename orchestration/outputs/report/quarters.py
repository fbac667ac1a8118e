"""Corridors by quarter, for members: the newest three years, each with its own height."""

from __future__ import annotations

from orchestration.outputs.figures import marks
from orchestration.outputs.figures.marks import Count
from orchestration.outputs.figures.svg import GREY, Drawing, wide
from orchestration.outputs.published import Row, ends_known
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.figures import PAGE, figure
from orchestration.outputs.report.parts import Block, Figure, Grid, Paragraph, Section
from orchestration.outputs.report.view import View, capital, section
from orchestration.outputs.texts import Spans, plain

MOST_QUARTERS, LEAST_QUARTERS, MOST, ACROSS = 12, 4, 36, 4
HIGH = 30.0


def quarters(view: View) -> Section | None:
    periods = [row["period_id"] for row in view.published.quarters()[:MOST_QUARTERS][::-1]]
    rows: dict[tuple[str, str, str], dict[str, Row]] = {}
    for period in periods:
        for row in view.published.rows("series.corridors", period):
            if ends_known(row):
                ends = row["start_place_id"], row["end_place_id"], row["direction"]
                rows.setdefault(ends, {})[period] = row
    known = {ends: of for ends, of in rows.items() if len(of) >= LEAST_QUARTERS}
    largest = sorted(known, key=lambda ends: -sum(row["movement_count"] for row in known[ends].values()))
    width, cells = (PAGE - 9 * (ACROSS - 1)) / ACROSS, list[list[Block]]()
    for ends in largest[:MOST]:
        of = known[ends]
        counts = [view.drawn("series.corridors", of.get(period), "movement_count") for period in periods]
        cells.append([line(view, view.published.corridor(next(iter(of.values()))), periods, counts, width)])
    if not cells:
        return None
    note = Paragraph(view.say("quarters.note", first=periods[0], last=periods[-1]), tone="note")
    return section(view, "quarters", _title(view), [Grid(ACROSS, cells), note])


def _title(view: View) -> Spans:
    """Return the alert in force, else the largest change of the newest twelve months."""
    for row in view.alerts():
        return capital(view.say(f"quarters.{row['direction']}", corridor=view.published.corridor(row)))
    for row in view.latest():
        key = "changes.rose" if row["status"] in rules.ROSE else "changes.fell"
        return capital(view.say(key, corridor=findings.ends(view, row)))
    return view.say("quarters.title")


def line(
    view: View, name: str, periods: list[str], counts: list[Count], width: float,
    expected: tuple[int, float, float] | None = None, head: str = "",
) -> Figure:  # fmt: skip
    """Return counts by quarter as a line. `expected`: a range of counts from this quarter on.

    `head`: the text above the line, where that is not `name`.
    """
    head = head or name
    top = max([*(one.number or 0 for one in counts), expected[2] if expected else 1])
    drawing = Drawing(width, HIGH + 30)
    drawing.text(0, 7, head, 7.2 if wide(head, 7.2, 600) <= width else 6, 600)
    marks.spark(drawing, 3, HIGH + 20, width - 6, HIGH, counts, top, expected)
    drawing.text(0, HIGH + 28, periods[0], 6, fill=GREY)
    drawing.text(width, HIGH + 28, periods[-1], 6, fill=GREY, anchor="end")
    said = ", ".join(f"{period}: {plain(one.text)}" for period, one in zip(periods, counts, strict=True))
    return figure(drawing, view.say.text("alt.quarters").format(name=name, quarters=said))
