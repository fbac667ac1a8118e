"""The brief: two pages with the main findings, on a map and in bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from orchestration.outputs.figures.maps import reaches
from orchestration.outputs.published import Row
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.alerts import alerts
from orchestration.outputs.report.figures import dots, hubs, out_of, shown_abroad
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
from orchestration.outputs.texts import Spans, Value

WIDE, SIDE, THIRD, HALF = 120.0, 52.0, 55.3, 86.0  # millimetres
LINES_BESIDE, MOST_BARS, MOST_BORDER_POINTS = 5, 8, 6
FIELDS = ("origin", "transit", "nationality", "recruitment_method", "industry", "means_of_control")
UNKNOWN = ("transit", "recruitment_method", "nationality", "industry", "means_of_control")


def brief(view: View, figures: Mapping[str, str]) -> Section:
    """Return the brief. `figures`: alternative text of each figure by name."""
    return Section(
        "brief",
        view.say.text("brief.contents"),
        findings.title(view),
        [_first(view, figures), _second(view, figures)],
        deck=findings.deck(view),
        side=edition_and_period(view),
        is_page=True,
    )


def too_small(view: View) -> Section:
    """Return the page of an edition that shows no corridor."""
    say, total = view.say, view.total() if view.now else None
    reason = say("small.text.public", least=view.least) if view.is_public else say("small.text.members")
    blocks: list[Block] = [Paragraph(reason)]
    if total is not None:
        blocks.insert(0, Paragraph(view.against("deck.total", "codes", total, view.total_before())))
    blocks += alerts(view, {})
    title = (
        say("small.title", period=view.period)
        if view.now
        else say(f"small.title_no_period.{view.published.name}")
    )
    return Section(
        "brief", say.text("brief.contents"), title, [blocks], side=edition_and_period(view), is_page=True
    )


def edition_and_period(view: View) -> Spans:
    """Return the text above a title, at the right."""
    name = view.say(f"edition.{view.published.name}")
    if not view.now:
        return name
    value = view.period
    text = value.text.removeprefix("the ")
    period = Value(text[:1].upper() + text[1:], value.source, value.column)
    return view.say("brief.side", period=period, edition=name)


# --- the first page -------------------------------------------------------------------------------


def _first(view: View, figures: Mapping[str, str]) -> list[Block]:
    say = view.say
    abroad = shown_abroad(view)
    map_note = say("map.note", hub=next(iter(hubs(view).values()), ""))
    right: list[Block] = []
    if "abroad" in figures:
        right += [
            Heading(findings.abroad_title(view, abroad)),
            Figure("abroad", figures["abroad"], SIDE),
            *([Paragraph(farther, tone="note")] if (farther := _farther(view)) else []),
        ]
    right += [Figure("legend", figures["legend"], SIDE), Paragraph(map_note, tone="note")]
    right += view.mark_note(view.corridors())
    roles = [
        [Heading((f"{say.text(f'{name}.prefix')}: ", *title(view))), *place_bars(view, role, others)]
        for name, title, role, others in (
            ("from", findings.from_title, "origin", "from.abroad"),
            ("through", findings.through_title, "transit", "through.border"),
            ("to", findings.to_title, "destination", "to.abroad"),
        )
    ]
    return [
        *alerts(view, figures),
        Facts(key_figures(view)),
        *_partners_moved(view),
        *_data(view),
        Heading(findings.leading_corridors(view)),
        Columns((WIDE, SIDE), ([Figure("corridors", figures["corridors"], WIDE)], right)),
        Columns((THIRD, THIRD, THIRD), roles),
        Paragraph(say(f"brief.note.{view.published.name}", period=view.period), tone="note"),
    ]


def key_figures(view: View) -> list[Fact]:
    say, count = view.say, view.count
    facts = []
    if (total := view.total()) is not None:
        before = view.total_before()
        label = say("fact.total", period=view.period)
        if before is not None:
            label += say("fact.before", before=count("codes", before), earlier=view.period_before)
        facts.append(Fact((count("codes", total),), label))
    if (within := view.code("direction", "within")) is not None:
        others = [
            say(f"fact.{code}", count=count("codes", row))
            for code in ("out_of", "into")
            if (row := view.code("direction", code)) is not None
        ]
        label = say("fact.within")
        if others:
            label = (*label, "; ", *say.together(others))
        facts.append(Fact((count("codes", within),), label))
    if destinations := view.places("destination"):
        first = destinations[0]
        label = say("fact.to", place=first["place"])
        if first["share"]:
            label += say("fact.share", share=view.percent("places", first, "share"))
        if len(destinations) > 1:
            second = destinations[1]
            label += say("fact.next", count=count("places", second), place=second["place"])
        facts.append(Fact((count("places", first),), label))
    if (children := view.total("children")) is not None:
        label = say("fact.children")
        if total is not None and total["movement_count"] and children["movement_count"]:
            text = rules.fraction(children["movement_count"], total["movement_count"])
            label += say(
                "fact.fraction", fraction=view.published.cell("codes", children, "movement_count", text)
            )
        facts.append(Fact((count("codes", children),), label))
    return facts


def _partners_moved(view: View) -> list[Block]:
    """Return how many partners came and left between the periods: totals move with them."""
    row = view.one("coverage")
    if row is None or view.total_before() is None:
        return []
    if view.is_public:
        return [Paragraph(view.say("reporting.moved.public"), tone="note")]
    moved = {name: row.get(f"partners_{name}") for name in ("started", "stopped")}
    if not any(moved.values()):
        return []
    words = {
        name: view.published.cell("coverage", row, f"partners_{name}", rules.in_words(count or 0))
        for name, count in moved.items()
    }
    return [Paragraph(view.say("reporting.moved.members", **words), tone="note")]


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


def place_bars(view: View, role: str, others: str) -> list[Block]:
    """Return counties with most cases in a role, and a line on countries or border points."""
    rows = view.places(role)[:MOST_BARS]
    strong = {row["place_id"] for row in view.hotspots(role)}
    blocks: list[Block] = [Bars(bars(view, "places", rows, _place, strong=strong))]
    beside = ("any", ("border_point",)) if role == "transit" else (role, ("country",))
    if found := view.places(*beside)[:2]:
        named = [view.say("named", name=row["place"], count=view.count("places", row)) for row in found]
        blocks.append(Paragraph(view.say(others, places=view.say.together(named)), tone="note"))
    return blocks


def bars(
    view: View,
    table: str,
    rows: Sequence[Row],
    name: Callable[[Row], str],
    beside: Callable[[Row], Spans] | None = None,
    strong: Collection[str] = (),
) -> list[Bar]:
    """Return a bar per row. `name` and `beside`: its label and the grey text after its count."""
    most = max((row["movement_count"] or 0 for row in rows), default=1) or 1
    return [
        Bar(
            name(row),
            (view.count(table, row),),
            None if row["movement_count"] is None else row["movement_count"] / most,
            () if beside is None else beside(row),
            is_strong=row.get("place_id") in strong,
        )
        for row in rows
    ]


# --- the second page ------------------------------------------------------------------------------


def _second(view: View, figures: Mapping[str, str]) -> list[Block]:
    say = view.say
    blocks: list[Block] = []
    border = _border_points(view)
    if "changes" in figures:
        key = "changes.note" if len(dots(view)) == len(view.shifts()) else "changes.note_part"
        left: list[Block] = [
            Figure("changes", figures["changes"], WIDE),
            Paragraph(
                findings.joined(
                    [say(key, earlier=view.period_before, period=view.period), findings.unjudged(view)]
                ),
                tone="note",
            ),
            *view.mark_note(view.shifts()),
        ]
        right: list[Block] = [*findings.beside_the_dots(view)]
        # A sentence is about as high as five corridors of the plot: the border points go to the shorter side.
        (left if len(dots(view)) < LINES_BESIDE * len(right) else right).extend(border)
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
                [Box(say.text("unknown.title"), [Items(_unknown(view), numbered=True)])],
                [Box(swahili.say.text("summary.title"), [Items(summary(swahili))], "sw")],
            ),
        )
    )
    return blocks


def _border_points(view: View) -> list[Block]:
    rows = view.places("any", ("border_point",))[:MOST_BORDER_POINTS]
    if not rows:
        return []

    def before(row: Row) -> Spans:
        return view.beside("places", view.place_before(row["place_id"], "any"))

    note = view.say("border.note", period=view.period, earlier=view.period_before)
    return _noted(findings.border_title(view, rows), bars(view, "places", rows, _place, before), note)


def _noted(title: Spans, made: Sequence[Bar], note: Spans) -> list[Block]:
    return [Heading(title), Bars(made), Paragraph(note, tone="note")]


def _children(view: View) -> list[Block]:
    say, rows = view.say, view.places("origin", population="children")[:6]
    if not rows:
        return []

    def base(row: Row) -> Spans:
        whole = view.place(row["place_id"], "origin")
        return say("bar.of", whole=view.count("places", whole)) if whole is not None else ()

    note = say("children.note", period=view.period)
    sexes = [sex for code in ("female", "male") if (sex := view.code("sex", code)) is not None]
    if len(sexes) == 2:
        female, male = (view.count("codes", row) for row in sexes)
        note = (*note, " ", *say("children.sexes", female=female, male=male))
    return _noted(findings.children_title(view), bars(view, "places", rows, _place, base), note)


def _forms(view: View) -> list[Block]:
    rows = view.codes("exploitation_type")[:7]
    if not rows:
        return []

    def before(row: Row) -> Spans:
        return view.beside("codes", view.code_before("exploitation_type", row["code"]))

    made = bars(view, "codes", rows, lambda row: row["label"], before)
    note = view.say("forms.note", period=view.period, earlier=view.period_before)
    return _noted(findings.leading_code(view, "exploitation_type"), made, note)


def _reporting(view: View) -> list[Block]:
    say, row = view.say, view.one("coverage")
    known = [
        (field, found) for field in FIELDS if (found := view.one("completeness", field=field)) is not None
    ]
    if row is None:
        return []
    cell = view.published.cell
    partners = cell("coverage", row, "partner_count", rules.in_words(row["partner_count"]))
    counties = cell("coverage", row, "county_count", rules.in_words(row["county_count"]))
    key = "reporting.all" if row["county_count"] >= 47 else "reporting.some"
    blocks: list[Block] = [Heading(capital(say(key, partners=partners, counties=counties)))]
    alone = row["one_partner_share"]
    if alone:
        text = rules.fraction(alone, 1)
        share = cell("coverage", row, "one_partner_share", text)
        blocks.append(Paragraph(say("reporting.alone", share=share)))
    if known:
        blocks.append(
            Bars(
                [
                    Bar(
                        say.text(f"field.{field}").capitalize(),
                        (view.percent("completeness", found, "known_share"), " %"),
                        found["known_share"] or 0,
                    )
                    for field, found in known
                ],
                "grey",
            )
        )
        blocks.append(
            Paragraph(say(f"reporting.note.{view.published.name}", period=view.period), tone="note")
        )
    return blocks


def _unknown(view: View) -> list[Spans]:
    """Return three limits of the data; the second and third name fields that are often unknown."""
    say, limits = view.say, [view.say("unknown.how_many")]
    for field in UNKNOWN:
        row = view.one("completeness", field=field)
        if (
            row is None
            or row["known_share"] is None
            or row["known_share"] >= rules.LEAST_KNOWN
            or len(limits) == 3
        ):
            continue
        text = rules.fraction(1 - row["known_share"], 1)
        share = view.published.cell("completeness", row, "known_share", text)
        limits.append(say(f"unknown.{field}", share=share))
    return limits


def summary(view: View) -> list[Spans]:
    """Return the findings in three sentences, for the Swahili box."""
    say, count = view.say, view.count
    sentences: list[Spans] = []
    total, children = view.total(), view.total("children")
    if total is not None and children is not None:
        counts = {"count": count("codes", total), "children": count("codes", children)}
        sentences.append(say("summary.total", period=view.period, **counts))
    within, destinations = view.code("direction", "within"), view.places("destination")
    if (
        total
        and within
        and destinations
        and (within["movement_count"] or 0) > (total["movement_count"] or 0) / 2
    ):
        slots = {"within": count("codes", within), "count": count("places", destinations[0])}
        sentences.append(say("summary.within", place=destinations[0]["place"], **slots))
    if rules.pairs(view.shifts()):
        sentences.append(findings.joined([findings.stop(findings.title(view)), findings.deck(view)]))
    return sentences


def _farther(view: View) -> Spans:
    rows = [row for row in out_of(view) if not reaches(row["end_place_id"])][:3]
    named = [
        view.say(
            "named",
            name=view.published.place(row["end_place_id"]),
            count=view.count("corridors", row),
        )
        for row in rows
    ]
    return view.say("abroad.farther", places=view.say.together(named)) if rows else ()


def _place(row: Row) -> str:
    return str(row["place"])
