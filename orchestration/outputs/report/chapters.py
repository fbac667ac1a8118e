"""The chapters after the brief: tables with the counts of both periods, each under its finding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from orchestration.outputs.published import KENYA, Row, ends_known
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.parts import Block, Columns, Heading, Items, Paragraph, Section, Table
from orchestration.outputs.report.view import GRAIN, View, capital
from orchestration.outputs.words import Said, Sentence, plain

MOST_CORRIDORS, MOST_PERIODS = 30, 3
DOMAINS = ("exploitation_type", "sex", "age_band", "transport_mode", "recruitment_method")
ROLES = ("origin", "transit", "destination")
SIDES = ("baseline", "current")
NONE: Sentence = ("–",)


def chapters(view: View, before: View | None) -> list[Section]:
    """Those that have rows to show; `before`: the same edition of the last release."""
    since = since_last_release(view, before) if before is not None else None
    made = (corridors, places, changes, children, forms, standing_out, rounds)
    found = [section for make in made if (section := make(view)) is not None]
    return [since, *found] if since is not None else found


def since_last_release(view: View, before: View) -> Section | None:
    """Periods that are new, and corridors whose change is new, against the last release."""
    words = view.words
    said: list[Sentence] = []
    if view.now != before.now:
        said.append(words("since.period", period=view.period))
    known = {(row["corridor_id"], row["status"]) for row in before.shifts()}
    for row in view.shifts():
        if rules.is_change(row) and (row["corridor_id"], row["status"]) not in known:
            said.append(findings.change(view, row))
    release = Said(
        str(before.published.manifest["release_id"]), "release|previous_release", "previous_release"
    )
    blocks: list[Block] = [Items(said), Paragraph(words("since.note", release=release), tone="note")]
    return (
        Section("since", words.text("contents.since"), words("since.title"), [blocks], is_page=True)
        if said
        else None
    )


def corridors(view: View) -> Section:
    words, rows = view.words, view.corridors()
    periods = earlier(view)
    shifts = {row["corridor_id"]: row for row in view.shifts()}
    shown = [row for row in rows if row["movement_count"] is not None][:MOST_CORRIDORS]
    caption = words("table.corridors", period=view.period)
    blocks: list[Block] = [
        corridor_table(view, shown, periods, caption, shifts),
        Paragraph(words(f"table.dash.{view.published.name}", least=least(view)), tone="note"),
    ]
    pairs = [row for row in view.corridors("country") if row["movement_count"] is not None]
    halves: list[list[Block]] = []
    for name, end in (("countries_to", "destination"), ("countries_from", "origin")):
        found = [row for row in pairs if row[f"{end}_place_id"] != KENYA and _other(row, end) == KENYA]
        if found:
            halves.append([_pair_table(view, found[:12], end, words(f"table.{name}"))])
    if halves:
        blocks += [Heading(words("chapter.countries")), Columns([86.0] * len(halves), halves)]
    return Section(
        "corridors",
        words.text("contents.corridors"),
        findings.leading_corridors(view),
        [blocks],
        is_page=True,
    )


def corridor_table(
    view: View, rows: Sequence[Row], periods: Sequence[str], caption: Sentence, shifts: dict[str, Row]
) -> Table:
    """Corridors with their counts by period and what became of their share."""
    words = view.words
    lines: list[list[Sentence]] = []
    for row in rows:
        counts = [
            _count(view, "corridors", view.corridor(row["corridor_id"], row["level"], one)) for one in periods
        ]
        shift = shifts.get(row["corridor_id"])
        lines.append([(view.published.corridor(row),), _direction(view, row), _status(view, shift), *counts])
    columns = [words("column.corridor"), words("column.direction"), words("column.change")]
    return Table(caption, [*columns, *((view.published.head(one),) for one in periods)], lines, len(periods))


def places(view: View) -> Section | None:
    words = view.words
    blocks: list[Block] = []
    for levels, key in ((("county",), "counties"), (("country",), "countries")):
        found: dict[str, Row] = {}
        for role in ROLES:
            for row in view.places(role, levels):
                found.setdefault(row["place_id"], row)
        most = sorted(found, key=lambda place: (-_most(view, place), place))
        lines: list[list[Sentence]] = []
        for place in most:
            cells = [
                _count(view, "places", view.place(place, role, period=period))
                for role in ROLES
                for period in earlier(view, 2)
            ]
            if any(cell != NONE for cell in cells):
                lines.append([(found[place]["place"],), *cells])
        heads = [
            words(f"column.{role}", period=view.published.head(period))
            for role in ROLES
            for period in earlier(view, 2)
        ]
        if lines:
            blocks.append(Table(words(f"table.{key}"), [words("column.place"), *heads], lines, len(heads)))
    return _section(view, "places", capital(findings.to_title(view)), blocks)


def changes(view: View) -> Section | None:
    words, blocks = view.words, []
    for level in ("od", "odv"):
        shifts = view.shifts(level)
        if not shifts or not view.before:
            continue
        order = [*rules.ROSE, *rules.FELL]
        shifts.sort(key=lambda row: order.index(row["status"]) if row["status"] in order else len(order))
        lines = []
        for row in shifts:
            counts = [_text(findings.before(view, row)), _text(findings.now(view, row))]
            line = [(view.published.corridor(row),), _status(view, row), _band(view, row), *counts]
            if not view.is_public:
                line.insert(3, _evidence(view, row))
            lines.append(line)
        columns = [words(f"column.{one}") for one in ("corridor", "change", "share")]
        if not view.is_public:
            columns.append(words("column.seen_by"))
        heads = [(view.published.head(one),) for one in (view.before, view.now)]
        blocks += [Table(words(f"table.changes.{level}"), [*columns, *heads], lines, 2)]
    if not blocks:
        return None
    pairs = [
        Paragraph(
            words("pair.line", faller=view.published.corridor(fall), riser=view.published.corridor(rise)),
            lead=words.text("pair.lead"),
            tone="new",
        )
        for rise, fall in rules.pairs(view.shifts())
    ]  # fmt: skip
    more = _newer_windows(view)
    title = findings.changes_title(view) or words("contents.changes")
    return _section(view, "changes", title, [*pairs, *blocks, *more])


def _newer_windows(view: View) -> list[Block]:
    """Changes up to a month after the newest quarter, which members have."""
    rows = [
        row
        for row in view.published.rows("shifts", comparison="months", record_grain=GRAIN)
        if rules.is_change(row) and row["current"] != view.now
    ]
    if not rows:
        return []
    words, published = view.words, view.published
    lines: list[list[Sentence]] = [
        [(published.corridor(row),), _status(view, row), *(_shift_count(view, row, side) for side in SIDES)]
        for row in rows
    ]
    year, month = rows[0]["current"].split("-")[:2]
    text = published.month(date(int(year), int(month), 1))
    month_said = published.cell("shifts", rows[0], "current", text)
    columns = [words(f"column.{one}") for one in ("corridor", "change", "twelve_before", "twelve")]
    return [Heading(words("changes.months", month=month_said)), Table((), columns, lines, 2)]


def _shift_count(view: View, row: Row, side: str) -> Sentence:
    return NONE if row[f"{side}_count_text"] in (None, "0") else (view.published.count("shifts", row, side),)


def children(view: View) -> Section | None:
    words, tables = view.words, []
    for role in ("origin", "destination"):
        lines = []
        for row in view.places(role, ("county", "country"), population="children"):
            base = view.place(row["place_id"], role)
            share: Sentence = NONE
            if (
                base is not None
                and row["movement_count"]
                and (base["movement_count"] or 0) >= rules.LEAST_BASE
            ):
                text = rules.fraction(
                    min(row["movement_count"], base["movement_count"]), base["movement_count"]
                )
                share = (view.published.cell("places", row, "movement_count", text),)
            lines.append([(row["place"],), share, _count(view, "places", row), _count(view, "places", base)])
        columns = [words(f"column.{one}") for one in (f"place_{role}", "children_share", "children", "all")]
        if lines:
            tables.append([Table(words(f"table.children.{role}"), columns, lines[:24], 2)])
    blocks: list[Block] = [Columns([86.0] * len(tables), tables)] if tables else []
    if blocks:
        blocks.append(Paragraph(words("children.base", period=view.period), tone="note"))
    return _section(view, "children", findings.children_title(view), blocks)


def forms(view: View) -> Section | None:
    words = view.words
    high = [0, 0]
    halves: list[list[Block]] = [[], []]
    for domain in DOMAINS:
        lines = [
            [
                (view.published.cell("codes", row, "label"),),
                *(_count(view, "codes", _same_code(view, row, one)) for one in earlier(view, 2)),
            ]
            for row in view.codes(domain)
        ]
        if lines:
            heads = [(view.published.head(one),) for one in earlier(view, 2)]
            table = Table((), [words("column.code"), *heads], lines, len(heads))
            heading = words(f"codes.{domain}") if not any(high) else findings.leading_code(view, domain)
            shorter = high.index(min(high))
            halves[shorter] += [Heading(heading), table]
            high[shorter] += len(lines) + 4
    filled = [half for half in halves if half]
    blocks: list[Block] = [Columns([86.0] * len(filled), filled)] if filled else []
    if blocks:
        blocks.append(Paragraph(words("forms.several"), tone="note"))
    title = findings.leading_code(view, "exploitation_type")
    return _section(view, "forms", title, blocks)


def standing_out(view: View) -> Section | None:
    words, lines = view.words, []
    for population in ("all", "children"):
        rows = view.published.rows("hotspots", view.now, record_grain=GRAIN, population=population)
        order = {"hotspot": 0, "elevated": 1}
        for row in sorted(rows, key=lambda row: (order.get(row["label"], 2), row["role"], row["place"])):
            role = words(f"role.{row['role']}")
            least_times: Sentence = NONE
            if row["at_least_times"]:
                least_times = (view.published.cell("hotspots", row, "at_least_times"),)
            label = words(f"standing.{row['label']}")
            lines.append([(row["place"],), role, words(f"population.{population}"), label, least_times])
    columns = [words(f"column.{one}") for one in ("place", "role", "population", "label", "times")]
    blocks: list[Block] = (
        [Table(words("table.hotspots", period=view.period), columns, lines, 1)] if lines else []
    )
    bands = _risk(view)
    if bands:
        blocks += [Heading(words("risk.title")), Items(bands)]
    if blocks:
        blocks.append(Paragraph(words("hotspots.note"), tone="note"))
    return _section(view, "hotspots", capital(findings.stand_out(view)), blocks)


def _risk(view: View) -> list[Sentence]:
    """Counties by band of reported activity, in the newest period that has bands."""
    words, found = view.words, []
    kinds = [one for kind in ("year", "rolling_12_months") for one in view.published.periods(kind)]
    period = next((one for one in [view.now, *kinds] if view.published.rows("risk", one)), None)
    for band in ("much_higher", "higher", "typical", "lower"):
        rows = view.published.rows("risk", period, band=band) if period else []
        if rows:
            names = words.together(
                [(view.published.cell("risk", row, "band", row["place"]),) for row in rows]
            )
            found.append(words(f"risk.{band}", places=names, period=view.published.period(period or "")))
    return found


def rounds(view: View) -> Section | None:
    """The newest survey round: corridors named for the first time, then all corridors that it names."""
    words, published = view.words, view.published
    period = next((one for one in published.periods("round") if published.rows("routes", one)), None)
    if period is None:
        return None
    confirmed = published.rows("novelty", period, evidence_class="panel_confirmed")
    new = [row for row in confirmed if row["item_kind"] == "corridor"]
    lines = published.rows("routes", period, line="corridor", level="od")
    ids = {row["line_id"].rpartition("|")[2]: row for row in lines}
    named = [
        published.corridor(ids[row["item"]]) if row["item"] in ids else _named(view, row["item"])
        for row in new
    ]
    slots = {"round": published.period(period)}
    blocks: list[Block] = []
    total = next(iter(published.rows("routes", period, line="round")), None)
    if total is not None and total["report_count"] is not None:
        blocks.append(
            Paragraph(words("rounds.total", count=published.cell("routes", total, "report_count"), **slots))
        )
    if named:
        blocks += [Heading(words("rounds.new")), Paragraph((", ".join(sorted(named)) + ".",))]
    if countries := _new_countries(view, confirmed):
        blocks += [Heading(words("rounds.countries")), Items(countries)]
    if lines:
        blocks.append(Heading(words("rounds.corridors")))
        known = sorted((row for row in lines if ends_known(row)), key=published.corridor)
        if view.is_public:
            blocks.append(Paragraph((", ".join(published.corridor(row) for row in known) + ".",)))
        else:
            counted = sorted(known, key=lambda row: -(row["report_count"] or 0))[:24]
            cells: list[list[Sentence]] = [
                [(published.corridor(row),), (published.cell("routes", row, "report_count"),)]
                for row in counted
            ]
            columns = [words("column.corridor"), words("column.reports")]
            blocks.append(Table(words("table.rounds", **slots), columns, cells, 1))
    if not blocks:
        return None
    if new:
        number = published.how_many(
            "novelty",
            rules.in_words(len(new)),
            period_id=period,
            evidence_class="panel_confirmed",
            item_kind="corridor",
        )
        title = capital(words.counted("rounds.title", number, **slots))
    else:
        title = words("rounds.plain", **slots)
    if view.is_public:
        blocks.append(
            Paragraph(words("rounds.note", least=published.policy("public_round_least_reports")), tone="note")
        )
    return _section(view, "rounds", title, blocks)


def _new_countries(view: View, confirmed: list[Row]) -> list[Sentence]:
    """Countries that no earlier round named, a line for each role."""
    found = []
    for role in ROLES:
        names = sorted(
            row["place"] for row in confirmed if row["item_kind"] == "country" and row["role"] == role
        )
        if names:
            found.append(view.words(f"rounds.country.{role}", places=view.words.together(names)))
    return found


# --- cells ------------------------------------------------------------------------------------------


def earlier(view: View, most: int = MOST_PERIODS) -> list[str]:
    """This period and those of the years before it, the newest last."""
    found, period = [view.now], view.before
    while period and len(found) < most:
        found.append(period)
        period = view.published.year_before(period)
    return found[::-1]


def least(view: View) -> Said:
    return view.published.policy(f"{view.published.name}_least_count")


def _section(view: View, name: str, title: Sentence, blocks: Sequence[Block]) -> Section | None:
    return Section(name, view.words.text(f"contents.{name}"), title, [blocks]) if blocks else None


def _count(view: View, table: str, row: Row | None) -> Sentence:
    return NONE if row is None else (view.count(table, row),)


def _text(counted: Said | str) -> Sentence:
    return (counted,) if plain(counted) else NONE


def _status(view: View, row: Row | None) -> Sentence:
    if row is None:
        return NONE
    return (view.published.cell("shifts", row, "status", view.words.text(f"status.{row['status']}")),)


def _band(view: View, row: Row) -> Sentence:
    if row["factor_band"] is None:
        return NONE
    return (view.published.cell("shifts", row, "factor_band", view.words.text(f"band.{row['factor_band']}")),)


def _evidence(view: View, row: Row) -> Sentence:
    if row["evidence"] is None:
        return NONE
    return (view.published.cell("shifts", row, "evidence", view.words.text(f"seen.{row['evidence']}")),)


def _direction(view: View, row: Row) -> Sentence:
    return (view.words.text(f"direction.{row['direction']}"),) if row["direction"] else NONE


def _pair_table(view: View, rows: Sequence[Row], end: str, caption: Sentence) -> Table:
    lines = [
        [
            (view.published.place(row[f"{end}_place_id"]),),
            *(
                _count(view, "corridors", view.corridor(row["corridor_id"], "country", one))
                for one in earlier(view)
            ),
        ]
        for row in rows
    ]
    heads = [(view.published.head(one),) for one in earlier(view)]
    return Table(caption, [view.words("column.country"), *heads], lines, len(heads))


def _other(row: Row, end: str) -> str:
    return str(row["origin_place_id" if end == "destination" else "destination_place_id"])


def _most(view: View, place: str) -> int:
    found = (view.place(place, role) for role in ROLES)
    return max((row["movement_count"] or 0 for row in found if row is not None), default=0)


def _same_code(view: View, row: Row, period: str) -> Row | None:
    return view.code(row["domain"], row["code"], period)


def _named(view: View, corridor_id: str) -> str:
    return " → ".join(view.published.place(place) for place in corridor_id.split(">"))
