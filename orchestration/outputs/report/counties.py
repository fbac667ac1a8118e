"""A page for each county with a published count: what starts, passes and ends there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration.outputs.published import Row, by_count
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.brief import bars, edition_and_period
from orchestration.outputs.report.figures import (
    COUNTY_MAP,
    ROLES,
    SMALL_COUNTY_MAP,
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
from orchestration.outputs.report.view import GRAIN, View
from orchestration.outputs.texts import Slot, Spans

BESIDE, THIRD = 80.0, 55.3  # millimetres
MOST_ROWS, MOST_FORMS, QUARTERS = 7, 6, 8


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
    counts = {role: view.place(county, role) for role in ROLES}
    blocks: list[Block] = [Facts(_facts(view, county, counts))]
    right = [*_other_ends(view, county, "origin"), *_other_ends(view, county, "destination")]
    right.append(_limits(view, name, counts["origin"]))
    if (figure := county_figure(county)) in figures:
        width = SMALL_COUNTY_MAP if view.is_public else COUNTY_MAP
        note = Paragraph(say("county.map_note", period=view.period), tone="note")
        blocks.append(Columns((width, 172 - width), ([Figure(figure, figures[figure], width), note], right)))
    else:
        blocks.append(Columns((COUNTY_MAP, BESIDE), (right[:2], right[2:])))
    thirds = [
        part
        for part in (
            _transit_bars(view, county, "origin", "via", "county.ways", "within"),
            _transit_bars(view, county, "via", "origin", "county.through", "into"),
            _code_bars(view, county, "exploitation_type", say("county.forms", place=name)),
            _quarters(view, county),
            _code_bars(view, county, "sex", say("codes.sex")),
        )
        if part
    ]
    for at in range(0, len(thirds), 3):
        row = thirds[at : at + 3]
        blocks.append(Columns([THIRD] * 3, [*row, *[[] for _ in range(3 - len(row))]]))
    rows = [row for end in ("origin", "destination") for row in view.corridors_of(county, end)[:MOST_ROWS]]
    rows += [row for end in ("origin", "via") for row in _passing(view, county, end)]
    key = f"county.note.{view.published.name}"
    note = Paragraph(say(key, period=view.period, earlier=view.period_before, least=view.least), tone="note")
    return Section(
        _section(county),
        name,
        _title(view, county, counts),
        [[*blocks, note, *view.mark_note(rows)]],
        deck=_deck(view, county, counts["origin"]),
        side=() if view.is_public else (f"{name} · ", *edition_and_period(view)),
        is_page=not view.is_public,
        is_whole=view.is_public,
        level=2,
    )


def _limits(view: View, name: str, started: Row | None) -> Paragraph:
    """Return who reports, where the tables have it, and what is not known."""
    sentences = [view.say("county.unknown", place=name)]
    if started is not None and (count := started["partner_count"]):
        partners = view.published.cell("places", started, "partner_count", rules.in_words(count))
        sentences.insert(0, view.say.counted("county.reports", partners, place=name, period=view.period))
    return Paragraph(findings.joined(sentences), tone="note")


def _title(view: View, county: str, counts: Mapping[str, Row | None]) -> Spans:
    """Return where the county leads, else where most of its cases go, else its largest count."""
    say, name = view.say, view.published.place(county)
    end = _main_destination(view, county, counts["origin"])
    for role, key in (("origin", "most_start"), ("destination", "most_end"), ("transit", "most_pass")):
        rows = view.places(role)
        second = rows[1]["movement_count"] if len(rows) > 1 else None
        if not rows or rows[0]["place_id"] != county:
            continue
        if rules.leads(rows[0]["movement_count"], second, view.noise):
            title = say(f"county.{key}", place=name)
            return (*title, *say("county.and_most", end=end)) if end and role == "origin" else title
    if hotspots := [row for row in findings.clear_hotspots(view) if row["place_id"] == county]:
        title = findings.above(view, hotspots)
        return (*title, *say("county.and_most_of_cases", end=end)) if end else title
    if end:
        return say("county.most_go", place=name, end=end)
    keys = {"origin": "starts", "transit": "passes", "destination": "ends"}
    key, row = max(
        ((keys[role], row) for role, row in counts.items() if row is not None),
        key=lambda pair: pair[1]["movement_count"] or 0,
    )
    return say(f"county.{key}", place=name, count=view.count("places", row))


def _main_destination(view: View, county: str, started: Row | None) -> str:
    """Return where more than half of the county's cases end, beyond the noise; else an empty text."""
    rows = view.corridors_of(county, "origin")
    if started is None or not rows or not started["movement_count"] or not rows[0]["movement_count"]:
        return ""
    first, rest = rows[0]["movement_count"], started["movement_count"] - rows[0]["movement_count"]
    is_most = rules.leads(first, rest, view.noise)
    return view.published.place(rows[0]["end_place_id"]) if is_most else ""


