"""Places: where cases start, what they pass and where they end; border points apart; which stand out."""

from __future__ import annotations

from orchestration.outputs.claims import ROLES, claim
from orchestration.outputs.published import Row
from orchestration.outputs.report import findings
from orchestration.outputs.report.figures import TABLES, THIRD, county_bars, place_cells
from orchestration.outputs.report.parts import Block, Columns, Grid, Heading, Paragraph, Section, Table
from orchestration.outputs.report.view import (
    NONE,
    TWELVE_MONTHS,
    YEAR,
    View,
    capital,
    others_of,
    section,
    titled,
)
from orchestration.outputs.texts import Spans

MOST_PLACES, MOST_POINTS, ACROSS = 40, 7, 7


def places(view: View) -> Section | None:
    columns = [
        [Heading(view.say(f"{table}.prefix")), *bars, *others_of(view, table)]
        for table in TABLES
        if (bars := county_bars(view, table, MOST_PLACES))
    ]
    labels = _labels(view)
    columns = columns or [[] for _ in labels]
    for column, table in zip(columns[::-1], labels, strict=False):
        column += table
    blocks: list[Block] = []
    if columns:
        blocks = [
            Columns([THIRD] * len(columns), columns),
            Paragraph(view.say(f"places.note.{view.published.name}"), tone="note"),
        ]
    if points := view.listed("border_points")[:MOST_POINTS]:
        cells = [[cell] for cell in place_cells(view, "border_points", points, ACROSS, "within")]
        note = Paragraph(view.say("border.note", period=view.period), tone="note")
        blocks += [Heading(findings.border_title(view, points)), Grid(ACROSS, cells), note]
    if labels:
        blocks += [*_per_head(view), Paragraph(view.say("hotspots.note"), tone="note")]
    if bands := _risk_bands(view):
        said = findings.joined([*bands, view.say("risk.note")])
        blocks += [Heading(view.say("risk.title")), Paragraph(said)]
    ends = view.listed("ends")
    deck = capital((*findings.end_of(view, ends[0], "ends.cases"), ".")) if ends else ()
    return section(view, "places", capital(findings.stand_out(view, "places.title")), blocks, deck)


PEOPLE = ("all", "children")
COMPONENTS = ("origin", "transit", "exploitation", "change")
BANDS = ("much_higher", "higher", "typical", "lower")


def _labels(view: View) -> list[list[Block]]:
    """Return the places that stand out in this year, and in the newest twelve months, which members have."""
    published = view.published
    newest = [period for period in published.periods(TWELVE_MONTHS) if published.rows("hotspots", period)][:1]
    return [
        titled(view.say("hotspots.title", period=published.period(period)), _hotspots(view, period))
        for period in (view.now, *newest)
        if published.rows("hotspots", period)
    ]


def _hotspots(view: View, period: str) -> Table:
    """Return a line a place and role, with what stands out of all cases and of children."""
    say, rows = view.say, view.published.rows("hotspots", period)
    cells = {(row["place"], row["role"], row["people"]): _times(view, row) for row in rows}
    keys = sorted({key[:2] for key in cells}, key=lambda key: (ROLES.index(key[1]), key[0]))
    lines: list[list[Spans]] = [
        [say(f"standing.{key[1]}", places=key[0]), *(cells.get((*key, people), NONE) for people in PEOPLE)]
        for key in keys
    ]
    columns = [say("column.place"), *(capital(say(f"people.{people}")) for people in PEOPLE)]
    return Table((), columns, lines, len(PEOPLE))


def _times(view: View, row: Row) -> Spans:
    """Return `≥ 3 ×`; in words that there is more, clearly or not, where no multiple is sure."""
    if row["at_least_times"]:
        return (view.published.cell("hotspots", row, "at_least_times", f"≥ {row['at_least_times']} ×"),)
    text = view.say.text("hotspots.clearly_more" if row["label"] == "hotspot" else "hotspots.more")
    return (view.published.cell("hotspots", row, "label", text),)


def _per_head(view: View) -> list[Block]:
    """Return the hotspots of start by cases per head, where that is another order than by size."""
    times = {row["place_id"]: row["at_least_times"] or 0 for row in view.hotspots("origin")}
    rows = [
        row
        for row in view.published.rows("starts", view.now)
        if row["per_100000"] and row["place_id"] in times
    ]
    rows.sort(key=lambda row: -row["per_100000"])
    ranked = [times[row["place_id"]] for row in rows]
    if ranked == sorted(ranked, reverse=True):
        return []
    heads = [(row["place"], view.published.cell("starts", row, "per_100000")) for row in rows]
    names = view.say.together(view.say("hotspots.head", place=place, value=value) for place, value in heads)
    return [Paragraph(view.say("hotspots.per_head", counties=names))]


def _risk_bands(view: View) -> list[Spans]:
    """Return counties by band of reported activity, in the newest period that has bands."""
    published = view.published
    periods = [view.now, *published.periods(YEAR), *published.periods(TWELVE_MONTHS)]
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
