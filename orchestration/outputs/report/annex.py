"""The annex: methods, definitions, licence and credits; for members years, what is to come, and corridors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from orchestration.outputs.exports.about import licence_of
from orchestration.outputs.published import Row, day
from orchestration.outputs.report.brief import year_before
from orchestration.outputs.report.parts import Block, Heading, Items, Paragraph, Section, Table
from orchestration.outputs.report.view import NONE, YEAR, View, capital, titled
from orchestration.outputs.texts import Spans, Value, plain
from orchestration.statistics import alert_detection

METHODS = (
    "counts", "bases", "comparison", "grains", "effort", "hotspots", "shifts", "rounds", "risk", "linkage",
    "places",
)  # fmt: skip
STATUSES = ("emerging", "growing", "stable", "fading", "abandoned")
MOST_LINES = 48  # a network of a million movements has thousands of corridors


def annex(view: View, credits: str) -> Section:
    say = view.say
    blocks: list[Block] = [*_method(view)]
    if view.now:
        blocks += [*_years(view), *_detection(view)]
    blocks += [*_definitions(view), *_waivers(view), *_sources(view, credits), *_corridors(view)]
    contents = say("contents.annex")
    return Section("annex", plain(contents), say("annex.title"), [blocks], side=contents)


def _method(view: View) -> list[Block]:
    say, name = view.say, view.published.name
    made_up = [Paragraph(say("annex.made_up"))] if view.published.manifest.get("is_synthetic") else []
    is_there = {"comparison": view.compares, "risk": bool(view.published.rows("risk"))}
    methods = [key for key in METHODS if is_there.get(key, True)]
    items = [say("term", term=say(f"methods.{key}.term"), meaning=say(f"methods.{key}")) for key in methods]
    blocks: list[Block] = [
        *made_up,
        Heading(say("annex.methods")),
        Items(items),
        Heading(say(f"noise.title.{name}")),
    ]
    if not view.is_public:
        return [*blocks, Paragraph(say("noise.members", least=view.least))]
    policy = view.published.policy
    return [
        *blocks,
        Paragraph(say("noise.what", least=view.least, days=policy("public_delay_days"))),
        Paragraph(
            say(
                "noise.size", second=policy("noise_row_2_from"), third=policy("noise_row_3_from"),
                **{f"largest_{at}": policy(f"noise_row_{at}_largest") for at in (1, 2, 3)},
            )
        ),
        Paragraph(say("noise.labels", least=policy("public_least_label_count"))),
    ]  # fmt: skip


def _years(view: View) -> list[Block]:
    """Return the cases of each year, with what may be compared: for members."""
    published = view.published
    if view.is_public:
        return []
    years = {row["period_id"]: row for row in published.rows("periods", period_kind=YEAR)}
    items = []
    for year in sorted(year for year in years if published.rows("directions", year)):
        count, both = published.total("directions", year), year_before(view, year)
        said = view.say("years.count", period=published.period(year), count=count)
        if not years[year]["is_complete"]:
            said += view.say("years.partial")
        if both:
            said += view.say("years.like", both=both)
        items.append(said)
    return [Heading(view.say("years.title")), Items(items), *_still_to_come(view)]


def _still_to_come(view: View) -> list[Block]:
    """Return what is still to come of these years, beside what was estimated a year before, and what came."""
    say, blocks = view.say, list[Block]()
    lines: list[list[Spans]] = []
    rows = sorted(view.published.rows("still_to_come"), key=lambda row: str(row["ends"]))
    for row in sorted(rows, key=lambda row: str(row["period_id"]), reverse=True):
        ends = say(f"to_come.{row['ends']}")
        period = view.published.period(row["period_id"])
        if row["period_id"] == max(one["period_id"] for one in rows):
            blocks.append(
                Paragraph(
                    say(
                        "to_come.of_year",
                        period=period,
                        ends=ends,
                        said=_to_come(view, row, "", "to_come.about"),
                    )
                )
            )
        was = say("to_come.none") if row["came_since"] is None else _to_come(view, row, "last_year_")
        shown = [_number(view, row, name) for name in ("record_count", "came_since")]
        lines.append([(period,), ends, shown[0], _to_come(view, row), was, shown[1]])
    names = ("period", "ends", "cases", "still_to_come", "a_year_ago", "came_since")
    return [*blocks, Table(say("table.still_to_come"), [say(f"column.{name}") for name in names], lines, 4)]


def _to_come(view: View, row: Row, when: str = "", text: str = "to_come.range") -> Spans:
    if row[f"{when}to_come"] is None:
        return view.say("to_come.too_young")
    cells = {"count": f"{when}to_come", "low": f"{when}to_come_low", "high": f"{when}to_come_high"}
    if text == "to_come.about":
        cells["months"] = "months"
    return view.say(
        text, **{slot: view.published.cell("still_to_come", row, one) for slot, one in cells.items()}
    )


def _detection(view: View) -> list[Block]:
    """Return what alerts can find, and how soon: for members, who are shown them."""
    if view.is_public:
        return []
    say, found = view.say, alert_detection()

    names = iter(found.names)

    def value(text: str, name: str) -> Value:
        return Value(text, f"alert_detection|{name}", "within")

    heads = [say("detection.cases")]
    heads += [say(f"detection.{one}", count=value(f"{size:,}", next(names))) for one, size in found.columns]
    lines: list[list[Spans]] = []
    for (before, factor, cells), name in zip(found.rows, names, strict=True):
        head = say("detection.change", count=value(str(before), name), factor=value(f"{factor:g}", name))
        shown = (" · ".join(f"{part:.0%}" for part in cell) for cell in cells)
        lines.append([head, *((value(text, name),) for text in shown)])
    return titled(say("annex.detection"), Table(say("table.detection"), heads, lines, len(found.columns)))


def _number(view: View, row: Row, name: str) -> Spans:
    return NONE if row[name] is None else (view.published.cell("still_to_come", row, name),)


def _corridors(view: View) -> list[Block]:
    """Return members' corridors with the counts of the same partners, and corridors by a place on the way."""
    blocks: list[Block] = []
    for name in () if view.is_public or not view.now else ("corridors", "corridors_via"):
        listed = view.listed(name)
        rows = listed[:MOST_LINES]
        more = [Paragraph(view.say("annex.more"), tone="note")] if listed[MOST_LINES:] else []
        table = _counted(view, name, rows)
        blocks += [*titled(view.say(f"annex.{name}"), table), *view.mark_note(rows), *more]
    return blocks