def _deck(view: View, county: str, started: Row | None) -> Spans:
    say, sentences = view.say, []
    if started is not None and started["movement_count"]:
        before = view.place_before(county, "origin")
        slots: dict[str, Slot] = {
            "place": view.published.place(county),
            "count": view.count("places", started),
            "period": view.period,
        }
        if before is not None:
            slots |= {"before": view.count("places", before), "earlier": view.period_before}
        sentences.append(say("county.deck.both" if before is not None else "county.deck.now", **slots))
    for row in view.hotspots("origin"):
        if row["place_id"] == county:
            sentences.append(findings.stop(findings.hotspot(view, row)))
    shifts = [row for row in view.shifts() if county in (row["start_place_id"], row["end_place_id"])]
    held = [row for row in shifts if row["status"] == "stable" and row["start_place_id"] == county]
    changed = [row for row in shifts if rules.is_change(row)]
    sentences += [findings.stop(findings.change(view, row)) for row in (*changed[:2], *held[:1])]
    return findings.joined(sentences)


def _facts(view: View, county: str, counts: Mapping[str, Row | None]) -> list[Fact]:
    """Return the four figures; `none` for members only, whose tables list every count."""
    say, name, facts = view.say, view.published.place(county), []
    for role, row in counts.items():
        label = say(f"county.fact.{role}", place=name)
        if row is not None:
            if (before := view.place_before(county, role)) is not None:
                count = view.count("places", before)
                label = (*label, *say("fact.before", before=count, earlier=view.period_before))
            facts.append(Fact((view.count("places", row),), label))
        elif not view.is_public:
            facts.append(Fact(say("county.none"), label))
    if (row := view.place(county, "origin", "children")) is not None:
        label = say("county.fact.children")
        if text := rules.share_of_children(row, counts["origin"]):
            share = view.published.cell("places", row, "movement_count", text)
            label = (*label, *say("county.fact.children_share", fraction=share))
        facts.append(Fact((view.count("places", row),), label))
    return facts


def _titled_bars(heading: Spans, made: Sequence[Bar], tone: str = "within") -> list[Block]:
    return [Heading(heading), Bars(made, tone)] if made else []


def _other_ends(view: View, county: str, end: str) -> list[Block]:
    """Return where the county's cases go (`end` origin), or come from (destination)."""
    other = "destination" if end == "origin" else "origin"
    made = bars(
        view,
        "corridors",
        view.corridors_of(county, end)[:MOST_ROWS],
        lambda row: view.published.place(row[f"{other}_place_id"]) + view.mark(row),
        lambda row: view.beside("corridors", view.corridor(row["corridor_id"])),
    )
    key = "county.to" if end == "origin" else "county.from"
    return _titled_bars(view.say(key, place=view.published.place(county)), made)


def _transit_bars(view: View, county: str, role: str, start: str, key: str, tone: str) -> list[Block]:
    """Return corridors with a transit place where the county has a role, named from their `start`."""

    def name(row: Row) -> str:
        names = (view.published.place(row[f"{stop}_place_id"]) for stop in (start, "destination"))
        return " → ".join(names) + view.mark(row)

    def before(row: Row) -> Spans:
        return view.beside("corridors", view.corridor(row["corridor_id"], "odv"))

    made = bars(view, "corridors", _passing(view, county, role), name, before)
    return _titled_bars(view.say(key, place=view.published.place(county)), made, tone)


def _passing(view: View, county: str, role: str) -> list[Row]:
    return [row for row in view.corridors("odv") if row[f"{role}_place_id"] == county][:MOST_ROWS]


def _code_bars(view: View, county: str, domain: str, heading: Spans) -> list[Block]:
    """Return a breakdown of cases from the county, which members have."""
    rows = view.published.rows(
        "codes", view.now, record_grain=GRAIN, population="all", domain=domain, subject="place",
        role="origin", place_id=county,
    )  # fmt: skip
    known = by_count([row for row in rows if row["code"] != "unknown"])[:MOST_FORMS]
    return _titled_bars(heading, bars(view, "codes", known, lambda row: str(row["label"])))


def _quarters(view: View, county: str) -> list[Block]:
    """Return cases from the county by quarter; only members have quarters."""
    periods = view.published.periods("quarter")[:QUARTERS][::-1]
    found = [view.place(county, "origin", period=period) for period in periods]
    rows = [row for row in found if row is not None]
    made = bars(view, "places", rows, lambda row: view.published.period(row["period_id"]).text)
    heading = view.say("county.quarters", place=view.published.place(county))
    return _titled_bars(heading, made if len(rows) > 1 else [], "grey")
