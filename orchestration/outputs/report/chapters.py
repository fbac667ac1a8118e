"""The chapters of the report: each is a function of a view that returns its section, or None without rows.

To add one, write a function here and name it in `write.CHAPTERS`.
"""

from __future__ import annotations

from datetime import date

from orchestration.outputs.claims import claim
from orchestration.outputs.published import KENYA, Row, ends_known
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.parts import Block, Columns, Heading, Items, Paragraph, Section, Table
from orchestration.outputs.report.view import (
    GRAIN,
    HALF,
    NONE,
    View,
    capital,
    code,
    corridor_counts,
    count,
    heads,
    section,
    titled,
)
from orchestration.outputs.texts import Spans, Value

# --- what is new since the last release; corridors that rose, fell or held, and displacement


def since_release(view: View) -> Section | None:
    """Return a new period, and corridors whose change is new, compared with the last release."""
    say, previous = view.say, view.previous
    if previous is None:
        return None
    items: list[Spans] = [say("since.period", period=view.period)] if view.now != previous.now else []
    known = {(row["corridor_id"], row["status"]) for row in previous.shifts()}
    items += [
        findings.joined([findings.stop(findings.change(view, row)), findings.counts(view, row)])
        for row in view.shifts()
        if rules.is_change(row) and (row["corridor_id"], row["status"]) not in known
    ]
    if not items:
        return None
    release = Value(
        str(previous.published.manifest["release_id"]), "release|previous_release", "previous_release"
    )
    note = Paragraph(say("since.note", release=release), tone="note")
    blocks: list[Block] = [Items(items), note]
    return Section("since", say.text("contents.since"), say("since.title"), [blocks], is_page=True)


ORDER = (*rules.ROSE, *rules.FELL)


def changes(view: View) -> Section | None:
    if not view.before:
        return None
    tables = [table for level in ("od", "odv") if (table := _changes_table(view, level)).rows]
    if not tables:
        return None
    pairs = [
        Paragraph(findings.stop(findings.displacement(view, rise, fall)))
        for rise, fall in rules.pairs(view.shifts())
    ]
    note = view.mark_note([*view.shifts(), *view.shifts("odv")])
    blocks: list[Block] = [*pairs, *tables, *note, *_newer_windows(view)]
    if any(row["status"] == "abandoned" for row in view.shifts()):
        blocks.append(Paragraph(view.say("changes.silent"), tone="note"))
    return section(view, "changes", findings.changes_title(view) or view.say("contents.changes"), blocks)


def _changes_table(view: View, level: str) -> Table:
    say = view.say
    shifts = view.shifts(level)
    shifts.sort(key=lambda row: ORDER.index(row["status"]) if row["status"] in ORDER else len(ORDER))
    columns = [say(f"column.{name}") for name in ("corridor", "change", "share")]
    if not view.is_public:
        columns.append(say("column.seen_by"))
    lines: list[list[Spans]] = []
    for row in shifts:
        line = [(view.marked(row),), code(view, row, "status", "status")]
        # The band says too much of a change that is not sure, and too little where none is left.
        is_gone = row["current_count_text"] == "0"
        band = NONE if is_gone else code(view, row, "factor_band", "band")
        band = say("changes.stable") if row["status"] == "stable" else band
        line.append(findings.size_of(view, "shifts", row) or band)
        if not view.is_public:
            line.append(code(view, row, "evidence", "evidence"))
        lines.append([*line, _or_dash(findings.before(view, row)), _or_dash(findings.now(view, row))])
    periods = heads(view, (view.before or "", view.now))
    return Table(say(f"table.changes.{level}"), [*columns, *periods], lines, 2)


def _newer_windows(view: View) -> list[Block]:
    """Return changes up to a month after the newest quarter, which members have."""
    say, published = view.say, view.published
    rows = [
        row
        for row in published.rows("shifts", comparison="months", record_grain=GRAIN)
        if rules.is_change(row) and row["current"] != view.now
    ]
    if not rows:
        return []
    lines = [
        [
            (published.corridor(row),),
            code(view, row, "status", "status"),
            _window_count(view, row, "baseline"),
            _window_count(view, row, "current"),
        ]
        for row in rows
    ]
    year, month = rows[0]["current"].split("-")[:2]
    last = published.cell("shifts", rows[0], "current", published.month(date(int(year), int(month), 1)))
    columns = [say(f"column.{name}") for name in ("corridor", "change", "twelve_before", "twelve")]
    return titled(say("changes.months", month=last), Table((), columns, lines, 2))


