"""A page for each county with a shown count: what starts, passes and ends there."""

from __future__ import annotations

from collections.abc import Mapping

from orchestration.outputs.figures.corridors import Line
from orchestration.outputs.published import Row, by_count, county_ids, ends_known
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.brief import bars, side
from orchestration.outputs.report.chapters import least
from orchestration.outputs.report.drawn import LEAST_DRAWN
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
from orchestration.outputs.words import Sentence, Slot

MAP, SMALL_MAP, BESIDE, THIRD = 92.0, 62.0, 80.0, 55.3
MOST_LINES, MOST_ROWS, QUARTERS = 14, 7, 8
ROLES = ("origin", "transit", "destination")


def counties(view: View, figures: Mapping[str, str]) -> list[Section]:
    """A list of counties with a count, then a page for each by name; in public two on a sheet of paper."""
    shown = county_pages(view)
    if not shown:
        return []
    links = Links([[_name(place), view.published.place(place)] for place in shown])
    words = view.words
    first = Section(
        "counties", words.text("contents.counties"), words("counties.title", period=view.period), [[links]]
    )
    return [first, *(_page(view, place, figures) for place in shown)]


def county_pages(view: View) -> list[str]:
    """Counties with a count in some role, by name."""
    found = [
        place
        for place in county_ids()
        if any(
            row is not None and row["movement_count"] for row in (view.place(place, role) for role in ROLES)
        )
    ]
    return sorted(found, key=view.published.place)


def county_lines(view: View, place: str) -> list[Line]:
    """Corridors that start or end in a county, the strongest first."""
    rows = [*_corridors(view, "origin", place), *_corridors(view, "destination", place)]
    least_drawn = LEAST_DRAWN if view.is_public else 5
    lines = []
    for row in by_count([row for row in rows if (row["movement_count"] or 0) >= least_drawn])[:MOST_LINES]:
        key, other = ("map.to", "destination") if row["origin_place_id"] == place else ("map.from", "origin")
        named = view.words.text(key).format(place=view.published.place(row[f"{other}_place_id"]))
        lines.append(
            Line(
                row["origin_place_id"], row["destination_place_id"], row["direction"], row["movement_count"],
                f"{named}  {view.count('corridors', row).text}", label_at=row[f"{other}_place_id"],
            )
        )  # fmt: skip
    return lines


def county_alt(view: View, place: str) -> str:
    named = "; ".join(line.label for line in county_lines(view, place)[:5])
    return view.words.text("alt.county").format(place=view.published.place(place), corridors=named)


def figure_name(place: str) -> str:
    return f"county-{place.lower()}"


def _name(place: str) -> str:
    return f"county-{place}"


def _page(view: View, place: str, figures: Mapping[str, str]) -> Section:
    words = view.words
    started, passed, ended = (view.place(place, role) for role in ROLES)
    right = [*_ends(view, place, "origin"), *_ends(view, place, "destination")]
    blocks: list[Block] = [Facts(_facts(view, place, started, passed, ended))]
    if (figure := figure_name(place)) in figures:
        width = MAP if not view.is_public else SMALL_MAP
        note = Paragraph(words("county.map_note", period=view.period), tone="note")
        blocks.append(Columns((width, 172 - width), ([Figure(figure, figures[figure], width), note], right)))
    elif right:
        blocks.append(Columns((MAP, BESIDE), (right[:3], right[3:])))
    thirds = [part for make in (_ways, _through, _forms, _quarters, _sexes) if (part := make(view, place))]
    for at in range(0, len(thirds), 3):
        row = thirds[at : at + 3]
        blocks.append(Columns([THIRD] * 3, [*row, *[[] for _ in range(3 - len(row))]]))
    key = f"county.note.{view.published.name}"
    blocks.append(
        Paragraph(words(key, period=view.period, earlier=view.period_before, least=least(view)), tone="note")
    )
    name = view.published.place(place)
    return Section(
        _name(place),
        name,
        _title(view, place, started, passed, ended),
        [blocks],
        deck=_deck(view, place, started),
        side=() if view.is_public else (f"{name} · ", *side(view)),
        is_page=not view.is_public,
        is_whole=view.is_public,
        level=2,
    )


