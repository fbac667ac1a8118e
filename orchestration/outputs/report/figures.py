"""The figures of a report: which corridors, places and changes they show, as SVG with alternative texts."""

from __future__ import annotations

from orchestration.outputs.figures.maps import Line, draw_abroad, draw_corridors, draw_legend, reaches
from orchestration.outputs.figures.plots import Change, Quarter, draw_changes, draw_quarters
from orchestration.outputs.published import KENYA, Row, by_count, county_ids, day, is_county
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.alerts import MOST_DRAWN, TONES
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import plain
from orchestration.places import boundaries

MOST_LINES, MOST_LABELS, LEAST_DRAWN, MOST_DOTS, MOST_COUNTY_LINES = 60, 16, 10, 24, 14
NEIGHBOURS = ("UGA", "TZA", "ETH", "SOM", "SSD", "RWA", "BDI")
ROLES = ("origin", "transit", "destination")
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
    top = [f"{view.published.corridor(row)} {row['movement_count_text']}" for row in view.corridors()[:5]]
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
        countries = [(row, place(row["end_place_id"])) for row in rows]
        named = [f"{country} {row['movement_count_text']}" for row, country in countries]
        alt = say.text("alt.abroad").format(places="; ".join(named))
        abroad = [
            Line(
                KENYA, row["end_place_id"], "out_of", row["movement_count"],
                f"{country}  {view.count('corridors', row).text}",
            )
            for row, country in countries[:8]
        ]  # fmt: skip
        add("abroad", draw_abroad(abroad, place(KENYA), layer, alt), alt)
    if (changes := dots(view)) and view.before:
        changed = [change for change in changes if change.kind != "held"]
        named = [f"{change.name}: {change.before_text}, {change.now_text}" for change in changed]
        held = len(changes) - len(changed)
        alt = say.text("alt.changes").format(changed="; ".join(named), count=held)
        heads = view.published.head(view.before).text, view.published.head(view.now).text
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
    rows = [row for row in view.corridors() if (row["movement_count"] or 0) >= LEAST_DRAWN][:MOST_LINES]
    changed = {row["corridor_id"]: row for row in view.shifts() if rules.is_change(row)}
    hub = next(iter(hubs(view)), "")
    top = [row["corridor_id"] for row in rows if _is_near(row)][:MOST_LABELS]
    labelled = {*top, *changed}
    lines = [_line(view, row, hub, changed.get(row["corridor_id"]), labelled) for row in rows]
    drawn = {row["corridor_id"] for row in rows}
    gone = [row for name, row in changed.items() if name not in drawn and row["status"] in rules.FELL]
    return [*lines, *(_gone_line(view, row) for row in gone)]


def _line(view: View, row: Row, hub: str, shift: Row | None, labelled: set[str]) -> Line:
    label, before, change = "", "", ""
    if row["corridor_id"] in labelled:
        label = f"{_label(view, row, hub)}{view.mark(row)}  {view.count('corridors', row).text}"
    if shift is not None:
        key = (
            ("map.unlisted" if view.is_public else "map.none")
            if findings.is_new(view, shift)
            else "map.before"
        )
        count = plain(findings.before(view, shift))
        before = view.say.text(key).format(before=count, earlier=view.earlier)
        change = "up" if shift["status"] in rules.ROSE else "down"
    return Line(
        row["start_place_id"], row["end_place_id"], row["direction"], row["movement_count"], label,
        change, before,
    )  # fmt: skip


def _gone_line(view: View, row: Row) -> Line:
    """Return a dashed line for a corridor that is no longer drawn."""
    count = plain(findings.before(view, row))
    before = view.say.text("map.before").format(before=count, earlier=view.earlier)
    places = (row["start_place_id"], row["end_place_id"])
    return Line(*places, "held", None, row["origin"], "down", before, faded=True)


def _label(view: View, row: Row, hub: str) -> str:
    """Return the name of a line; one without an arrow leads to the hub."""
    origin, destination = (view.published.place(row[f"{end}_place_id"]) for end in ("origin", "destination"))
    if row["direction"] == "out_of":
        return view.say.text("map.to").format(place=destination)
    if not is_county(row["start_place_id"]):
        origin = view.say.text("map.from").format(place=origin)
    return origin if row["end_place_id"] == hub else f"{origin} → {destination}"


