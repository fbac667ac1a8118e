"""The brief: two pages that say what was found, on a map and in bars."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from orchestration.outputs.figures.abroad import reaches
from orchestration.outputs.published import COUNTIES, Row
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.drawn import dots, hubs, out_of, shown_abroad
from orchestration.outputs.report.parts import (
    Bar,
    Bars,
    Block,
    Box,
    Columns,
    Fact,
    Facts,
    Figure,
    Heading,
    Items,
    Paragraph,
    Section,
)
from orchestration.outputs.report.view import View, capital
from orchestration.outputs.words import Said, Sentence

WIDE, SIDE, THIRD, HALF = 120.0, 52.0, 55.3, 86.0  # millimetres
SHORT_PLOT, MOST_BARS, MOST_BORDER_POINTS = 15, 8, 6
FIELDS = ("origin", "transit", "nationality", "recruitment_method", "industry", "means_of_control")
UNKNOWN = ("transit", "recruitment_method", "nationality", "industry", "means_of_control")


def brief(view: View, figures: Mapping[str, str]) -> Section:
    """`figures`: the alternative text of each figure that was drawn, by name."""
    return Section(
        "brief",
        view.words.text("brief.contents"),
        findings.title(view),
        [_first(view, figures), _second(view, figures)],
        deck=findings.deck(view),
        side=side(view),
        is_page=True,
    )


def too_small(view: View) -> Section:
    """The only page of findings of an edition that shows no corridor."""
    words, total = view.words, view.total() if view.now else None
    said = words("small.text.public", least=view.published.policy("public_least_count"))
    if not view.is_public:
        said = words("small.text.members")
    blocks: list[Block] = [Paragraph(said)]
    if total is not None:
        before = view.total(period=view.before) if view.before else None
        blocks.insert(0, Paragraph(view.against("deck.total", "codes", total, before)))
    title = (
        words("small.title", period=view.period)
        if view.now
        else words(f"small.title_no_period.{view.published.name}")
    )
    return Section("brief", words.text("brief.contents"), title, [blocks], side=side(view), is_page=True)


def side(view: View) -> Sentence:
    """Above the title at the right: which period and edition."""
    name = view.words(f"edition.{view.published.name}")
    if not view.now:
        return name
    said = view.published.period(view.now)
    text = said.text.removeprefix("the ")
    period = Said(text[:1].upper() + text[1:], said.source, said.column)
    return view.words("brief.side", period=period, edition=name)


# --- the first page -------------------------------------------------------------------------------


def _first(view: View, figures: Mapping[str, str]) -> list[Block]:
    words = view.words
    abroad = shown_abroad(view)
    right: list[Block] = []
    if "abroad" in figures:
        right += [
            Heading(findings.abroad_title(view, abroad)),
            Figure("abroad", figures["abroad"], SIDE),
            *([Paragraph(far, tone="note")] if (far := _farther(view)) else []),
        ]
    right += [Figure("legend", figures["legend"], SIDE), Paragraph(_map_note(view), tone="note")]
    return [
        Facts(key_figures(view)),
        Heading(findings.leading_corridors(view)),
        Columns((WIDE, SIDE), ([Figure("corridors", figures["corridors"], WIDE)], right)),
        Columns(
            (THIRD, THIRD, THIRD),
            (
                [
                    Heading(_with_role(view, "from", findings.from_title(view))),
                    *place_bars(view, "origin", "from.abroad"),
                ],
                [
                    Heading(_with_role(view, "through", findings.through_title(view))),
                    *place_bars(view, "transit", "through.border"),
                ],
                [
                    Heading(_with_role(view, "to", findings.to_title(view))),
                    *place_bars(view, "destination", "to.abroad"),
                ],
            ),
        ),
        Paragraph(words(f"brief.note.{view.published.name}", period=view.period), tone="note"),
    ]


def _with_role(view: View, role: str, title: Sentence) -> Sentence:
    return (f"{view.words.text(f'{role}.prefix')}: ", *title)


def key_figures(view: View) -> list[Fact]:
    words, count = view.words, view.count
    facts = []
    if (total := view.total()) is not None:
        before = view.total(period=view.before) if view.before else None
        label = words("fact.total", period=view.period)
        if before is not None:
            label += words("fact.before", before=count("codes", before), earlier=view.period_before)
        facts.append(Fact((count("codes", total),), label))
    if (within := view.code("direction", "within")) is not None:
        others = [
            words(f"fact.{code}", count=count("codes", row))
            for code in ("out_of", "into")
            if (row := view.code("direction", code)) is not None
        ]
        label = words("fact.within")
        if others:
            label = (*label, "; ", *words.together(others))
        facts.append(Fact((count("codes", within),), label))
    if ends := view.places("destination"):
        first = ends[0]
        label = words("fact.to", place=first["place"])
        if first["share"]:
            label += words("fact.share", share=_percent(view, "places", first, "share"))
        if len(ends) > 1:
            label += words("fact.next", count=count("places", ends[1]), place=ends[1]["place"])
        facts.append(Fact((count("places", first),), label))
    if (children := view.total("children")) is not None:
        label = words("fact.children")
        if total is not None and total["movement_count"] and children["movement_count"]:
            text = rules.fraction(children["movement_count"], total["movement_count"])
            label += words(
                "fact.fraction", fraction=view.published.cell("codes", children, "movement_count", text)
            )
        facts.append(Fact((count("codes", children),), label))
    return facts


def place_bars(view: View, role: str, others: str) -> list[Block]:
    """Counties with most cases in a role, and a line on countries or border points."""
    rows = view.places(role)[:MOST_BARS]
    strong = {row["place_id"] for row in view.hotspots(role)}
    blocks: list[Block] = [Bars(bars(view, "places", rows, lambda row: row["place"], strong=strong))]
    beside = ("any", ("border_point",)) if role == "transit" else (role, ("country",))
    if found := view.places(*beside)[:2]:
        named = [view.words("named", name=row["place"], count=view.count("places", row)) for row in found]
        blocks.append(Paragraph(view.words(others, places=view.words.together(named)), tone="note"))
    return blocks


def bars(
    view: View,
    table: str,
    rows: Sequence[Row],
    name: Callable[[Row], str],
    before: Callable[[Row], Row | None] | None = None,
    strong: Collection[str] = (),
) -> list[Bar]:
    """A bar for each row; `name` and `before` give its label and the row of the period before."""
    most = max((row["movement_count"] or 0 for row in rows), default=1) or 1
    return [
        Bar(
            name(row),
            (view.count(table, row),),
            None if row["movement_count"] is None else row["movement_count"] / most,
            () if before is None else view.beside(table, before(row)),
            is_strong=row.get("place_id") in strong,
        )
        for row in rows
    ]


# --- the second page ------------------------------------------------------------------------------


def _second(view: View, figures: Mapping[str, str]) -> list[Block]:
    words = view.words
    blocks: list[Block] = []
    border = _border_points(view)
    if "changes" in figures:
        key = "changes.note" if len(dots(view)) == len(view.shifts()) else "changes.note_part"
        left: list[Block] = [
            Figure("changes", figures["changes"], WIDE),
            Paragraph(words(key, earlier=view.period_before, period=view.period), tone="note"),
        ]
        right: list[Block] = [*findings.beside_the_dots(view)]
        # Beside a short plot the sentences need the whole column.
        (left if len(dots(view)) < SHORT_PLOT else right).extend(border)
        blocks += [Heading(findings.changes_title(view)), Columns((WIDE, SIDE), (left, right))]
    else:
        blocks += border
    thirds = [part for part in (_children(view), _forms(view), _reporting(view)) if part]
    if thirds:
        blocks.append(Columns([THIRD] * len(thirds), thirds))
    swahili = view.in_language("sw")
    blocks.append(
        Columns(
            (HALF, HALF),
            (
                [Box(words.text("unknown.title"), [Items(_unknown(view), numbered=True)])],
                [Box(swahili.words.text("summary.title"), [Items(summary(swahili))], "sw")],
            ),
        )
    )
    return blocks


def _border_points(view: View) -> list[Block]:
    rows = view.places("any", ("border_point",))[:MOST_BORDER_POINTS]
    if not rows:
        return []

    def before(row: Row) -> Row | None:
        return view.place(row["place_id"], "any", period=view.before) if view.before else None

    note = view.words("border.note", period=view.period, earlier=view.period_before)
    return [
        Heading(findings.border_title(view, rows)),
        Bars(bars(view, "places", rows, lambda row: row["place"], before)),
        Paragraph(note, tone="note"),
    ]


def _children(view: View) -> list[Block]:
    words, rows = view.words, view.places("origin", population="children")[:6]
    if not rows:
        return []
    most = max(row["movement_count"] or 0 for row in rows) or 1
    found = []
    for row in rows:
        base = view.place(row["place_id"], "origin")
        beside: Sentence = words("bar.of", whole=view.count("places", base)) if base is not None else ()
        part = None if row["movement_count"] is None else row["movement_count"] / most
        found.append(Bar(row["place"], (view.count("places", row),), part, beside))
    note = words("children.note", period=view.period)
    sexes = [sex for code in ("female", "male") if (sex := view.code("sex", code)) is not None]
    if len(sexes) == 2:
        female, male = (view.count("codes", row) for row in sexes)
        note = (*note, " ", *words("children.sexes", female=female, male=male))
    return [Heading(findings.children_title(view)), Bars(found), Paragraph(note, tone="note")]


def _forms(view: View) -> list[Block]:
    rows = view.codes("exploitation_type")[:7]
    if not rows:
        return []

    def before(row: Row) -> Row | None:
        return view.code("exploitation_type", row["code"], view.before) if view.before else None

    return [
        Heading(findings.leading_code(view, "exploitation_type")),
        Bars(bars(view, "codes", rows, lambda row: row["label"], before)),
        Paragraph(view.words("forms.note", period=view.period, earlier=view.period_before), tone="note"),
    ]


def _reporting(view: View) -> list[Block]:
    words, row = view.words, view.one("coverage")
    known = [
        (field, found) for field in FIELDS if (found := view.one("completeness", field=field)) is not None
    ]
    if row is None:
        return []
    cell = view.published.cell
    partners = cell("coverage", row, "partner_count", rules.in_words(row["partner_count"]))
    counties = cell("coverage", row, "county_count", rules.in_words(row["county_count"]))
    key = "reporting.all" if row["county_count"] >= COUNTIES else "reporting.some"
    blocks: list[Block] = [Heading(capital(words(key, partners=partners, counties=counties)))]
    alone = row["one_partner_share"]
    if alone:
        text = rules.fraction(alone, 1)
        share = cell("coverage", row, "one_partner_share", text)
        blocks.append(Paragraph(words("reporting.alone", share=share)))
    if known:
        blocks.append(
            Bars(
                [
                    Bar(
                        capital((words.text(f"field.{field}"),))[0],  # type: ignore[arg-type]
                        (_percent(view, "completeness", found, "known_share"), " %"),
                        found["known_share"] or 0,
                    )
                    for field, found in known
                ],
                "grey",
            )
        )
        blocks.append(
            Paragraph(words(f"reporting.note.{view.published.name}", period=view.period), tone="note")
        )
    return blocks


def _unknown(view: View) -> list[Sentence]:
    """Three things that the tables cannot say; the second and third by which fields are least known."""
    words, found = view.words, [view.words("unknown.how_many")]
    for field in UNKNOWN:
        row = view.one("completeness", field=field)
        if (
            row is None
            or row["known_share"] is None
            or row["known_share"] >= rules.LEAST_KNOWN
            or len(found) == 3
        ):
            continue
        text = rules.fraction(1 - row["known_share"], 1)
        share = view.published.cell("completeness", row, "known_share", text)
        found.append(words(f"unknown.{field}", share=share))
    return found


def summary(view: View) -> list[Sentence]:
    """The findings in three sentences, as the Swahili box has them."""
    words, count, said = view.words, view.count, []
    total, children = view.total(), view.total("children")
    if total is not None and children is not None:
        counts = {"count": count("codes", total), "children": count("codes", children)}
        said.append(words("summary.total", period=view.period, **counts))
    within, ends = view.code("direction", "within"), view.places("destination")
    if total and within and ends and (within["movement_count"] or 0) > (total["movement_count"] or 0) / 2:
        slots = {"within": count("codes", within), "count": count("places", ends[0])}
        said.append(words("summary.within", place=ends[0]["place"], **slots))
    for rise, fall in rules.pairs(view.shifts())[:1]:
        both = {
            "rise": findings.now(view, rise),
            "fall": findings.now(view, fall),
            "before": findings.before(view, fall),
        }
        named = {"riser": view.published.corridor(rise), "faller": view.published.corridor(fall)}
        key = "summary.gone" if findings.is_gone(view, fall) else "summary.fell"
        said.append(words(key, **named, **both))
    return said


def _farther(view: View) -> Sentence:
    rows = [row for row in out_of(view) if not reaches(row["destination_place_id"])][:3]
    named = [
        view.words(
            "named",
            name=view.published.place(row["destination_place_id"]),
            count=view.count("corridors", row),
        )
        for row in rows
    ]
    return view.words("abroad.farther", places=view.words.together(named)) if rows else ()


def _map_note(view: View) -> Sentence:
    hub = next(iter(hubs(view).values()), "")
    return view.words("map.note", hub=hub)


def _percent(view: View, table: str, row: Row, column: str) -> Said:
    return view.published.cell(table, row, column, f"{100 * row[column]:.0f}")
