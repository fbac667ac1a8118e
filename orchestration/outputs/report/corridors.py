"""Corridors as years: all cases by direction, then the corridors within Kenya, by where they end."""

from __future__ import annotations

from orchestration.outputs.figures.marks import top_of
from orchestration.outputs.published import NO_PLACE, Row
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.figures import PAGE, corridor_cells, key, sign, year_cell
from orchestration.outputs.report.parts import Block, Grid, Heading, Paragraph, Section
from orchestration.outputs.report.view import View, capital, others_of, section
from orchestration.outputs.texts import Slot, Spans, Value, listed

DIRECTIONS = ("within", "out_of", "into", "first_known_at_border")
MOST_CELLS, ACROSS, LEAST_GROUP = 36, 6, 3
LARGE_PART = 0.2  # of a direction, so that a few corridors are worth a title


def corridors(view: View) -> Section | None:
    listed = view.listed("corridors")
    directions = {row["direction"] for row in listed}
    direction = "within" if "within" in directions else listed[0]["direction"]
    rows = [row for row in listed if row["direction"] == direction]
    shown = rows[:MOST_CELLS]
    blocks: list[Block] = [Heading(view.say("key.title")), key(view), *_directions(view)]
    for heading, group in _groups(view, shown):
        cells = [[cell] for cell in corridor_cells(view, group, ACROSS)]
        blocks += [Heading(heading), Grid(ACROSS, cells)]
    if len(rows) > len(shown):
        blocks.append(Paragraph(view.say("corridors.rest", listed=_listed(view, rows)), tone="note"))
    blocks += others_of(view, "corridors")
    note = [view.say("years.partners", rows=_partners(view))] if len(view.years) > 1 else []
    blocks.append(Paragraph(findings.joined([*note, view.say("corridors.note")]), tone="note"))
    title, named = _title(view, rows)
    return section(view, "corridors", title, blocks, _deck(view, named))


def _title(view: View, rows: list[Row]) -> tuple[Spans, list[Row]]:
    """Return the few corridors that make a fifth of their direction or more, else those that lead."""
    whole = view.row("directions", direction=rows[0]["direction"])
    for count in range(1, rules.MOST_LEADING + 1):
        part = sum(row["movement_count"] for row in rows[:count])
        if whole and len(rows) > 2 * count and part >= LARGE_PART * whole["movement_count"]:
            fraction = view.published.cell(
                "directions", whole, "movement_count", rules.fraction(view.say, part, whole["movement_count"])
            )
            key = "corridors.carry.one" if count == 1 else "corridors.carry.more"
            slots: dict[str, Slot] = {"count": rules.in_words(view.say, count), "listed": _listed(view, rows)}
            said = view.say(key, **slots, fraction=fraction, direction=_direction(view, rows[0]))
            return capital(said), rows[:count]
    return findings.leading_corridors(view), []


def _listed(view: View, rows: list[Row]) -> Value:
    """Return how many corridors of this direction the year has."""
    unlisted = [f"{end}!={place}" for end in ("start_place_id", "end_place_id") for place in NO_PLACE]
    which = [f"period_id={view.now}", f"direction={rows[0]['direction']}", *unlisted]
    return view.published.of_rows("corridors", "&".join(which), f"{len(rows):,}")


def _direction(view: View, row: Row) -> str:
    name = view.say.text(f"direction.{row['direction']}")
    return name[:1].lower() + name[1:]


def _deck(view: View, rows: list[Row]) -> Spans:
    """Return corridors with their counts."""
    named = [
        view.say("map.corridor", corridor=findings.ends(view, row), count=view.count("corridors", row))
        for row in rows
    ]
    return (*capital(view.say.together(named)), ".") if named else ()


def _partners(view: View) -> Spans:
    """Return how many partners reported in each year."""
    parts = []
    for year in view.years:
        if row := next(iter(view.published.rows("coverage", year["period_id"])), None):
            name = view.published.period(year["period_id"])
            parts.append(
                view.say("years.of", period=name, count=view.published.cell("coverage", row, "partner_count"))
            )
    return view.say.together(parts)


def _directions(view: View) -> list[Block]:
    """Return all cases and each direction by year; in full, as all share one scale."""
    width = (PAGE - 9 * 4) / 5
    series = {code: view.series("directions", direction=code) for code in DIRECTIONS}
    series = {code: counts for code, counts in series.items() if any(one.number for one in counts)}
    cells: list[list[Block]] = []
    for code, counts in series.items():
        top = top_of([counts], 40)
        name = view.say.text(f"direction.{code}")
        cells.append([year_cell(view, name, "", counts, top, width, code, 34)])
    heading = view.say("directions.title", count=view.total, period=view.period)
    return [Heading(heading), Grid(5, cells), *_other_directions(view)] if cells else []


def _other_directions(view: View) -> list[Block]:
    """Return the directions without a chart in a line, so that all add up."""
    rows = [row for row in view.published.rows("directions", view.now) if row["direction"] not in DIRECTIONS]
    names = [view.say.text(f"direction.{row['direction']}") for row in rows]
    counts = [view.count("directions", row) for row in rows]
    named = [view.say("named", name=name, count=count) for name, count in zip(names, counts, strict=True)]
    return [Paragraph(view.say("others", rows=listed(named, "; ")), tone="note")] if named else []


def _groups(view: View, rows: list[Row]) -> list[tuple[Spans, list[Row]]]:
    """Return corridors by their two largest ends, then the others."""
    ends = [row["place_id"] for row in view.counties("ends")]
    found: list[tuple[Spans, list[Row]]] = []
    rest = rows
    for end in ends[:2]:
        group = [row for row in rest if row["end_place_id"] == end]
        if len(group) >= LEAST_GROUP:
            place = view.published.place(end)
            found.append((_group_title(view, view.say("corridors.to", place=place), group), group))
            rest = [row for row in rest if row not in group]
    if rest:
        found.append((_group_title(view, view.say("corridors.other"), rest), rest))
    return found


def _group_title(view: View, name: Spans, rows: list[Row]) -> Spans:
    """Return the group with its changes, else with the corridor that leads it."""
    place = view.published.place
    changed = [row for row in rows if sign(view, row).strip() in ("▲", "▼")]
    parts = [
        view.say(
            "corridors.rose" if "▲" in sign(view, row) else "corridors.fell",
            place=place(row["start_place_id"]),
        )
        for row in changed[:2]
    ]
    if rules.leads(
        rows[0]["movement_count"], rows[1]["movement_count"] if len(rows) > 1 else None, view.noise
    ):
        parts.insert(0, view.say("corridors.leads", place=place(rows[0]["start_place_id"])))
    return (*name, ": ", *view.say.together(parts[:3])) if parts else name