def _is_near(row: Row) -> bool:
    """Whether the map of Kenya shows the destination; farther countries are on the map abroad."""
    return is_county(row["end_place_id"]) or row["end_place_id"] in NEIGHBOURS


def hubs(view: View) -> dict[str, str]:
    """Return the two counties where most cases end, by id."""
    return {row["place_id"]: row["place"] for row in view.places("destination")[:2]}


# --- the map of countries abroad --------------------------------------------------------------------


def shown_abroad(view: View) -> list[Row]:
    """Return pairs of Kenya and a country farther away that the map abroad shows."""
    return [row for row in out_of(view) if reaches(row["end_place_id"])]


def out_of(view: View) -> list[Row]:
    """Return pairs of Kenya and a country farther away."""
    return [
        row
        for row in view.corridors("country")
        if row["start_place_id"] == KENYA
        and row["end_place_id"] not in NEIGHBOURS
        and (row["movement_count"] or 0) >= LEAST_DRAWN
    ]


# --- the plot of changes ----------------------------------------------------------------------------


def dots(view: View) -> list[Change]:
    """Return corridors that rose, fell, then held their share, the largest first."""
    order = {**dict.fromkeys(rules.ROSE, 0), **dict.fromkeys(rules.FELL, 1)}
    shifts = view.shifts()
    changed = sorted((row for row in shifts if rules.is_change(row)), key=lambda row: order[row["status"]])
    held = [row for row in shifts if row["status"] == "stable"]
    none = view.say.text("dots.unlisted" if view.is_public else "dots.none")
    changes = []
    for row in [*changed, *held][:MOST_DOTS]:
        kind = "held" if row["status"] == "stable" else "up" if row["status"] in rules.ROSE else "down"
        before, now = plain(findings.before(view, row)), plain(findings.now(view, row))
        changes.append(
            Change(view.marked(row), kind, _drawn(before), _drawn(now), before or none, now or none)
        )
    return changes


def _drawn(text: str) -> int | None:
    """Return the position of a count; `<5` is drawn at two."""
    return 2 if text.startswith("<") else findings.number_in(text)


# --- the quarters of an alert -----------------------------------------------------------------------


def alert_quarters(view: View, row: Row) -> list[Quarter]:
    """Return the newest complete quarters of a corridor, with the expected range from the alert's start on.

    That range is of all months of the alert together: a quarter has its part of it.
    """
    first, newest = day(row["first_month"]), day(row["newest_month"])
    part = 3 / (12 * (newest.year - first.year) + newest.month - first.month + 1)
    expected = tuple(row[f"expected_{end}"] * part for end in ("low", "high"))
    quarters = []
    for period in view.published.periods("quarter")[:MOST_QUARTERS][::-1]:
        counted = view.corridor(row["corridor_id"], "od", period)
        text = "0" if counted is None else counted["movement_count_text"]
        is_in = day(view.published.rows("periods", period)[0]["period_from"]) >= first
        quarters.append(Quarter(period, _drawn(text) or 0, text, expected if is_in else None))
    return quarters


# --- the maps of counties ---------------------------------------------------------------------------


def counties_shown(view: View) -> list[str]:
    """Return counties with a count in some role, by name."""
    found = [
        county
        for county in county_ids()
        if any((row := view.place(county, role)) is not None and row["movement_count"] for role in ROLES)
    ]
    return sorted(found, key=view.published.place)


def county_figure(county: str) -> str:
    return f"county-{county.lower()}"


def county_lines(view: View, county: str) -> list[Line]:
    """Return corridors that start or end in a county, the strongest first."""
    least = LEAST_DRAWN if view.is_public else 5
    rows = [*view.corridors_of(county, "origin"), *view.corridors_of(county, "destination")]
    lines = []
    for row in by_count([row for row in rows if (row["movement_count"] or 0) >= least])[:MOST_COUNTY_LINES]:
        key, other = ("map.to", "destination") if row["start_place_id"] == county else ("map.from", "origin")
        name = view.say.text(key).format(place=view.published.place(row[f"{other}_place_id"]))
        lines.append(
            Line(
                row["start_place_id"], row["end_place_id"], row["direction"], row["movement_count"],
                f"{name}  {view.count('corridors', row).text}", label_at=row[f"{other}_place_id"],
            )
        )  # fmt: skip
    return lines