def _window_count(view: View, row: Row, side: str) -> Spans:
    return NONE if row[f"{side}_count_text"] in (None, "0") else (view.published.count("shifts", row, side),)


def _or_dash(count: Value | str) -> Spans:
    return (count,) if count else NONE


# --- corridors with most cases, and pairs of Kenya and another country

MOST_CORRIDORS, MOST_COUNTRIES = 30, 12


def corridors(view: View) -> Section:
    say = view.say
    note = Paragraph(say(f"table.dash.{view.published.name}", least=view.least), tone="note")
    blocks: list[Block] = [_corridor_table(view), note, *view.mark_note(view.corridors())]
    both = (("to", "destination", "origin"), ("from", "origin", "destination"))
    halves = [[table] for ends in both if (table := _country_table(view, *ends)).rows]
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


def _country_table(view: View, key: str, end: str, other: str) -> Table:
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
    return Table(view.say(f"table.countries_{key}"), columns, lines, len(periods))


# --- cases from, through and to each county and each other country

ROLES = ("origin", "transit", "destination")


def places(view: View) -> Section | None:
    levels = (("county", "counties"), ("country", "countries"))
    blocks: list[Block] = [table for level in levels if (table := _places_table(view, *level)).rows]
    return section(view, "places", capital(findings.to_title(view)), blocks)


def _places_table(view: View, level: str, key: str) -> Table:
    """Return places of a level with their counts by role and period, the largest first."""
    say = view.say
    columns = [(role, period) for role in ROLES for period in view.periods(2)]
    names: dict[str, str] = {}
    for role in ROLES:
        names |= {row["place_id"]: row["place"] for row in view.places(role, (level,))}
    lines: list[list[Spans]] = []
    for place in sorted(names, key=lambda place: (-_largest(view, place), place)):
        cells = [count(view, "places", view.place(place, role, period=period)) for role, period in columns]
        if any(cell != NONE for cell in cells):
            lines.append([(names[place],), *cells])
    heads = [say(f"column.{role}", period=view.published.head(period)) for role, period in columns]
    return Table(say(f"table.{key}"), [say("column.place"), *heads], lines, len(heads))


def _largest(view: View, place: str) -> int:
    rows: list[Row | None] = [view.place(place, role) for role in ROLES]
    return max((row["movement_count"] or 0 for row in rows if row is not None), default=0)


# --- children among all cases; forms of exploitation, sex, age, transport and recruitment

MOST_PLACES = 24


def children(view: View) -> Section | None:
    halves = [[table] for role in ("origin", "destination") if (table := _children_table(view, role)).rows]
    blocks: list[Block] = []
    if halves:
        note = Paragraph(view.say("children.base", period=view.period), tone="note")
        blocks = [Columns([HALF] * len(halves), halves), note]
    return section(view, "children", findings.children_title(view), blocks)


def _children_table(view: View, role: str) -> Table:
    say = view.say
    lines: list[list[Spans]] = []
    for row in view.places(role, ("county", "country"), population="children")[:MOST_PLACES]:
        base = view.place(row["place_id"], role)
        counts = (count(view, "places", row), count(view, "places", base))
        text = rules.share_of_children(row, base)
        share = (view.published.cell("places", row, "movement_count", text),) if text else NONE
        lines.append([(row["place"],), share, *counts])
    columns = [say(f"column.{name}") for name in (f"place_{role}", "children_share", "children", "all")]
    return Table(say(f"table.children.{role}"), columns, lines, 2)


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


# --- places that stand out, and bands of reported activity

LABELS = {"hotspot": 0, "elevated": 1}
COMPONENTS = ("origin", "transit", "exploitation", "change")
BANDS = ("much_higher", "higher", "typical", "lower")


def hotspots(view: View) -> Section | None:
    say, lines = view.say, _hotspot_lines(view)
    columns = [say(f"column.{name}") for name in ("place", "role", "population", "label", "times")]
    blocks: list[Block] = []
    if lines:
        blocks.append(Table(say("table.hotspots", period=view.period), columns, lines, 1))
    if bands := _risk_bands(view):
        blocks += [Heading(say("risk.title")), Items(bands), Paragraph(say("risk.note"), tone="note")]
    if blocks:
        blocks.append(Paragraph(say("hotspots.note"), tone="note"))
    return section(view, "hotspots", capital(findings.stand_out(view)), blocks)