def _counted(view: View, table: str, rows: Sequence[Row]) -> Table:
    """Return corridors with their counts: this year, and where compared the year before."""
    say, published = view.say, view.published
    columns = [say("column.corridor"), (published.head(view.now),)]
    compares = view.compares and table == "corridors"
    if compares:
        before = published.head(view.before or view.now)
        like = say("column.like", period=published.head(view.now), earlier=before)
        columns += [(before,), like, say("column.change")]
    lines: list[list[Spans]] = []
    for row in rows:
        label = published.corridor(row)
        if table == "corridors" and len(view.directions_of(row)) > 1:
            label = f"{label} ({say.text('direction.' + row['direction'])})"
        line: list[Spans] = [(label,), (view.count(table, row),)]
        if compares:
            line += [part(table, row) or NONE for part in (view.earlier, view.like, view.change)]
        lines.append(line)
    return Table((), columns, lines, len(columns) - 1)


def _definitions(view: View) -> list[Block]:
    say = view.say
    statuses = STATUSES if view.latest() else ()  # in the table of the newest changes
    terms = [(f"status.{code}", say.meaning("shift_status", code)) for code in statuses]
    terms += [(f"label.{code}", say.meaning("hotspot_label", code)) for code in ("hotspot", "elevated")]
    items = [say("term", term=capital(say(key)), meaning=meaning) for key, meaning in terms]
    return [Heading(say("annex.definitions")), Items(items), Paragraph(say("annex.pair"))]


def _waivers(view: View) -> list[Block]:
    say, rows = view.say, view.published.edition.waivers
    names = ("check_name", "scope", "reason", "author", "expires")
    lines: list[list[Spans]] = [
        [(Value(str(row.get(name, "")), f"waivers|{row['decision_id']}", name),) for name in names]
        for row in rows
    ]
    return titled(say("annex.waivers"), Table((), [say(f"column.{name}") for name in names], lines))


def _sources(view: View, credits: str) -> list[Block]:
    say, manifest = view.say, view.published.manifest
    made = datetime.fromisoformat(manifest["as_of"])
    licence = licence_of(view.published.name)
    cited = say(
        "annex.citation",
        edition=say(f"edition.{view.published.name}"),
        release=Value(str(manifest["release_id"]), "release|release_id", "release_id"),
        day=Value(view.published.date(day(made.date())), "release|as_of", "as_of"),
    )
    return [
        Heading(say("annex.sources")),
        Paragraph((licence.statement,), language="en"),
        Paragraph(cited),
        Paragraph(say("annex.credits", credits=credits)),
    ]
