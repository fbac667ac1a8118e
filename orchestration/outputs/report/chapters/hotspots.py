"""Chapter: places that stand out, and bands of reported activity."""

from __future__ import annotations

from orchestration.outputs.claims import claim
from orchestration.outputs.published import Row
from orchestration.outputs.report import findings
from orchestration.outputs.report.parts import Block, Heading, Items, Paragraph, Section, Table
from orchestration.outputs.report.view import GRAIN, NONE, View, capital, section
from orchestration.outputs.texts import Spans

LABELS = {"hotspot": 0, "elevated": 1}
COMPONENTS = ("origin", "transit", "exploitation", "change")
BANDS = ("much_higher", "higher", "typical", "lower")


def hotspots(view: View) -> Section | None:
    say, lines = view.say, _lines(view)
    columns = [say(f"column.{name}") for name in ("place", "role", "population", "label", "times")]
    blocks: list[Block] = []
    if lines:
        blocks.append(Table(say("table.hotspots", period=view.period), columns, lines, 1))
    if bands := _bands(view):
        blocks += [Heading(say("risk.title")), Items(bands), Paragraph(say("risk.note"), tone="note")]
    if blocks:
        blocks.append(Paragraph(say("hotspots.note"), tone="note"))
    return section(view, "hotspots", capital(findings.stand_out(view)), blocks)


def _lines(view: View) -> list[list[Spans]]:
    say, lines = view.say, []
    for population in ("all", "children"):
        rows = view.published.rows("hotspots", view.now, record_grain=GRAIN, population=population)
        for row in sorted(rows, key=lambda row: (LABELS.get(row["label"], 2), row["role"], row["place"])):
            keys = (f"role.{row['role']}", f"population.{population}", f"label.{row['label']}")
            size = findings.size_of(view, "hotspots", row) or NONE
            lines.append([(row["place"],), *(say(key) for key in keys), size])
    return lines


def _bands(view: View) -> list[Spans]:
    """Return counties by band of reported activity, in the newest period that has bands."""
    published = view.published
    periods = [view.now, *published.periods("year"), *published.periods("rolling_12_months")]
    period = next((period for period in periods if published.rows("risk", period)), None)
    sentences = []
    for band in BANDS if period else ():
        if rows := published.rows("risk", period, band=band):
            names = view.say.together(_rated(view, row) for row in rows)
            rated = claim(view.say, "risk", band, name=names, period=published.period(period or ""))
            sentences.append(findings.stop(rated))
    return sentences


def _rated(view: View, row: Row) -> Spans:
    """Return the county, with what its band rests on if a component is missing."""
    place = view.published.cell("risk", row, "band", row["place"])
    components = (row["components"] or "").split(";")
    if components == [""] or len(components) == len(COMPONENTS):
        return (place,)
    names = view.say.together(view.say(f"component.{name}") for name in components)
    return view.say("risk.rests_on", place=place, components=names)
