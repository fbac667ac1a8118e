"""All counties on a few pages: what starts, passes and ends in each by year, and the most to say of it."""

from __future__ import annotations

from orchestration.outputs.published import Row, by_count, county_ids
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.figures import PAGE, TABLES, BarRow, bar_rows, county_years, locator
from orchestration.outputs.report.parts import Block, Columns, Grid, Heading, Paragraph, Section
from orchestration.outputs.report.view import COUNTED, View, section
from orchestration.outputs.texts import Spans

ACROSS, MOST_CORRIDORS = 4, 3
WIDTH = (PAGE - 27) / ACROSS
WORDS, PLACE = 30.0, 10.0  # millimetres
CHILDREN_FROM, PASSED, REACHED = 0.47, 2.0, 1.5


def counties(view: View) -> Section | None:
    if not view.now:
        return None
    names = sorted(county_ids(), key=view.published.place)
    shown = {county for county in names if _counts(view, county)}
    if not shown:
        return None
    cells = [_cell(view, county) for county in names if county in shown]
    silent = [view.published.place(county) for county in names if county not in shown]
    blocks: list[Block] = [Grid(ACROSS, cells, [f"county-{county}" for county in names if county in shown])]
    if silent:
        said = view.say("counties.silent", least=view.least, names=view.say.together(silent))
        blocks.append(Paragraph(said, tone="note"))
    blocks.append(Paragraph(view.say("counties.note"), tone="note"))
    listed = view.published.of_rows("starts", f"period_id={view.now}", str(len(shown)), "place_id")
    title = view.say("counties.title", listed=listed, period=view.period)
    return section(view, "counties", title, blocks, view.say("counties.deck"))


def _counts(view: View, county: str) -> dict[str, Row]:
    """Return the rows of a county in this year that count a case, by table."""
    found = {table: view.row(table, place_id=county) for table in TABLES}
    return {table: row for table, row in found.items() if row and row[COUNTED.get(table, "movement_count")]}


def _cell(view: View, county: str) -> list[Block]:
    said = _strongest(view, county)
    words: list[Block] = [Paragraph(*said)] if said else []
    names = [view.say.text(f"{table}.prefix").lower() for table in TABLES]
    place = locator(view, county)
    head: list[Block] = [Columns((WORDS, PLACE), (words, place))] if place else words
    return [
        Heading((view.published.place(county),)),
        *head,
        county_years(view, county, WIDTH, names),
        *_corridors(view, county),
    ]


def _corridors(view: View, county: str) -> list[Block]:
    """Return the largest corridors of a county."""
    ends = [row for row in view.corridors_of(county, "end") if row["start_place_id"] != county]
    rows = by_count([*view.corridors_of(county, "start"), *ends])[:MOST_CORRIDORS]
    if not rows:
        return []
    bars = []
    for row in rows:
        is_out = row["start_place_id"] == county
        other = view.published.place(row["end_place_id" if is_out else "start_place_id"])
        bars.append(
            BarRow(f"{'→' if is_out else '←'} {other}", view.drawn("corridors", row), tone=row["direction"])
        )
    return [bar_rows(view, view.published.place(county), bars, WIDTH, names=78.0)]


def _strongest(view: View, county: str) -> tuple[Spans, str, str] | None:
    """Return the strongest thing that the data say of a county: the first of these that holds, if any.

    A share from it that rose or fell; a hotspot; many children; more passed than started and ended; more
    reached than left; a share that held.
    """
    say, counts = view.say, _counts(view, county)
    shifts = [row for row in view.shifts() if county in (row["start_place_id"], row["end_place_id"])]
    changed = [row for row in shifts if rules.is_change(row) and row["start_place_id"] == county]
    if changed:
        key = "county.rose" if changed[0]["status"] in rules.ROSE else "county.fell"
        return say(key, corridor=findings.ends(view, changed[0])), "", "strong"
    for role in ("origin", "exploitation", "transit"):
        for row in findings.clear_hotspots(view, role):
            if row["place_id"] == county:
                times = view.published.cell("hotspots", row, "at_least_times")
                return say(f"county.as.{role}", times=times), "", "strong"
    number = {table: row[COUNTED.get(table, "movement_count")] for table, row in counts.items()}
    start, passed, end = (number.get(table, 0) for table in TABLES)
    started = counts.get("starts")
    if (
        started
        and started["child_count"]
        and start >= rules.LEAST_BASE
        and started["child_count"] / start >= CHILDREN_FROM
    ):
        cells = {
            name: view.published.cell("starts", started, name) for name in ("child_count", "movement_count")
        }
        return (
            say("county.children", children=cells["child_count"], all=cells["movement_count"]),
            "",
            "strong",
        )
    floor = int(view.least.text) - 1
    if passed >= PASSED * max(start, end, floor) and rules.leads(passed, max(start, end), view.noise):
        return say("county.passed", count=view.count("passings", counts["passings"])), "", "strong"
    if end >= REACHED * max(start, floor) and rules.leads(end, start, view.noise):
        return say("county.reached", count=view.count("ends", counts["ends"])), "", "strong"
    held = [row for row in shifts if row["status"] == "stable" and row["start_place_id"] == county]
    if held:
        return say("county.held", place=view.published.place(held[0]["end_place_id"])), "", "note"
    return None