def _title(view: View, place: str, started: Row | None, passed: Row | None, ended: Row | None) -> Sentence:
    """Where the county leads, else where most of its cases go, else its largest count."""
    words, name = view.words, view.published.place(place)
    main = _main_end(view, place, started)
    for role, key in (("origin", "most_start"), ("destination", "most_end"), ("transit", "most_pass")):
        rows = view.places(role)
        second = rows[1]["movement_count"] if len(rows) > 1 else None
        if (
            rows
            and rows[0]["place_id"] == place
            and rules.leads(rows[0]["movement_count"], second, view.noise)
        ):
            said = words(f"county.{key}", place=name)
            return (*said, *words("county.and_most", end=main)) if main and role == "origin" else said
    if any(row["place_id"] == place for row in view.hotspots("origin")):
        said = words("county.stands_out", place=name)
        return (*said, *words("county.and_most_of_cases", end=main)) if main else said
    if main:
        return words("county.most_go", place=name, end=main)
    given = {"starts": started, "passes": passed, "ends": ended}
    key, row = max(
        ((key, row) for key, row in given.items() if row is not None),
        key=lambda one: one[1]["movement_count"] or 0,
    )
    return words(f"county.{key}", place=name, count=view.count("places", row))


def _main_end(view: View, place: str, started: Row | None) -> str:
    """Where more than half of the county's cases end, by more than the noise explains."""
    rows = _corridors(view, "origin", place)
    if started is None or not rows or not started["movement_count"] or not rows[0]["movement_count"]:
        return ""
    first, rest = rows[0]["movement_count"], started["movement_count"] - rows[0]["movement_count"]
    return (
        view.published.place(rows[0]["destination_place_id"]) if rules.leads(first, rest, view.noise) else ""
    )


def _deck(view: View, place: str, started: Row | None) -> Sentence:
    words, name, said = view.words, view.published.place(place), []
    if started is not None and started["movement_count"]:
        before = view.place(place, "origin", period=view.before) if view.before else None
        counts: dict[str, Slot] = {
            "place": name,
            "count": view.count("places", started),
            "period": view.period,
        }
        if before is not None:
            counts |= {"before": view.count("places", before), "earlier": view.period_before}
        said.append(words("county.deck.both" if before is not None else "county.deck.now", **counts))
    for row in view.hotspots("origin"):
        if row["place_id"] == place and (row["at_least_times"] or 0) >= 2:
            said.append(words("county.deck.times", times=findings.at_least(view, row)))
    shifts = [row for row in view.shifts() if place in (row["origin_place_id"], row["destination_place_id"])]
    said += [findings.change(view, row) for row in shifts if rules.is_change(row)][:2]
    held = [row for row in shifts if row["status"] == "stable" and row["origin_place_id"] == place]
    said += [words("county.deck.held", corridor=view.published.corridor(row)) for row in held[:1]]
    return findings.joined(said)


def _facts(view: View, place: str, started: Row | None, passed: Row | None, ended: Row | None) -> list[Fact]:
    """The four figures; `none` for members alone, whose tables list every count."""
    words, name, found = view.words, view.published.place(place), []
    for role, row in (("origin", started), ("transit", passed), ("destination", ended)):
        label = words(f"county.fact.{role}", place=name)
        if row is not None:
            before = view.place(place, role, period=view.before) if view.before else None
            if before is not None:
                counted = view.count("places", before)
                label = (*label, *words("fact.before", before=counted, earlier=view.period_before))
            found.append(Fact((view.count("places", row),), label))
        elif not view.is_public:
            found.append(Fact(words("county.none"), label))
    if (row := view.place(place, "origin", "children")) is not None:
        label = words("county.fact.children")
        if started and (started["movement_count"] or 0) >= rules.LEAST_BASE and row["movement_count"]:
            text = rules.fraction(
                min(row["movement_count"], started["movement_count"]), started["movement_count"]
            )
            share = view.published.cell("places", row, "movement_count", text)
            label = (*label, *words("county.fact.children_share", fraction=share))
        found.append(Fact((view.count("places", row),), label))
    return found


