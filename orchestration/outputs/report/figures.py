"""The figures of a report: which counts each shows, as SVG with an alternative text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from orchestration.core import catalogue
from orchestration.outputs.figures import marks
from orchestration.outputs.figures.ground import draw_locator
from orchestration.outputs.figures.maps import Line, draw_abroad, draw_corridors, draw_legend, reaches
from orchestration.outputs.figures.marks import Count, Pair
from orchestration.outputs.figures.svg import GREY, INK, RULE, Drawing, wide, wrapped
from orchestration.outputs.published import KENYA, Row, is_county, reference_places
from orchestration.outputs.report import findings
from orchestration.outputs.report.parts import Figure
from orchestration.outputs.report.view import NUMBER, View
from orchestration.outputs.texts import plain

MOST_LINES, MOST_LABELS, LEAST_DRAWN = 60, 16, 10
NEIGHBOURS = ("UGA", "TZA", "ETH", "SOM", "SSD", "RWA", "BDI")
TABLES, ENDS = ("starts", "passings", "ends"), ("start_place_id", "end_place_id", "direction")
HOTSPOTS_OF = {"starts": "origin", "passings": "transit", "ends": "exploitation"}
LEGEND_STEPS = (2000, 500, 200, 50, 10)
WIDE, SIDE, THIRD = 120.0, 52.0, 55.3  # millimetres
# Name, share, its noise, children, all cases, whether they are many, whether the share is off that of all.
ShareRow = tuple[str, float, float, Count, Count, bool, bool]
PAGE, MM = 504.5, 72 / 25.4  # points across a page; points a millimetre
PHONE = 232.0  # a phone is 390 px wide: a point is about 1.5 px there


def figure(drawing: Drawing, alt: str, narrow: Drawing | None = None) -> Figure:
    return Figure(drawing.svg(alt), alt, drawing.width / MM, narrow.svg(alt) if narrow else "")


# --- years ------------------------------------------------------------------------------------------


def least_of(view: View) -> int:
    return int(view.least.text)


def by_year(view: View, counts: Sequence[Count]) -> str:
    """Return counts by year as an alternative text."""
    years = (plain(view.published.period(row["period_id"])) for row in view.years)
    return ", ".join(f"{year}: {plain(one.text)}" for year, one in zip(years, counts, strict=True))


def year_cell(
    view: View, name: str, below: str, counts: Sequence[Count], top: float, width: float, tone: str,
    high: float = 25.0, sign: str = "",
) -> Figure:  # fmt: skip
    """Return a small chart of years under a name. `sign`: after the name."""
    size = next((size for size in (7.4, 6.4) if wide(name + sign, size, 600) <= width), 6.0)
    is_one = size > 6
    lines = [name + sign, *([below] if below else [])]
    if not is_one:
        lines = wrapped(f"{name} {below}".strip() + sign, width, size, 600)
    head = 18.0 if below or len(lines) > 1 else 9.0
    drawing = Drawing(width, head + high + 20)
    drawing.named(0, 7, lines[0], size, 600)
    for line in lines[1:2]:
        weight, ink = (400, GREY) if is_one else (600, INK)
        drawing.named(0, 15.2, line, 6.8 if wide(line, 6.8, weight) <= width else 6, weight, ink)
    base = head + high + 11
    marks.timebars(drawing, 0, base, width, high, counts, top, least_of(view), tone)
    marks.axis(drawing, 0, base + 7, width, view.span)
    alt = view.say.text("alt.years").format(name=f"{name} {below}".strip(), years=by_year(view, counts))
    return figure(drawing, alt)


def corridor_cells(view: View, rows: Sequence[Row], across: int) -> list[Figure]:
    """Return a chart of years a corridor; those of a row on paper share a scale."""
    width = (PAGE - 9 * (across - 1)) / across
    series = [view.series("corridors", **{name: row[name] for name in ENDS}) for row in rows]
    place = view.published.place
    cells = []
    for at, (row, counts) in enumerate(zip(rows, series, strict=True)):
        first = at - at % across
        top = marks.top_of(series[first : first + across], least_of(view))
        names = place(row["start_place_id"]), f"→ {place(row['end_place_id'])}"
        cells.append(year_cell(view, *names, counts, top, width, row["direction"], sign=sign(view, row)))
    return cells


def sign(view: View, row: Row) -> str:
    """Return ▲ or ▼ after the name of a corridor whose share several partners show to have changed, or †."""
    return {"up": " ▲", "down": " ▼"}.get(findings.turn(view, row), view.marked("", row))


def place_cells(
    view: View, table: str, rows: Sequence[Row], across: int, tone: str, width: float = PAGE
) -> list[Figure]:
    """Return a chart of years a place, all on one scale."""
    across_of = (width - 9 * (across - 1)) / across
    series = [view.series(table, place_id=row["place_id"]) for row in rows]
    top = marks.top_of(series, least_of(view))
    names = [view.marked(row["place"], row) for row in rows]
    below = " " if any(wide(name, 6.4, 600) > across_of for name in names) else ""  # all on two lines
    return [
        year_cell(view, name, below, counts, top, across_of, tone)
        for name, counts in zip(names, series, strict=True)
    ]


def key(view: View) -> Figure:
    """Return the key to every chart: an example and its signs."""
    say = view.say.text
    signs = [("hatch", say("key.part")), ("dashed", say("key.dashed").format(least=view.least.text))]
    signs.append(("open", say(f"key.open.{view.published.name}")))
    signs += [("noise", say("key.noise"))] if view.is_public else [("†", say("key.mark"))]
    signs.append(("▲▼", say("key.signs")))
    around = 1.0 if view.is_public else 0.0
    example = [Count("40", 40, 5 * around, 3, is_part=True), Count("150", 150, 6 * around)]
    example.append(Count("110", 110, 6 * around, is_now=True))

    def drawn(width: float, left: float, top: float) -> Drawing:
        rows = [
            (kind if at == 0 else "", line)
            for kind, text in signs
            for at, line in enumerate(wrapped(text, width - left - 18, 7.2))
        ]
        drawing = Drawing(width, max(40, top + 11 * len(rows)))
        marks.timebars(drawing, 0, 38, 84, 24, example, 200, 10, "within")
        for at, (kind, text) in enumerate(rows):
            marks.key(drawing, left, top + 8 + 11 * at, kind, text)
        return drawing

    return figure(drawn(PAGE, 98, 0), say("key.alt"), drawn(PHONE, 0, 44))


# --- changes ----------------------------------------------------------------------------------------


def change_pair(view: View, row: Row, group: str) -> Pair | None:
    """Return a judged corridor as a row of the chart of changes, where its two counts may stand together."""
    before = view.judged_earlier(row) if view.is_public else tick(view, "corridors", row)
    name, now = view.published.corridor(row), view.drawn("corridors", row)
    return Pair(name, before, now, group != "held") if before else None


def changes_chart(view: View, groups: Sequence[tuple[str, Sequence[Pair]]]) -> Figure:
    heads = view.published.head(view.before or "").text, view.published.head(view.now).text
    names = max((wide(pair.name, 7.4, 600) for _, pairs in groups for pair in pairs), default=0.0)
    said = (
        f"{title}: "
        + "; ".join(f"{one.name} {plain(one.before.text)}, {plain(one.now.text)}" for one in pairs)
        for title, pairs in groups
    )
    alt = view.say.text("alt.changes").format(earlier=heads[0], period=heads[1], groups=". ".join(said))
    least = least_of(view)
    drawn = marks.dumbbell(groups, heads, PAGE, min(names, PAGE / 2.6), least)
    return figure(drawn, alt, marks.dumbbell(groups, heads, PHONE, PHONE, least))


# --- bars of places, shares and traits --------------------------------------------------------------


class BarRow(NamedTuple):
    """`before`: the year before, as a tick. `open_part`: of the bar, at its end. `note`: grey text."""

    name: str
    now: Count
    before: Count | None = None
    open_part: float = 0.0
    is_strong: bool = False
    note: str = ""
    tone: str = "within"


def bar_rows(view: View, what: str, rows: Sequence[BarRow], width: float, names: float = 70.0) -> Figure:
    """Return a bar a row, so many points wide; the alternative text says `what` they are."""
    drawing = Drawing(width, 10.4 * len(rows) + 4)
    names = min(names, max((wide(row.name, 7.5, 600) for row in rows), default=0.0) + 6)
    room = max(wide(f"{plain(row.now.text)} {row.note}", 7.2, 600) for row in rows) + 8
    numbers = [(one.number or 0) + one.noise for row in rows for one in (row.now, row.before) if one]
    for at, row in enumerate(rows):
        y, weight = 9.0 + 10.4 * at, 600 if row.is_strong else 400
        size = 7.5 if wide(row.name, 7.5, weight) <= names - 3 else 6.4
        drawing.text(names - 4, y, row.name, size, weight, anchor="end")
        long, top = width - names - room, max([*numbers, 1.0])
        of = row.now, row.before, row.open_part, row.tone, row.is_strong
        end = marks.barrow(drawing, names, y, long, top, *of)
        drawing.text(end + 3, y, row.note, 6.8, fill=GREY)
    said = "; ".join(f"{row.name} {plain(row.now.text)} {row.note}".strip() for row in rows)
    return figure(drawing, view.say.text("alt.places").format(what=what, places=said))


def county_bars(view: View, table: str, most: int) -> list[Figure]:
    """Return a bar a county, a third of a page wide; bold where its label is clear."""
    rows = view.counties(table)[:most]
    strong = {row["place_id"] for row in findings.clear_hotspots(view, HOTSPOTS_OF[table])}
    drawn = [
        BarRow(
            view.marked(row["place"], row), view.drawn(table, row), tick(view, table, row),
            row.get("intended_count") or 0,
            row["place_id"] in strong,
        )
        for row in rows
    ]  # fmt: skip
    return [bar_rows(view, view.say.text(f"{table}.prefix"), drawn, THIRD * MM)] if drawn else []


def tick(view: View, table: str, row: Row) -> Count | None:
    """Return the year before as a tick: where the same partners report."""
    return view.year_earlier(table, row) if row["comparison"] == "same_reporting" else None


def share_chart(view: View, rows: Sequence[ShareRow], whole: float, alt: str) -> Figure:
    """Return a dot a county: `rows` as ShareRow has them; `whole`: the share of all."""

    width, right = PAGE / 2 - 9, 62.0
    names = max(wide(row[0], 7.4, 600) for row in rows) + 12
    long, foot = width - names - right - 12, 18 + 9.6 * len(rows)
    drawing = Drawing(width, foot + 4)
    for part in (0, 0.5, 1):
        drawing.line(names + part * long, 13, names + part * long, foot, RULE, stroke_width=0.4)
        drawing.text(names + part * long, 9, f"{100 * part:g} %", 6.6, fill=GREY, anchor="middle")
    middle = names + whole * long
    drawing.line(middle, 13, middle, foot, INK, stroke_width=0.8, stroke_dasharray="3 2")
    for name, x in (("child_count", width - 32), ("all", width)):
        head = view.say.text(f"column.{name}")
        drawing.text(x, 9, head if wide(head, 6.6) < 34 else head[:8], 6.6, fill=GREY, anchor="end")
    for at, (name, share, noise, children, everyone, is_sure, is_off) in enumerate(rows):
        y = 20 + 9.6 * at
        drawing.text(names - 8, y + 2.6, name, 7.4, 600 if is_off else 400, anchor="end")
        marks.sharerow(drawing, names, long, y, share, noise, is_sure)
        drawing.text(width - 32, y + 2.6, children.text, 7.2, 600, anchor="end")
        drawing.text(width, y + 2.6, everyone.text, 7.2, fill=GREY, anchor="end")
    return figure(drawing, alt)


def locator(view: View, county: str) -> list[Figure]:
    """Return where a county lies; nothing without boundaries."""
    if view.layer is None:
        return []
    name = view.published.place(county)
    return [figure(draw_locator(county, view.layer), view.say.text("alt.locator").format(place=name))]


def county_years(view: View, county: str, width: float, names: Sequence[str]) -> Figure:
    """Return from, through and to of a county by year, on one scale."""
    series = [view.series(table, place_id=county) for table in TABLES]
    top = marks.top_of(series, 4 * least_of(view))
    each, high, base = (width - 14) / 3, 24.0, 34.0
    drawing = Drawing(width, base + 10)
    for at, (name, counts) in enumerate(zip(names, series, strict=True)):
        left = at * (each + 7)
        marks.timebars(drawing, left, base, each, high, counts, top, least_of(view), "within", size=6.2)
        drawing.text(left + each / 2, base + 8, name, 6.8, fill=GREY, anchor="middle")
    said = "; ".join(f"{name}: {by_year(view, counts)}" for name, counts in zip(names, series, strict=True))
    return figure(drawing, view.say.text("alt.years").format(name=view.published.place(county), years=said))


# --- the maps ---------------------------------------------------------------------------------------


def corridor_map(view: View) -> list[Figure]:
    """Return the map of the strongest corridors; nothing without boundaries."""
    if view.layer is None:
        return []
    top = [
        f"{view.published.corridor(row)} {view.count('corridors', row).text}"
        for row in view.listed("corridors")[:5]
    ]
    alt = view.say.text("alt.corridors").format(corridors="; ".join(top))
    svg = draw_corridors(corridor_lines(view), hubs(view), view.layer, alt)
    return [Figure(svg, alt, WIDE)]


def legend(view: View) -> Figure:
    say, lines = view.say, corridor_lines(view)
    directions = [one for one in ("within", "into", "out_of") if any(line.direction == one for line in lines)]
    most = max((line.count or 0 for line in lines), default=10)
    steps = [count for count in LEGEND_STEPS if count <= most][:3] or [most]
    alt = say.text("alt.legend")
    drawn = draw_legend(
        say.text("legend.title"),
        [(direction, say.text(f"legend.{direction}")) for direction in directions],
        [(count, say.text("legend.cases").format(count=f"{count:,}")) for count in steps],
        most,
        alt,
    )
    return Figure(drawn, alt, SIDE)


def abroad_map(view: View, width: float = SIDE, is_both: bool = False) -> list[Figure]:
    """Return the map of countries where cases end, and `is_both` where they start; nothing without any."""
    rows = [("out_of", row) for row in shown_abroad(view)]
    starts = view.countries("starts") if is_both else []
    rows += [("into", row) for row in starts if reaches(row["place_id"])]
    if view.layer is None or not rows:
        return []
    lines, named = [], []
    for direction, row in rows:
        count = view.count("ends" if direction == "out_of" else "starts", row).text
        label = view.say.text(f"map.{direction}").format(place=_short(view, row), count=count)
        ends = (KENYA, row["place_id"]) if direction == "out_of" else (row["place_id"], KENYA)
        number = row["movement_count"]
        lines.append(Line(ends[0], ends[1], direction, number, label, label_at=row["place_id"]))
        named.append(label)
    alt = view.say.text("alt.abroad").format(places="; ".join(named))
    svg = draw_abroad(lines, reference_places()[KENYA]["name"], view.layer, alt, width * MM)
    return [Figure(svg, alt, width)]


def _short(view: View, row: Row) -> str:
    """Return the name of a country on a map, `UAE`."""
    known = catalogue().get(f"map.short.{row['place_id']}")
    return known[view.say.language] if known else str(row["place"])


def corridor_lines(view: View) -> list[Line]:
    """Return the strongest corridors; the top ones and those that changed have labels."""
    rows = [row for row in view.listed("corridors") if row["movement_count"] >= LEAST_DRAWN][:MOST_LINES]
    hub = next(iter(hubs(view)), "")
    top = [row for row in rows if _is_near(row)][:MOST_LABELS]
    return [_line(view, row, hub, row in top or bool(findings.turn(view, row))) for row in rows]


def _line(view: View, row: Row, hub: str, is_labelled: bool) -> Line:
    """Return a line; one whose share changed has the year before below its label, where it compares."""
    label, before, change = "", "", findings.turn(view, row)
    if is_labelled:
        label = f"{_label(view, row, hub)}  {view.count('corridors', row).text}"
    if change and row["comparison"] in NUMBER:
        count = plain(view.earlier("corridors", row))
        before = view.say.text("map.before").format(before=count, period=plain(view.period_before))
    return Line(
        row["start_place_id"], row["end_place_id"], row["direction"], row["movement_count"], label,
        change, before,
    )  # fmt: skip


def _label(view: View, row: Row, hub: str) -> str:
    """Return the name of a line; one without an arrow leads to the hub."""
    start, end = (view.published.place(row[f"{at}_place_id"]) for at in ("start", "end"))
    if row["direction"] == "out_of":
        return view.say.text("map.to").format(place=end)
    if not is_county(row["start_place_id"]):
        start = view.say.text("map.from").format(place=start)
    return start if row["end_place_id"] == hub else f"{start} → {end}"


def _is_near(row: Row) -> bool:
    """Whether the map of Kenya shows the end; farther countries are on the map abroad."""
    return is_county(row["end_place_id"]) or row["end_place_id"] in NEIGHBOURS


def hubs(view: View) -> dict[str, str]:
    """Return the two counties where most cases end, by id."""
    return {row["place_id"]: row["place"] for row in view.counties("ends")[:2]}


def shown_abroad(view: View) -> list[Row]:
    """Return the countries farther away where cases end that the map abroad shows."""
    return [row for row in _far(view) if reaches(row["place_id"])]


def farther(view: View) -> list[Row]:
    """Return those that it does not show."""
    return [row for row in _far(view) if not reaches(row["place_id"])]


def _far(view: View) -> list[Row]:
    rows = [row for row in view.countries("ends") if row["place_id"] not in NEIGHBOURS]
    return [row for row in rows if row["movement_count"] >= LEAST_DRAWN]
