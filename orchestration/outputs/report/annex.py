"""The annex: methods, all corridors, who reports, definitions, the policy, licence and credits."""

from __future__ import annotations

from datetime import datetime

from orchestration.outputs.licence import licence_of
from orchestration.outputs.published import Row, day
from orchestration.outputs.report.chapters import earlier, least
from orchestration.outputs.report.parts import Block, Columns, Heading, Items, Paragraph, Section, Table
from orchestration.outputs.report.view import GRAIN, View
from orchestration.outputs.words import Said, Sentence

METHODS = ("counts", "grains", "effort", "hotspots", "shifts", "rounds", "risk", "linkage", "places")
STATUSES = ("emerging", "growing", "stable", "fading", "abandoned")
LONG = 16  # lines from which a table stands in two halves side by side
GRAINS = ("case", "route_report", "interception", "flow_count")


def annex(view: View, credits: str) -> Section:
    words = view.words
    blocks: list[Block] = [*_method(view)]
    if view.now:
        blocks += [*_corridors(view), *_coverage(view), *_completeness(view)]
    blocks += [*_definitions(view), *_policy(view), *_waivers(view), *_sources(view, credits)]
    title = words("annex.title")
    return Section(
        "annex", words.text("contents.annex"), title, [blocks], side=words("contents.annex"), is_page=True
    )


def _method(view: View) -> list[Block]:
    words, name = view.words, view.published.name
    made_up = [Paragraph(words("annex.made_up"))] if view.published.manifest.get("is_synthetic") else []
    items = [
        words("term", term=words(f"methods.{one}.term"), meaning=words(f"methods.{one}")) for one in METHODS
    ]
    blocks: list[Block] = [
        *made_up,
        Heading(words("annex.methods")),
        Items(items),
        Heading(words(f"noise.title.{name}")),
    ]
    if not view.is_public:
        return [*blocks, Paragraph(words("noise.members", least=least(view)))]
    policy = view.published.policy
    return [
        *blocks,
        Paragraph(words("noise.what", least=least(view), days=policy("public_delay_days"))),
        Paragraph(
            words(
                "noise.size", second=policy("noise_row_2_from"), third=policy("noise_row_3_from"),
                **{f"largest_{at}": policy(f"noise_row_{at}_largest") for at in (1, 2, 3)},
            )
        ),
        Paragraph(words("noise.labels", least=policy("public_least_label_count"))),
    ]  # fmt: skip