def _hotspot_lines(view: View) -> list[list[Spans]]:
    say, lines = view.say, []
    for population in ("all", "children"):
        rows = view.published.rows("hotspots", view.now, record_grain=GRAIN, population=population)
        for row in sorted(rows, key=lambda row: (LABELS.get(row["label"], 2), row["role"], row["place"])):
            keys = (f"role.{row['role']}", f"population.{population}", f"label.{row['label']}")
            size = findings.size_of(view, "hotspots", row) or NONE
            lines.append([(row["place"],), *(say(key) for key in keys), size])
    return lines


def _risk_bands(view: View) -> list[Spans]:
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


# --- the newest survey round, with corridors and countries named for the first time

MOST_OF_A_ROUND = 24


def rounds(view: View) -> Section | None:
    say, published = view.say, view.published
    period = next((round_ for round_ in published.periods("round") if published.rows("routes", round_)), None)
    if period is None:
        return None
    confirmed = published.rows("novelty", period, evidence_class="panel_confirmed")
    corridors = published.rows("routes", period, line="corridor", level="od")
    new = _new_corridors(view, confirmed, corridors)
    name = published.period(period)
    blocks: list[Block] = []
    total = next(iter(published.rows("routes", period, line="round")), None)
    if total is not None and total["report_count"] is not None:
        count = published.cell("routes", total, "report_count")
        blocks.append(Paragraph(say("rounds.total", count=count, round=name)))
    if new:
        blocks += [_first_named(view, "corridors"), _list(new)]
    if countries := _new_countries(view, confirmed):
        blocks += [_first_named(view, "countries"), Items(countries)]
    if corridors:
        known = sorted((row for row in corridors if ends_known(row)), key=published.corridor)
        blocks += [
            Heading(say("rounds.corridors")),
            _round_corridors(view, known, say("table.rounds", round=name)),
        ]
    if blocks and view.is_public:
        least = published.policy("public_round_least_reports")
        blocks.append(Paragraph(say("rounds.note", least=least), tone="note"))
    title = say("rounds.plain", round=name)
    if new:
        where = {"period_id": period, "evidence_class": "panel_confirmed", "item_kind": "corridor"}
        number = published.how_many("novelty", rules.in_words(len(new)), **where)
        title = capital(say.counted("rounds.title", number, round=name))
    return section(view, "rounds", title, blocks)


def _first_named(view: View, items: str) -> Heading:
    return Heading(claim(view.say, "novelty", "panel_confirmed", name=view.say(f"rounds.items.{items}")))


def _new_corridors(view: View, confirmed: list[Row], corridors: list[Row]) -> list[str]:
    """Return the names of corridors that no earlier round named."""
    by_id = {row["line_id"].rpartition("|")[2]: row for row in corridors}
    place, corridor = view.published.place, view.published.corridor
    new = [row["item"] for row in confirmed if row["item_kind"] == "corridor"]
    return sorted(
        corridor(by_id[item]) if item in by_id else " → ".join(place(stop) for stop in item.split(">"))
        for item in new
    )


def _new_countries(view: View, confirmed: list[Row]) -> list[Spans]:
    """Return countries that no earlier round named, a line per role."""
    sentences = []
    for role in ROLES:
        rows = [row for row in confirmed if row["item_kind"] == "country" and row["role"] == role]
        if names := sorted(row["place"] for row in rows):
            sentences.append(view.say(f"rounds.country.{role}", places=view.say.together(names)))
    return sentences


def _round_corridors(view: View, rows: list[Row], caption: Spans) -> Block:
    """Return the corridors of the round: a list in public, a table with counts for members."""
    say, published = view.say, view.published
    if view.is_public:
        return _list([published.corridor(row) for row in rows])
    largest = sorted(rows, key=lambda row: -(row["report_count"] or 0))[:MOST_OF_A_ROUND]
    lines: list[list[Spans]] = [
        [(published.corridor(row),), (published.cell("routes", row, "report_count"),)] for row in largest
    ]
    return Table(caption, [say("column.corridor"), say("column.reports")], lines, 1)


def _list(names: list[str]) -> Paragraph:
    return Paragraph((", ".join(names) + ".",))
