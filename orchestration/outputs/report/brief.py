"""The brief: two pages with the main findings, on a map and in bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from orchestration.outputs.figures.marks import Count
from orchestration.outputs.published import FEWER, UNKNOWN, Row
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.alerts import alerts
from orchestration.outputs.report.figures import (
    MM,
    SIDE,
    TABLES,
    THIRD,
    WIDE,
    BarRow,
    abroad_map,
    bar_rows,
    corridor_map,
    county_bars,
    farther,
    hubs,
    legend,
    shown_abroad,
    tick,
)
from orchestration.outputs.report.parts import (
    Block,
    Box,
    Columns,
    Fact,
    Facts,
    Heading,
    Items,
    Paragraph,
    Section,
)
from orchestration.outputs.report.view import View, capital
from orchestration.outputs.texts import Spans, Value, listed, plain

HALF = 86.0  # millimetres
MOST_BARS, MOST_BORDER_POINTS = 8, 8
OFTEN_UNKNOWN = ("transit", "recruitment_method", "nationality", "industry", "means_of_control")


def brief(view: View) -> Section:
    return Section(
        "brief",
        view.say.text("brief.contents"),
        findings.title(view),
        [_first(view), _second(view)],
        deck=findings.deck(view),
        side=edition_and_period(view),
    )


def too_small(view: View) -> Section:
    """Return the page of an edition that shows no corridor."""
    say = view.say
    reason = say("small.text.public", least=view.least) if view.is_public else say("small.text.members")
    blocks: list[Block] = [Paragraph(reason)]
    if view.now:
        blocks.insert(0, Paragraph(view.say("deck.total", count=view.total, period=view.period)))
    blocks += alerts(view)
    title = (
        say("small.title", period=view.period)
        if view.now
        else say(f"small.title_no_period.{view.published.name}")
    )
    return Section("brief", say.text("brief.contents"), title, [blocks], side=edition_and_period(view))


def edition_and_period(view: View) -> Spans:
    """Return the text above a title, at the right."""
    name = view.say(f"edition.{view.published.name}")
    return view.say("brief.side", period=view.period, edition=name) if view.now else name


# --- the first page -------------------------------------------------------------------------------


def _first(view: View) -> list[Block]:
    say = view.say
    abroad, beyond = shown_abroad(view), _named(view, "ends", farther(view)[:3])
    map_note = say("map.note", hub=next(iter(hubs(view).values()), ""))
    right: list[Block] = []
    if drawn := abroad_map(view):
        right += [
            Heading(findings.abroad_title(view, abroad)),
            *drawn,
            *([Paragraph(say("abroad.farther", places=beyond), tone="note")] if beyond else []),
        ]
    right += [legend(view), Paragraph(map_note, tone="note")]
    titles = (findings.from_title, findings.through_title, lambda of: of.say("to.title"))
    places = [
        [Heading((f"{say.text(f'{table}.prefix')}: ", *title(view))), *place_bars(view, table)]
        for table, title in zip(TABLES, titles, strict=True)
    ]
    return [
        *alerts(view),
        Facts(key_figures(view)),
        *_data(view),
        Heading(findings.leading_corridors(view)),
        Columns((WIDE, SIDE), (corridor_map(view), right)),
        Columns((THIRD, THIRD, THIRD), places),
        *view.mark_note([row for table in TABLES for row in view.counties(table)[:MOST_BARS]]),
        Paragraph(
            say(f"brief.note.{view.published.name}", period=view.period, least=view.least), tone="note"
        ),
    ]


def key_figures(view: View) -> list[Fact]:
    say, count, facts = view.say, view.count, []
    label = say("fact.total", period=view.period)
    if both := year_before(view, view.now):
        label += say("fact.like", both=both)
    facts.append(Fact((view.total,), label))
    directions = {row["direction"]: row for row in view.published.rows("directions", view.now)}
    if within := directions.get("within"):
        others = [
            say(f"fact.{code}", count=count("directions", directions[code]))
            for code in ("first_known_at_border", "out_of", "into")
            if code in directions
        ]
        facts.append(Fact((count("directions", within),), listed([say("fact.within"), *others], "; ")))
    if ends := view.listed("ends"):
        facts.append(Fact((count("ends", ends[0]),), findings.end_of(view, ends[0])))
    if children := view.row("traits", trait="age_group", code="child"):
        text = rules.fraction(say, children["trait_count"], view.all_cases)
        part = view.published.cell("traits", children, "trait_count", text)
        label = say("fact.children", fraction=part, total=view.total)
        facts.append(Fact((count("traits", children),), label))
    return facts


def year_before(view: View, year: str) -> Spans:
    """Return all cases of a year and of the year before, of the same partners and months.

    Empty where an earlier direction has no row in this year: the sum of the rows would lack its cases.
    """
    published, before = view.published, view.published.year_before(year)
    rows = published.rows("directions", year)
    directions = [
        {row["direction"] for row in published.rows("directions", of)} for of in (before, year) if of
    ]
    if not before or not directions[0] or not directions[0] <= directions[1] or rows[0]["comparison"] is None:
        return ()
    now, earlier = (
        published.total("directions", year, name) for name in ("like_count", "like_earlier_count")
    )
    return view.say("like.both", now=now, before=earlier)


def _data(view: View) -> list[Block]:
    """Return the state of the data in one line, for members."""
    manifest = view.published.manifest
    if view.is_public or not {"extracts", "rows"} <= set(manifest):
        return []
    fates = Counter(extract["fate"] for extract in manifest["extracts"])
    facts = [("extracts", name, fates[name]) for name in ("in_force", "held")]
    facts += [("rows", name, manifest["rows"][name]) for name in ("landed", "quarantined")]
    numbers = {name: Value(f"{count:,}", f"release|{fact}", fact) for fact, name, count in facts}
    return [Paragraph(view.say("reporting.data", **numbers), tone="note")]


def place_bars(view: View, table: str) -> list[Block]:
    """Return counties with most cases, then countries or border points, and what is no place."""
    rows = view.counties(table)[:MOST_BARS]
    blocks: list[Block] = [*county_bars(view, table, MOST_BARS)]
    if table == "passings" and rows and view.earlier(table, rows[0]):
        blocks.append(Paragraph(_compared(view, table, rows[0]), tone="note"))
    abroad = "border_points" if table == "passings" else table
    found = view.listed(abroad)[:2] if table == "passings" else view.countries(table)[:2]
    if found:
        places = _named(view, abroad, found)
        blocks.append(Paragraph(view.say(f"{table}.abroad", places=places), tone="note"))
    if others := view.others(table):
        named = [view.say("named", name=row["place"], count=view.count(table, row)) for row in others]
        blocks.append(Paragraph((*listed(named, "; "), "."), tone="note"))
    return blocks


def _compared(view: View, table: str, row: Row) -> Spans:
    """Return the first row of a list with the year before and the like-for-like counts."""
    said = view.say("compared", place=row["place"], count=view.count(table, row), period=view.period)
    return (*said, *view.against(table, row))


def _named(view: View, table: str, rows: Sequence[Row]) -> Spans:
    """Return names with their counts: Uganda 54 and Ethiopia 40."""
    return view.say.together(
        view.say("named", name=row["place"], count=view.count(table, row)) for row in rows
    )


# --- the second page ------------------------------------------------------------------------------


def _second(view: View) -> list[Block]:
    say = view.say
    unknown = Box(say.text("unknown.title"), [Items(_unknown(view), numbered=True)], say.language)
    left = [*_border_points(view), *_children(view), *_forms(view)]
    halves = [part for part in (left, [*_reporting(view), unknown]) if part]
    blocks: list[Block] = [Columns([HALF] * len(halves), halves)]
    if say.language == "en":
        swahili = view.in_language("sw")
        blocks.append(Box(swahili.say.text("summary.title"), [Items(summary(swahili))], "sw"))
    return blocks


def _border_points(view: View) -> list[Block]:
    rows = view.listed("border_points")[:MOST_BORDER_POINTS]
    bars = [
        BarRow(row["place"], view.drawn("border_points", row), tick(view, "border_points", row))
        for row in rows
    ]
    return _noted(view, findings.border_title(view, rows), bars, view.say("border.note", period=view.period))


def _noted(view: View, title: Spans, bars: Sequence[BarRow], note: Spans) -> list[Block]:
    if not bars:
        return []
    return [
        Heading(title),
        bar_rows(view, plain(title), bars, HALF * MM, 132.0),
        Paragraph(note, tone="note"),
    ]


def _children(view: View) -> list[Block]:
    say = view.say
    rows = sorted(view.counties("starts"), key=lambda row: -(row["child_count"] or 0))[:6]
    bars = [
        BarRow(
            row["place"], view.drawn("starts", row, "child_count"),
            note=plain(say("bar.of", whole=view.count("starts", row))),
        )
        for row in rows
        if row["child_count"]
    ]  # fmt: skip
    note = say("children.note", period=view.period)
    sexes = [row for code in ("female", "male") if (row := view.row("traits", trait="sex", code=code))]
    if len(sexes) == 2:
        female, male = (view.count("traits", row) for row in sexes)
        note = (*note, " ", *say("children.sexes", female=female, male=male, total=view.total))
    return _noted(view, findings.children_title(view), bars, note)


def _forms(view: View) -> list[Block]:
    bars = [BarRow(row["label"], view.drawn("traits", row)) for row in view.traits("exploitation_type")[:7]]
    note = view.say("forms.note", period=view.period)
    return _noted(view, findings.leading_trait(view, "exploitation_type"), bars, note)


def _reporting(view: View) -> list[Block]:
    say, row, cell = view.say, view.row("coverage"), view.published.cell
    known = [one for one in view.published.rows("completeness", view.now) if one["known_share"] is not None]
    if row is None:
        return []
    touched = {place["place_id"] for table in TABLES for place in view.counties(table)}
    is_least = any(place["place_id"] == FEWER for table in TABLES for place in view.others(table))
    heading = say(
        "reporting.least" if is_least else "reporting.all",
        counties=cell("coverage", row, "county_count"),
        touched=view.published.of_rows("starts", f"period_id={view.now}", str(len(touched)), "place_id"),
    )
    partners = cell("coverage", row, "partner_count", rules.in_words(say, row["partner_count"]))
    said = capital(say("reporting.partners", partners=partners))
    if row["one_partner_share"]:
        share = cell("coverage", row, "one_partner_share", rules.fraction(say, row["one_partner_share"], 1))
        said = (*said, " ", *say("reporting.alone", share=share))
    bars = []
    for one in sorted(known, key=lambda one: (-one["known_share"], one["field"])):
        share = view.percent("completeness", one, "known_share")
        shown = Value(f"{share.text} %", share.source, share.column)
        name = say.text(f"field.{one['field']}").capitalize()
        bars.append(BarRow(name, Count(shown, one["known_share"]), tone=""))
    note = say(f"reporting.note.{view.published.name}", period=view.period)
    blocks = _noted(view, heading, bars, note) or [Heading(heading)]
    return [blocks[0], Paragraph(said), *blocks[1:]]


def _unknown(view: View) -> list[Spans]:
    """Return limits of the data: what is not counted, starts that are not known, fields often unknown."""
    say, limits = view.say, [view.say("unknown.how_many")]
    for row in view.others("starts"):
        if row["place_id"] == UNKNOWN:
            limits.append(say("unknown.start", count=view.count("starts", row), total=view.total))
    for field in OFTEN_UNKNOWN:
        known = view.row("completeness", field=field)
        if known is None or known["known_share"] is None or known["known_share"] >= rules.LEAST_KNOWN:
            continue
        text = rules.fraction(say, 1 - known["known_share"], 1)
        share = view.published.cell("completeness", known, "known_share", text)
        limits.append(say(f"unknown.{field}", share=share))
    return limits[:3]


def summary(view: View) -> list[Spans]:
    """Return the findings in three sentences, for the Swahili box."""
    say, count = view.say, view.count
    sentences: list[Spans] = []
    if children := view.row("traits", trait="age_group", code="child"):
        counts = {"count": view.total, "children": count("traits", children)}
        sentences.append(say("summary.total", period=view.period, **counts))
    within, ends = view.row("directions", direction="within"), view.listed("ends")
    if within and ends and within["movement_count"] > view.all_cases / 2:
        slots = {"within": count("directions", within), "count": count("ends", ends[0])}
        sentences.append(say("summary.within", place=ends[0]["place"], **slots))
    if rules.pairs(view.shifts()):
        sentences.append(findings.joined([findings.stop(findings.title(view)), findings.deck(view)]))
    return sentences