def _corridors(view: View) -> list[Block]:
    """Every corridor of the period; for members those of one to four by name."""
    words, periods = view.words, earlier(view, 2)
    blocks: list[Block] = []
    for level in ("od", "odv", "country"):
        rows = view.corridors(level)
        if level == "country":
            rows = [row for row in rows if row["origin_place_id"] != row["destination_place_id"]]
        counted = [row for row in rows if row["movement_count"] is not None]
        small = sorted(view.published.corridor(row) for row in rows if row["movement_count"] is None)
        if not rows:
            continue
        lines: list[list[Sentence]] = []
        for row in counted:
            found = [view.corridor(row["corridor_id"], level, period) for period in periods]
            lines.append(
                [
                    (view.published.corridor(row),),
                    *(("–",) if one is None else (view.count("corridors", one),) for one in found),
                ]
            )
        heads = [(view.published.head(period),) for period in periods]
        blocks.append(Heading(words(f"annex.corridors.{level}")))
        if lines:
            columns = [words("column.corridor"), *heads]
            half = -(-len(lines) // 2) if len(lines) > LONG else len(lines)
            tables = [[Table((), columns, part, len(heads))] for part in (lines[:half], lines[half:]) if part]
            blocks.append(Columns([86.0] * len(tables), tables) if len(tables) > 1 else tables[0][0])
        if small:
            blocks.append(Paragraph((words.text("annex.small"), " ", ", ".join(small), "."), tone="note"))
    return blocks


def _coverage(view: View) -> list[Block]:
    words = view.words
    lines: list[list[Sentence]] = []
    for grain in GRAINS:
        for row in view.published.rows("coverage", record_grain=grain):
            if row["period_id"] not in (view.now, view.before) and grain != "route_report":
                continue
            if grain == "route_report" and not row["period_id"].startswith("round"):
                continue
            cells: list[Sentence] = [
                (view.published.cell("coverage", row, name),) for name in ("partner_count", "county_count")
            ]
            alone: Sentence = ("–",)
            if row["one_partner_share"] is not None:
                alone = (_percent(view, "coverage", row, "one_partner_share"), " %")
            lines.append(
                [
                    (view.words.text(f"grain.{grain}").capitalize(),),
                    (view.published.head(row["period_id"]),),
                    *cells,
                    alone,
                ]
            )
    if not lines:
        return []
    columns = [words(f"column.{one}") for one in ("grain", "period", "partners", "counties", "alone")]
    return [Heading(words("annex.coverage")), Table(words("table.coverage"), columns, lines, 3)]


def _completeness(view: View) -> list[Block]:
    words, periods = view.words, earlier(view, 2)
    fields = [row["field"] for row in view.published.rows("completeness", view.now, record_grain=GRAIN)]
    lines: list[list[Sentence]] = []
    for field in fields:
        rows = [
            next(iter(view.published.rows("completeness", period, record_grain=GRAIN, field=field)), None)
            for period in periods
        ]
        cells: list[Sentence] = [
            ("–",)
            if row is None or row["known_share"] is None
            else (_percent(view, "completeness", row, "known_share"), " %")
            for row in rows
        ]
        lines.append([(words.text(f"field.{field}").capitalize(),), *cells])
    if not lines:
        return []
    heads = [(view.published.head(period),) for period in periods]
    return [
        Heading(words("annex.completeness")),
        Table(words("table.completeness"), [words("column.field"), *heads], lines, len(heads)),
    ]


def _definitions(view: View) -> list[Block]:
    words = view.words
    named = [(words.text(f"status.{one}"), words.meaning("shift_status", one)) for one in STATUSES]
    named += [
        (words.text(f"standing.{one}"), words.meaning("hotspot_label", one))
        for one in ("hotspot", "elevated")
    ]
    items = [words("term", term=name[:1].upper() + name[1:], meaning=meaning) for name, meaning in named]
    return [Heading(words("annex.definitions")), Items(items), Paragraph(words("annex.pair"))]


def _policy(view: View) -> list[Block]:
    words, lines = view.words, []
    prefixes = ("public_", "noise_") if view.is_public else ("members_", "microdata_")
    for row in view.published.manifest.get("policy", {}).get("rows", []):
        if row["name"].startswith(prefixes) and len(str(row["value"])) < 12:
            named = {
                "name": row["name"].replace("_", " ").capitalize(),
                "why": row["why"],
                "value": row["value"],
            }
            lines.append([(Said(str(text), f"policy|{row['name']}", name),) for name, text in named.items()])
    if not lines:
        return []
    columns = [words(f"column.{one}") for one in ("rule", "why", "value")]
    return [Heading(words("annex.policy")), Table((), columns, lines, 1)]


def _waivers(view: View) -> list[Block]:
    words, rows = view.words, view.published.edition.waivers
    names = ("check_name", "scope", "reason", "author", "expires")
    lines: list[list[Sentence]] = [
        [(Said(str(row.get(name, "")), f"waivers|{row['decision_id']}", name),) for name in names]
        for row in rows
    ]
    if not lines:
        return []
    return [Heading(words("annex.waivers")), Table((), [words(f"column.{name}") for name in names], lines)]


def _sources(view: View, credits: str) -> list[Block]:
    words, manifest = view.words, view.published.manifest
    made = datetime.fromisoformat(manifest["as_of"])
    licence = licence_of(view.published.name)
    cited = words(
        "annex.citation",
        edition=words(f"edition.{view.published.name}"),
        release=Said(str(manifest["release_id"]), "release|release_id", "release_id"),
        day=Said(view.published.date(day(made.date())), "release|as_of", "as_of"),
    )
    return [
        Heading(words("annex.sources")),
        Paragraph((licence.statement,)),
        Paragraph(cited),
        Paragraph(words("annex.credits", credits=credits)),
    ]


def _percent(view: View, table: str, row: Row, column: str) -> Said:
    return view.published.cell(table, row, column, f"{100 * row[column]:.0f}")
