"""The annex: methods, the largest corridors, who reports, definitions, the policy, licence and credits."""

from __future__ import annotations

from datetime import datetime

from orchestration.outputs.exports.about import licence_of
from orchestration.outputs.published import day
from orchestration.outputs.report.parts import Block, Columns, Heading, Items, Paragraph, Section, Table
from orchestration.outputs.report.view import GRAIN, HALF, NONE, View, capital, corridor_counts, heads, titled
from orchestration.outputs.texts import Spans, Value

METHODS = ("counts", "grains", "effort", "hotspots", "shifts", "rounds", "risk", "linkage", "places")
STATUSES = ("emerging", "growing", "stable", "fading", "abandoned")
# Of each level: a network of a million movements has thousands of corridors.
MOST_LINES, MOST_NAMES = 200, 200
LONG = 16  # more lines are split into two halves side by side
GRAINS = ("case", "route_report", "interception", "flow_count")


def annex(view: View, credits: str) -> Section:
    say = view.say
    blocks: list[Block] = [*_method(view)]
    if view.now:
        blocks += [*_corridors(view), *_coverage(view), *_completeness(view)]
    blocks += [*_definitions(view), *_policy(view), *_waivers(view), *_sources(view, credits)]
    title = say("annex.title")
    return Section(
        "annex", say.text("contents.annex"), title, [blocks], side=say("contents.annex"), is_page=True
    )


def _method(view: View) -> list[Block]:
    say, name = view.say, view.published.name
    made_up = [Paragraph(say("annex.made_up"))] if view.published.manifest.get("is_synthetic") else []
    items = [say("term", term=say(f"methods.{key}.term"), meaning=say(f"methods.{key}")) for key in METHODS]
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


def _corridors(view: View) -> list[Block]:
    """Return the corridors of the period, most cases first; of members, small ones by name."""
    say, periods = view.say, view.periods(2)
    blocks: list[Block] = []
    for level in ("od", "odv", "country"):
        rows = view.corridors(level)
        if level == "country":
            rows = [row for row in rows if row["start_place_id"] != row["end_place_id"]]
        counted = [row for row in rows if row["movement_count"] is not None][:MOST_LINES]
        small = sorted(view.published.corridor(row) for row in rows if row["movement_count"] is None)
        if not rows:
            continue
        lines: list[list[Spans]] = [
            [(view.marked(row),), *corridor_counts(view, row, periods)] for row in counted
        ]
        blocks.append(Heading(say(f"annex.corridors.{level}")))
        if lines:
            columns = [say("column.corridor"), *heads(view, periods)]
            half = -(-len(lines) // 2) if len(lines) > LONG else len(lines)
            tables = [
                [Table((), columns, part, len(periods))] for part in (lines[:half], lines[half:]) if part
            ]
            blocks.append(Columns([HALF] * len(tables), tables) if len(tables) > 1 else tables[0][0])
        blocks += view.mark_note(counted)
        is_named = 0 < len(small) <= MOST_NAMES
        if is_named:
            blocks.append(Paragraph((say.text("annex.small"), " ", ", ".join(small), "."), tone="note"))
        if len(counted) + len(small) * is_named < len(rows):
            blocks.append(Paragraph(say("annex.more"), tone="note"))
    return blocks


def _coverage(view: View) -> list[Block]:
    say = view.say
    lines: list[list[Spans]] = []
    for grain in GRAINS:
        for row in view.published.rows("coverage", record_grain=grain):
            if row["period_id"] not in (view.now, view.before) and grain != "route_report":
                continue
            if grain == "route_report" and not row["period_id"].startswith("round"):
                continue
            share = row["one_partner_share"]
            alone = NONE if share is None else (view.percent("coverage", row, "one_partner_share"), " %")
            lines.append(
                [
                    (say.text(f"grain.{grain}").capitalize(),),
                    (view.published.head(row["period_id"]),),
                    (view.published.cell("coverage", row, "partner_count"),),
                    (view.published.cell("coverage", row, "county_count"),),
                    alone,
                ]
            )
    columns = [say(f"column.{name}") for name in ("grain", "period", "partners", "counties", "alone")]
    return titled(say("annex.coverage"), Table(say("table.coverage"), columns, lines, 3))


def _completeness(view: View) -> list[Block]:
    say, periods = view.say, view.periods(2)
    fields = [row["field"] for row in view.published.rows("completeness", view.now, record_grain=GRAIN)]
    lines: list[list[Spans]] = []
    for field in fields:
        line: list[Spans] = [(say.text(f"field.{field}").capitalize(),)]
        for period in periods:
            rows = view.published.rows("completeness", period, record_grain=GRAIN, field=field)
            is_known = bool(rows) and rows[0]["known_share"] is not None
            line.append((view.percent("completeness", rows[0], "known_share"), " %") if is_known else NONE)
        lines.append(line)
    columns = [say("column.field"), *heads(view, periods)]
    return titled(say("annex.completeness"), Table(say("table.completeness"), columns, lines, len(periods)))


def _definitions(view: View) -> list[Block]:
    say = view.say
    terms = [(f"status.{code}", say.meaning("shift_status", code)) for code in STATUSES]
    terms += [(f"label.{code}", say.meaning("hotspot_label", code)) for code in ("hotspot", "elevated")]
    items = [say("term", term=capital(say(key)), meaning=meaning) for key, meaning in terms]
    return [Heading(say("annex.definitions")), Items(items), Paragraph(say("annex.pair"))]


def _policy(view: View) -> list[Block]:
    say, lines = view.say, []
    prefixes = ("public_", "noise_") if view.is_public else ("members_", "microdata_")
    for row in view.published.manifest.get("policy", {}).get("rows", []):
        if row["name"].startswith(prefixes) and len(str(row["value"])) < 12:
            cells = row | {"name": row["name"].replace("_", " ").capitalize()}
            source, names = f"policy|{row['name']}", ("name", "why", "value")
            lines.append([(Value(str(cells[name]), source, name),) for name in names])
    columns = [say(f"column.{name}") for name in ("rule", "why", "value")]
    return titled(say("annex.policy"), Table((), columns, lines, 1))


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
        Paragraph((licence.statement,)),
        Paragraph(cited),
        Paragraph(say("annex.credits", credits=credits)),
    ]
