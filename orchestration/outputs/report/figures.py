"""The figures of a report: which corridors, ends and changes they show, as SVG with alternative texts."""

from __future__ import annotations

from orchestration.outputs.figures.maps import Line, draw_abroad, draw_corridors, draw_legend, reaches
from orchestration.outputs.figures.plots import Change, Quarter, draw_changes, draw_quarters
from orchestration.outputs.published import KENYA, Row, by_count, county_ids, day, is_county, reference_places
from orchestration.outputs.report import findings
from orchestration.outputs.report.chapters import MOST_DRAWN, TONES
from orchestration.outputs.report.view import NUMBER, View
from orchestration.outputs.texts import plain
from orchestration.places import boundaries

MOST_LINES, MOST_LABELS, LEAST_DRAWN, MOST_DOTS, MOST_COUNTY_LINES = 60, 16, 10, 24, 14
NEIGHBOURS = ("UGA", "TZA", "ETH", "SOM", "SSD", "RWA", "BDI")
TABLES = ("starts", "passings", "ends")
COUNTY_MAP, SMALL_COUNTY_MAP = 92.0, 62.0  # millimetres across: members, public
MOST_QUARTERS = 10
LEGEND_STEPS = (2000, 500, 200, 50, 10)


def draw_figures(view: View, layer: boundaries.Boundaries) -> dict[str, dict[str, str]]:
    """Return `svg` and alternative text `alt` of each figure that has something to show, by name."""
    say, place = view.say, view.published.place
    figures: dict[str, dict[str, str]] = {}

    def add(name: str, svg: str, alt: str) -> None:
        figures[name] = {"svg": svg, "alt": alt}

    lines = corridor_lines(view)
    top = [
        f"{view.published.corridor(row)} {view.count('corridors', row).text}"
        for row in view.listed("corridors")[:5]
    ]
    alt = say.text("alt.corridors").format(corridors="; ".join(top))
    add("corridors", draw_corridors(lines, hubs(view), layer, alt), alt)
    directions = [one for one in ("within", "into", "out_of") if any(line.direction == one for line in lines)]
    most = max((line.count or 0 for line in lines), default=10)
    steps = [count for count in LEGEND_STEPS if count <= most][:3] or [most]
    alt = say.text("alt.legend")
    legend = draw_legend(
        say.text("legend.title"),
        [(direction, say.text(f"legend.{direction}")) for direction in directions],
        [(count, say.text("legend.cases").format(count=f"{count:,}")) for count in steps],
        most,
        alt,
    )
    add("legend", legend, alt)
    if rows := shown_abroad(view):
        named = [f"{row['place']} {view.count('ends', row).text}" for row in rows]
        alt = say.text("alt.abroad").format(places="; ".join(named))
        abroad = [
            Line(KENYA, row["place_id"], "out_of", row["movement_count"], label)
            for row, label in zip(rows[:8], named, strict=False)
        ]
        add("abroad", draw_abroad(abroad, reference_places()[KENYA]["name"], layer, alt), alt)
    if changes := dots(view):
        changed = [change for change in changes if change.kind != "held"]
        named = [f"{change.name}: {change.before:,}, {change.now:,}" for change in changed]
        held = len(changes) - len(changed)
        alt = say.text("alt.changes").format(changed="; ".join(named), count=held)
        heads = view.published.head(view.before or "").text, view.published.head(view.now).text
        titles = say.text("dots.title_changed"), say.text("dots.title_held")
        add("changes", draw_changes(changes, heads, titles, alt), alt)
    for at, row in enumerate([] if view.is_public else view.alerts()[:MOST_DRAWN]):
        if quarters := alert_quarters(view, row):
            texts = say.text("alerts.bars"), say.text("alerts.expected")
            named = [f"{quarter.label} {quarter.text}" for quarter in quarters]
            alt = say.text("alt.alert").format(
                corridor=view.published.corridor(row), quarters="; ".join(named)
            )
            add(f"alert-{at}", draw_quarters(quarters, TONES[row["direction"]], texts, alt), alt)
    width = (SMALL_COUNTY_MAP if view.is_public else COUNTY_MAP) * 72 / 25.4
    for county in counties_shown(view):
        if lines := county_lines(view, county):
            named = [line.label for line in lines[:5]]
            alt = say.text("alt.county").format(place=place(county), corridors="; ".join(named))
            svg = draw_corridors(lines, {county: place(county)}, layer, alt, width)
            add(county_figure(county), svg, alt)
    return figures