def _ends(view: View, place: str, end: str) -> list[Block]:
    """Where its cases go, or come from."""
    rows = _corridors(view, end, place)[:MOST_ROWS]
    if not rows:
        return []
    other = "destination" if end == "origin" else "origin"

    def before(row: Row) -> Row | None:
        return view.corridor(row["corridor_id"])

    made = bars(view, "corridors", rows, lambda row: view.published.place(row[f"{other}_place_id"]), before)
    key = "county.to" if end == "origin" else "county.from"
    return [Heading(view.words(key, place=view.published.place(place))), Bars(made)]


def _through(view: View, place: str) -> list[Block]:
    """Pairs of ends whose cases passed the county."""
    rows = [row for row in view.corridors("odv") if row["via_place_id"] == place][:MOST_ROWS]
    return _corridor_bars(view, rows, "origin", "county.through", place, "into")


def _ways(view: View, place: str) -> list[Block]:
    """Places on the way of cases that start in the county."""
    rows = [row for row in view.corridors("odv") if row["origin_place_id"] == place][:MOST_ROWS]
    return _corridor_bars(view, rows, "via", "county.ways", place, "within")


def _corridor_bars(view: View, rows: list[Row], start: str, key: str, place: str, tone: str) -> list[Block]:
    """Corridors by place on the way, named from their `start` to where they end."""
    if not rows:
        return []

    def name(row: Row) -> str:
        ends = (row[f"{start}_place_id"], row["destination_place_id"])
        return " → ".join(view.published.place(end) for end in ends)

    made = bars(view, "corridors", rows, name, lambda row: view.corridor(row["corridor_id"], "odv"))
    return [Heading(view.words(key, place=view.published.place(place))), Bars(made, tone)]


def _forms(view: View, place: str) -> list[Block]:
    rows = _codes(view, place, "exploitation_type")[:6]
    if not rows:
        return []
    made = bars(view, "codes", rows, lambda row: row["label"])
    return [Heading(view.words("county.forms", place=view.published.place(place))), Bars(made)]


def _sexes(view: View, place: str) -> list[Block]:
    rows = _codes(view, place, "sex")
    if not rows:
        return []
    made = bars(view, "codes", rows, lambda row: row["label"])
    return [Heading(view.words("codes.sex")), Bars(made)]


def _codes(view: View, place: str, domain: str) -> list[Row]:
    """A breakdown of cases from the county, which members have."""
    rows = view.published.rows(
        "codes", view.now, record_grain=GRAIN, population="all", domain=domain, subject="place",
        role="origin", place_id=place,
    )  # fmt: skip
    return by_count([row for row in rows if row["code"] != "unknown"])


def _quarters(view: View, place: str) -> list[Block]:
    """Cases from the county by quarter, which members have."""
    if view.is_public:
        return []
    periods = view.published.periods("quarter")[:QUARTERS][::-1]
    rows = [
        (period, row) for period in periods if (row := view.place(place, "origin", period=period)) is not None
    ]
    if len(rows) < 2:
        return []
    most = max(row["movement_count"] or 0 for _, row in rows) or 1
    made = [
        Bar(
            view.published.period(period).text, (view.count("places", row),),
            None if row["movement_count"] is None else row["movement_count"] / most,
        )
        for period, row in rows
    ]  # fmt: skip
    return [Heading(view.words("county.quarters", place=view.published.place(place))), Bars(made, "grey")]


def _corridors(view: View, end: str, place: str) -> list[Row]:
    rows = view.corridors()
    return [row for row in rows if row[f"{end}_place_id"] == place and ends_known(row)]
