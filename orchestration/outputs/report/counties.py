"""A page for each county with a published count: what starts, passes and ends there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration.outputs.published import Row
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.brief import bars, edition_and_period
from orchestration.outputs.report.figures import (
    COUNTY_MAP,
    SMALL_COUNTY_MAP,
    TABLES,
    counties_shown,
    county_figure,
)
from orchestration.outputs.report.parts import (
    Bar,
    Bars,
    Block,
    Columns,
    Fact,
    Facts,
    Figure,
    Heading,
    Links,
    Paragraph,
    Section,
)
from orchestration.outputs.report.view import COUNTED, View
from orchestration.outputs.texts import Spans

BESIDE, THIRD = 80.0, 55.3  # millimetres
MOST_ROWS, QUARTERS = 7, 8


def counties(view: View, figures: Mapping[str, str]) -> list[Section]:
    """Return a list of counties with a count, then a page for each by name; in public, two share a sheet."""
    shown = counties_shown(view)
    if not shown:
        return []
    say = view.say
    links = Links([[_section(county), view.published.place(county)] for county in shown])
    first = Section(
        "counties", say.text("contents.counties"), say("counties.title", period=view.period), [[links]]
    )
    return [first, *(_page(view, county, figures) for county in shown)]


def _section(county: str) -> str:
    return f"county-{county}"


def _page(view: View, county: str, figures: Mapping[str, str]) -> Section:
    say, name = view.say, view.published.place(county)
    counts = {table: view.row(table, place_id=county) for table in TABLES}
    blocks: list[Block] = [Facts(_facts(view, county, counts))]
    right = [*_other_ends(view, county, "start"), *_other_ends(view, county, "end")]
    right.append(Paragraph(say("county.unknown", place=name), tone="note"))
    if (figure := county_figure(county)) in figures:
        width = SMALL_COUNTY_MAP if view.is_public else COUNTY_MAP
        note = Paragraph(say("county.map_note", period=view.period), tone="note")
        blocks.append(Columns((width, 172 - width), ([Figure(figure, figures[figure], width), note], right)))
    else:
        blocks.append(Columns((COUNTY_MAP, BESIDE), (right[:2], right[2:])))
    thirds = [
        part
        for part in (
            _transit_bars(view, county, "start", "via", "county.ways", "within"),
            _transit_bars(view, county, "via", "start", "county.through", "into"),
            _quarters(view, county),
        )
        if part
    ]
    if thirds:
        blocks.append(Columns([THIRD] * 3, [*thirds, *[[] for _ in range(3 - len(thirds))]]))
    note = Paragraph(
        say(f"county.note.{view.published.name}", period=view.period, least=view.least), tone="note"
    )
    marked = [row for end in ("start", "end") for row in view.corridors_of(county, end)[:MOST_ROWS]]
    marked += [row for row in counts.values() if row is not None]
    return Section(
        _section(county),
        name,
        _title(view, county, counts),
        [[*blocks, note, *view.mark_note(marked)]],
        deck=_deck(view, county, counts["starts"]),
        side=() if view.is_public else (f"{name} · ", *edition_and_period(view)),
        is_page=not view.is_public,
        is_whole=view.is_public,
        level=2,
    )


def _title(view: View, county: str, counts: Mapping[str, Row | None]) -> Spans:
    """Return where the county leads, else where most of its cases end, else its largest count."""
    say, name = view.say, view.published.place(county)
    end = _main_end(view, county, counts["starts"])
    for table in ("starts", "ends", "passings"):
        rows, column = view.counties(table), COUNTED.get(table, "movement_count")
        second = rows[1][column] if len(rows) > 1 else None
        if rows and rows[0]["place_id"] == county and rules.leads(rows[0][column], second, view.noise):
            title = say(f"county.most.{table}", place=name)
            return (*title, *say("county.and_most", end=end)) if end and table == "starts" else title
    if hotspots := [row for row in findings.clear_hotspots(view) if row["place_id"] == county]:
        title = findings.above(view, hotspots)
        return (*title, *say("county.and_most_of_cases", end=end)) if end else title
    if end:
        return say("county.most_go", place=name, end=end)
    numbers = {table: view.count(table, row) for table, row in counts.items() if row is not None}
    table = max(numbers, key=lambda table: int(numbers[table].text.replace(",", "")))
    return say(f"county.{table}", place=name, count=numbers[table])


def _main_end(view: View, county: str, started: Row | None) -> str:
    """Return where more than half of the county's cases end, beyond the noise; else an empty text."""
    rows = view.corridors_of(county, "start")
    if started is None or not rows:
        return ""
    first, rest = rows[0]["movement_count"], started["movement_count"] - rows[0]["movement_count"]
    is_most = rules.leads(first, rest, view.noise)
    return view.published.place(rows[0]["end_place_id"]) if is_most else ""