# --- the map of corridors ---------------------------------------------------------------------------


def corridor_lines(view: View) -> list[Line]:
    """Return the strongest corridors; the top ones and those that changed have labels."""
    rows = [row for row in view.listed("corridors") if row["movement_count"] >= LEAST_DRAWN][:MOST_LINES]
    hub = next(iter(hubs(view)), "")
    top = [row for row in rows if _is_near(row)][:MOST_LABELS]
    return [_line(view, row, hub, row in top or bool(findings.tone(row) != "plain")) for row in rows]


def _line(view: View, row: Row, hub: str, is_labelled: bool) -> Line:
    """Return a line; a corridor whose like-for-like counts changed has the year before below its label."""
    label, before, change = "", "", ""
    if is_labelled:
        label = f"{_label(view, row, hub)}  {view.count('corridors', row).text}"
    if (tone := findings.tone(row)) != "plain":
        count = plain(view.earlier("corridors", row))
        before = view.say.text("map.before").format(before=count, period=plain(view.period_before))
        change = tone
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


# --- the map of countries abroad --------------------------------------------------------------------


def shown_abroad(view: View) -> list[Row]:
    """Return the countries farther away where cases end that the map abroad shows."""
    return [row for row in _far(view) if reaches(row["place_id"])]


def farther(view: View) -> list[Row]:
    """Return those that it does not show."""
    return [row for row in _far(view) if not reaches(row["place_id"])]


def _far(view: View) -> list[Row]:
    rows = [row for row in view.countries("ends") if row["place_id"] not in NEIGHBOURS]
    return [row for row in rows if row["movement_count"] >= LEAST_DRAWN]


# --- the plot of changes ----------------------------------------------------------------------------


def dots(view: View) -> list[Change]:
    """Return the like-for-like counts of corridors: those that changed, then others, most cases first."""
    judged = [row for row in view.compared("corridors") if row["change"] and row["comparison"] in NUMBER]
    judged.sort(key=lambda row: findings.tone(row) == "plain")
    return [
        Change(
            view.published.corridor(row),
            "held" if findings.tone(row) == "plain" else findings.tone(row),
            row["like_earlier_count"],
            row["like_count"],
        )
        for row in judged[:MOST_DOTS]
    ]


# --- the quarters of an alert -----------------------------------------------------------------------


def alert_quarters(view: View, row: Row) -> list[Quarter]:
    """Return the newest complete quarters of a corridor, with the expected range from the alert's start on.

    That range is of all months of the alert together: a quarter has its part of it.
    """
    first, newest = day(row["window_from"]), day(row["newest_month"])
    part = 3 / (12 * (newest.year - first.year) + newest.month - first.month + 1)
    expected = tuple(row[f"expected_{end}"] * part for end in ("low", "high"))
    ends = {name: row[name] for name in ("start_place_id", "end_place_id")}
    quarters = []
    for period in view.published.quarters()[:MOST_QUARTERS][::-1]:
        directions = view.published.rows("series.corridors", period["period_id"], **ends)
        count = sum(row["movement_count"] for row in directions)
        is_in = day(period["period_from"]) >= first
        text = f"{count:,}" if count else "–"
        quarters.append(Quarter(period["period_id"], count, text, expected if is_in else None))
    return quarters


# --- the maps of counties ---------------------------------------------------------------------------


def counties_shown(view: View) -> list[str]:
    """Return counties where cases start, pass or end, by name."""
    shown = {row["place_id"] for table in TABLES for row in view.counties(table)}
    return sorted((county for county in county_ids() if county in shown), key=view.published.place)


def county_figure(county: str) -> str:
    return f"county-{county.lower()}"


def county_lines(view: View, county: str) -> list[Line]:
    """Return corridors that start or end in a county, the strongest first."""
    least = LEAST_DRAWN if view.is_public else 5
    rows = [*view.corridors_of(county, "start"), *view.corridors_of(county, "end")]
    lines = []
    for row in by_count([row for row in rows if row["movement_count"] >= least])[:MOST_COUNTY_LINES]:
        key, other = ("map.to", "end") if row["start_place_id"] == county else ("map.from", "start")
        name = view.say.text(key).format(place=view.published.place(row[f"{other}_place_id"]))
        lines.append(
            Line(
                row["start_place_id"], row["end_place_id"], row["direction"], row["movement_count"],
                f"{name}  {view.count('corridors', row).text}", label_at=row[f"{other}_place_id"],
            )
        )  # fmt: skip
    return lines
