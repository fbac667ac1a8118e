"""The chapters of the report: each is a function of a view that returns its section, or None without rows.

To add one, write a function here and name it in `write.CHAPTERS`.
"""

from __future__ import annotations

from orchestration.outputs.claims import claim
from orchestration.outputs.published import FEWER, Row, day, ends_known
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.figures import alert_chart
from orchestration.outputs.report.parts import (
    Block,
    Columns,
    Heading,
    Items,
    Paragraph,
    Section,
    Table,
)
from orchestration.outputs.report.view import (
    NONE,
    TWELVE_MONTHS,
    YEAR,
    View,
    capital,
    code,
    section,
)
from orchestration.outputs.texts import Slot, Spans, Value, listed

# --- what is new since the last release; corridors whose share rose, fell or held, and displacement


def since_release(view: View) -> Section | None:
    """Return a new period, and corridors whose change is new, compared with the last release."""
    say, previous = view.say, view.previous
    if previous is None:
        return None
    items: list[Spans] = [say("since.period", period=view.period)] if view.now != previous.now else []
    known = {(row["corridor_id"], row["status"]) for row in previous.shifts()}
    items += [
        findings.joined([findings.stop(findings.change(view, row)), findings.numbers(view, row)])
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


def changes_table(view: View, shifts: list[Row], caption: Spans) -> Table:
    say = view.say
    columns = [say(f"column.{name}") for name in ("corridor", "share_change", "share")]
    if not view.is_public:
        columns.append(say("column.seen_by"))
    lines: list[list[Spans]] = []
    for row in sorted(
        shifts, key=lambda row: ORDER.index(row["status"]) if row["status"] in ORDER else len(ORDER)
    ):
        # The band says too much of a change that is not sure, and too little where none is left.
        band = NONE if row["later_count"] == 0 else code(view, row, "factor_band", "band")
        band = say("changes.stable") if row["status"] == "stable" else band
        line: list[Spans] = [(view.published.corridor(row),), code(view, row, "status", "status")]
        line.append(findings.size_of(view, "shifts", row) or band)
        lines.append([*line, *([] if view.is_public else [code(view, row, "evidence", "evidence")])])
    return Table(caption, columns, lines)


# --- what is no place or corridor


def others_of(view: View, table: str) -> list[Block]:
    """Return the rows of a table that are no place or corridor, as a line below its list."""
    rows = view.others(table)
    if not rows:
        return []
    named = [view.say("named", name=_other(view, row), count=view.count(table, row)) for row in rows]
    return [Paragraph(view.say("others", rows=listed(named, "; ")), tone="note")]


def _other(view: View, row: Row) -> str:
    """Return the name of a row below a list, with its direction where the ends do not say it."""
    if "place" in row:
        return str(row["place"])
    name = view.published.corridor(row)
    is_told = row["start_place_id"] != FEWER and row["direction"] != "first_known_at_border"
    return name if is_told else f"{name} ({view.say.text('direction.' + row['direction'])})"


# --- places that stand out, and bands of reported activity

LABELS = {"hotspot": 0, "elevated": 1}
COMPONENTS = ("origin", "transit", "exploitation", "change")
BANDS = ("much_higher", "higher", "typical", "lower")


def hotspots(view: View) -> Section | None:
    """Return the labels of this year, and of the newest twelve months, which members have."""
    say, published = view.say, view.published
    newest = [period for period in published.periods(TWELVE_MONTHS) if published.rows("hotspots", period)][:1]
    columns = [say(f"column.{name}") for name in ("place", "role", "people", "label", "times")]
    blocks: list[Block] = [
        Table(say("table.hotspots", period=published.period(period)), columns, lines, 1)
        for period in (view.now, *newest)
        if (lines := _hotspot_lines(view, period))
    ]
    blocks += _per_head(view)
    if bands := _risk_bands(view):
        blocks += [Heading(say("risk.title")), Items(bands), Paragraph(say("risk.note"), tone="note")]
    if blocks:
        blocks.append(Paragraph(say("hotspots.note"), tone="note"))
    return section(view, "hotspots", capital(findings.stand_out(view, "contents.hotspots")), blocks)


def _hotspot_lines(view: View, period: str) -> list[list[Spans]]:
    say, lines = view.say, []
    rows = view.published.rows("hotspots", period)
    for row in sorted(rows, key=lambda row: (row["people"], LABELS[row["label"]], row["role"], row["place"])):
        keys = (f"role.{row['role']}", f"people.{row['people']}", f"label.{row['label']}")
        size = findings.size_of(view, "hotspots", row) or NONE
        lines.append([(row["place"],), *(say(key) for key in keys), size])
    return lines


def _per_head(view: View) -> list[Block]:
    """Return the hotspots of start by cases per head, where that is another order than by size."""
    times = {row["place_id"]: row["at_least_times"] or 0 for row in view.hotspots("origin")}
    rows = [
        row
        for row in view.published.rows("starts", view.now)
        if row["per_100000"] and row["place_id"] in times
    ]
    rows.sort(key=lambda row: -row["per_100000"])
    ranked = [times[row["place_id"]] for row in rows]
    if ranked == sorted(ranked, reverse=True):
        return []
    heads = [(row["place"], view.published.cell("starts", row, "per_100000")) for row in rows]
    names = view.say.together(view.say("hotspots.head", place=place, value=value) for place, value in heads)
    return [Paragraph(view.say("hotspots.per_head", counties=names))]


def _risk_bands(view: View) -> list[Spans]:
    """Return counties by band of reported activity, in the newest period that has bands."""
    published = view.published
    periods = [view.now, *published.periods(YEAR), *published.periods(TWELVE_MONTHS)]
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
NAMED_AS = ("origin", "transit", "destination")  # roles of novelty
UNLIKELY = 0.05  # chance of an item that has so many reports to be new if nothing changed


def rounds(view: View) -> Section | None:
    say, published = view.say, view.published
    period = next((of for of in published.periods("round") if published.rows("mentions", of)), None)
    if period is None:
        return None
    confirmed = published.rows("novelty", period, evidence_class="panel_confirmed")
    items = [row["item"] for row in confirmed if row["item_kind"] == "corridor"]
    new = sorted(" → ".join(map(published.place, item.split(">"))) for item in items)
    name = published.period(period)
    blocks: list[Block] = []
    total = next(iter(published.rows("mentions", period, subject="round")), None)
    if total is not None and total["mention_count"] is not None:
        count = published.cell("mentions", total, "mention_count")
        blocks.append(Paragraph(say("rounds.total", count=count, round=name)))
    if new:
        blocks += [_first_named(view, "corridors"), _list(new)]
    if countries := _new_countries(view, confirmed):
        blocks += [_first_named(view, "countries"), Items(countries)]
    if not view.is_public and (new or countries):
        blocks.append(_chance(view, confirmed))
    corridors = [row for row in published.rows("mentions", period, subject="corridor") if ends_known(row)]
    if corridors:
        known = sorted(corridors, key=published.corridor)
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
    return section(view, "rounds", title, blocks, is_page=False)


def _first_named(view: View, items: str) -> Heading:
    return Heading(claim(view.say, "novelty", "panel_confirmed", name=view.say(f"rounds.items.{items}")))


def _new_countries(view: View, confirmed: list[Row]) -> list[Spans]:
    """Return countries that no earlier round named, a line per role."""
    sentences = []
    for role in NAMED_AS:
        rows = [row for row in confirmed if row["item_kind"] == "country" and row["role"] == role]
        if names := sorted(row["place"] for row in rows):
            sentences.append(view.say(f"rounds.country.{role}", places=view.say.together(names)))
    return sentences


def _chance(view: View, confirmed: list[Row]) -> Paragraph:
    """Return which corridors and countries have so many reports that they are hardly new by chance."""
    shown = {("corridor", "any"), *(("country", role) for role in NAMED_AS)}
    rows = [row for row in confirmed if (row["item_kind"], row["role"]) in shown]
    ends = [row["item"].split(">") for row in rows if row["chance"] < UNLIKELY]
    names = sorted({" → ".join(map(view.published.place, places)) for places in ends})
    if not names:
        return Paragraph(view.say("rounds.chance.none"))
    return Paragraph(view.say("rounds.chance", names=view.say.together(names)))


def _round_corridors(view: View, rows: list[Row], caption: Spans) -> Block:
    """Return the corridors of the round: a list in public, a table with counts for members."""
    say, published = view.say, view.published
    if view.is_public:
        return _list([published.corridor(row) for row in rows])
    largest = sorted(rows, key=lambda row: -row["mention_count"])[:MOST_OF_A_ROUND]
    lines: list[list[Spans]] = [
        [(published.corridor(row),), (published.cell("mentions", row, "mention_count"),)] for row in largest
    ]
    return Table(caption, [say("column.corridor"), say("column.reports")], lines, 1)


def _list(names: list[str]) -> Paragraph:
    return Paragraph((", ".join(names) + ".",))


# --- alerts, on the first page: quarters of the members' series, as the marts hold no month of a child's case

TONES = {"rise": "up", "fall": "down"}
MOST, MOST_DRAWN = 6, 3  # on a page that has other findings
WIDTH, BESIDE = 52.0, 120.0  # millimetres


def alerts(view: View) -> list[Block]:
    """Return a paragraph an alert, beside its figure, and their limits; to members also that there is none.

    Where none could be measured, one line says why.

    The public edition has those that a steward released, and says nothing where there is none.
    """
    say, rows = view.say, view.alerts()
    if not rows:
        reason = view.published.edition.unjudged_alerts
        why = say.meaning("not_measured", reason) if reason else ""
        none = say("alerts.not_measured", why=why) if reason else (*say("alerts.none"), *say("alerts.limits"))
        return [] if view.is_public else [Paragraph(none, tone="note")]
    more = say("alerts.more", count=str(len(rows) - MOST)) if len(rows) > MOST else ()
    return [
        Heading(say("alerts.title")),
        *(_block(view, row, at < MOST_DRAWN) for at, row in enumerate(rows[:MOST])),
        Paragraph((*more, *say("alerts.limits")), tone="note"),
    ]


def alert(view: View, row: Row) -> Spans:
    """Return the claim on an alert: since when, and for members until when, seen and expected records."""
    cell = view.published.cell
    slots: dict[str, Slot] = {
        "month": cell("alerts", row, "first_month", view.published.month(day(row["first_month"]))),
        "records": view.say.text("grain.case"),
    }
    if view.is_public:
        return claim(view.say, "alerts", row["direction"], **slots)
    slots["month"] = cell("alerts", row, "window_from", view.published.month(day(row["window_from"])))
    slots["until"] = cell("alerts", row, "newest_month", view.published.month(day(row["newest_month"])))
    none = view.say.text("claim.none") if row["witness_count"] == 0 else None
    slots["count"] = cell("alerts", row, "witness_count", none)
    if row["witness_count"] is None:
        slots["count"] = view.say("comparison.under", least=view.least)
    slots |= {end: cell("alerts", row, f"expected_{end}") for end in ("low", "high")}
    return claim(view.say, "alerts", "seen", None, row["evidence"], **slots)


def _block(view: View, row: Row, is_drawn: bool) -> Block:
    text: Spans = (*alert(view, row), ".")
    if not view.is_public:
        partners = view.published.cell("alerts", row, "partner_count")
        text = (*text, " ", *view.say.counted("alerts.partners", partners))
    paragraph = Paragraph(text, view.published.corridor(row), TONES[row["direction"]])
    chart = alert_chart(view, row) if is_drawn else []
    return Columns((WIDTH, BESIDE), (chart, [paragraph])) if chart else paragraph