def _deck(view: View, county: str, started: Row | None) -> Spans:
    say, sentences = view.say, []
    if started is not None:
        said = say(
            "county.deck",
            place=view.published.place(county),
            count=view.count("starts", started),
            period=view.period,
        )
        sentences.append((*said, *view.against("starts", started)))
    for row in view.hotspots("origin"):
        if row["place_id"] == county:
            sentences.append(findings.stop(findings.hotspot(view, row)))
    shifts = [row for row in view.shifts() if county in (row["start_place_id"], row["end_place_id"])]
    held = [row for row in shifts if row["status"] == "stable" and row["start_place_id"] == county]
    changed = [row for row in shifts if rules.is_change(row)]
    sentences += [findings.stop(findings.change(view, row)) for row in (*changed[:2], *held[:1])]
    return findings.joined(sentences)


def _facts(view: View, county: str, counts: Mapping[str, Row | None]) -> list[Fact]:
    """Return the four figures, those of a table that lists the county."""
    say, name, facts = view.say, view.published.place(county), []
    for table, row in counts.items():
        if row is None:
            continue
        label = findings.end_of(view, row) if table == "ends" else say(f"county.fact.{table}", place=name)
        facts.append(Fact((view.count(table, row),), (*label, " ", *view.beside(table, row))))
    started = counts["starts"]
    if started is not None and started["child_count"]:
        label = say("county.fact.children")
        if text := rules.share_of_children(started):
            share = view.published.cell("starts", started, "child_count", text)
            label = (*label, *say("county.fact.children_share", fraction=share))
        facts.append(Fact((view.published.cell("starts", started, "child_count"),), label))
    return facts


def _titled_bars(heading: Spans, made: Sequence[Bar], tone: str = "within") -> list[Block]:
    return [Heading(heading), Bars(made, tone)] if made else []


def _other_ends(view: View, county: str, end: str) -> list[Block]:
    """Return where the county's cases end (`end` start), or where those that end there start (end)."""
    other = "end" if end == "start" else "start"
    made = bars(
        view,
        "corridors",
        view.corridors_of(county, end)[:MOST_ROWS],
        lambda row: view.published.place(row[f"{other}_place_id"]),
        lambda row: view.beside("corridors", row),
    )
    key = "county.to" if end == "start" else "county.from"
    return _titled_bars(view.say(key, place=view.published.place(county)), made)


def _transit_bars(view: View, county: str, stop: str, first: str, key: str, tone: str) -> list[Block]:
    """Return corridors with a transit place where the county is a `stop`, named from their `first` place."""

    def name(row: Row) -> str:
        return " → ".join(view.published.place(row[f"{at}_place_id"]) for at in (first, "end"))

    rows = [row for row in view.listed("corridors_via") if row[f"{stop}_place_id"] == county][:MOST_ROWS]
    made = bars(view, "corridors_via", rows, name)
    return _titled_bars(view.say(key, place=view.published.place(county)), made, tone)


def _quarters(view: View, county: str) -> list[Block]:
    """Return cases from the county by quarter; only members have quarters."""
    periods = [period["period_id"] for period in view.published.quarters()[:QUARTERS][::-1]]
    rows = [row for of in periods for row in view.published.rows("series.starts", of, place_id=county)]
    made = bars(view, "series.starts", rows, lambda row: row["period_id"])
    heading = view.say("county.quarters", place=view.published.place(county))
    return _titled_bars(heading, made if len(rows) > 1 else [], "grey")
