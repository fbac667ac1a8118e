"""Children: their share by county of start, their years, where they end, and age."""

from __future__ import annotations

from math import sqrt

from orchestration.outputs.figures.marks import Count, pyramid, top_of
from orchestration.outputs.published import Row
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.figures import PAGE, BarRow, bar_rows, figure, share_chart, year_cell
from orchestration.outputs.report.parts import Block, Columns, Heading, Paragraph, Section
from orchestration.outputs.report.view import HALF, View, section
from orchestration.outputs.texts import plain

# Years of each band; the last is open in VJT and has none.
BANDS = {
    "a00_08": 9, "a09_17": 9, "a18_20": 3, "a21_23": 3, "a24_26": 3, "a27_29": 3, "a30_38": 9, "a39_47": 9,
}  # fmt: skip
ADULTS_FROM = "a18_20"
LEAST_ROWS, MOST_ENDS, SHORT = 3, 7, 20
BESIDE = PAGE / 2 - 9  # points


def children(view: View) -> Section | None:
    rows = [row for row in view.counties("starts") if row["child_count"] and row["movement_count"]]
    left, right = _shares(view, rows), [*_ends(view), *_ages(view)]
    # The years stand in the shorter column.
    (left if len(rows) <= SHORT else right).extend(_years(view))
    halves = [part for part in (left, right) if part]
    blocks = [Columns([HALF] * len(halves), halves)] if halves else []
    return section(view, "children", findings.children_title(view), blocks)


def _shares(view: View, rows: list[Row]) -> list[Block]:
    """Return the share of children by county, as a dot with its noise."""
    whole = view.row("traits", trait="age_group", code="child")
    if whole is None or len(rows) < LEAST_ROWS:
        return []
    mean = whole["trait_count"] / view.all_cases
    rows = sorted(rows, key=lambda row: -row["child_count"] / row["movement_count"])
    drawn = [_share(view, row, mean) for row in rows]
    named = "; ".join(f"{row['place']} {row['child_count']} / {row['movement_count']}" for row in rows)
    note = view.say("children.shares", least=str(rules.LEAST_BASE))
    return [
        Heading(view.say("children.by_county", period=view.period)),
        share_chart(view, drawn, mean, view.say.text("alt.children").format(places=named)),
        Paragraph(note, tone="note"),
    ]


def _share(view: View, row: Row, mean: float) -> tuple[str, float, float, Count, Count, bool, bool]:
    children, everyone = (view.drawn("starts", row, name) for name in ("child_count", "movement_count"))
    share = row["child_count"] / row["movement_count"]
    protection = sqrt(children.noise**2 + (share * everyone.noise) ** 2) / row["movement_count"]
    noise = sqrt(protection**2 + rules.chance(mean, row["movement_count"]) ** 2)
    is_sure = row["movement_count"] >= rules.LEAST_BASE
    return row["place"], share, noise, children, everyone, is_sure, is_sure and abs(share - mean) > noise


def _years(view: View) -> list[Block]:
    counts = view.series("traits", trait="age_group", code="child")
    if not any(one.number for one in counts):
        return []
    name = view.say.text("column.child_count")
    cell = year_cell(view, name, "", counts, top_of([counts], 40), BESIDE, "within", 40)
    return [Heading(view.say("children.years")), cell]


def _ends(view: View) -> list[Block]:
    rows = sorted(view.listed("ends"), key=lambda row: -(row["child_count"] or 0))
    rows = [row for row in rows if row["child_count"]][:MOST_ENDS]
    if not rows:
        return []
    bars = [BarRow(row["place"], view.drawn("ends", row, "child_count")) for row in rows]
    what = view.say("children.ends")
    return [Heading(what), bar_rows(view, plain(what), bars, BESIDE)]


def _ages(view: View) -> list[Block]:
    """Return age by sex, or where the edition has no such counts by age alone."""
    sexes = ("female", "male") if view.published.rows("traits", view.now, trait="sex_age") else ("",)
    codes = {code: [f"{sex} {code}".strip() for sex in sexes] for code in BANDS}
    trait = "sex_age" if len(sexes) > 1 else "age_band"
    rows = {code: [view.row("traits", trait=trait, code=one) for one in of] for code, of in codes.items()}
    if sum(any(one) for one in rows.values()) < LEAST_ROWS:
        return []
    names = {code: f"{int(code[1:3])}–{int(code[4:])}" for code in BANDS}
    bands = [(names[code], BANDS[code], [view.drawn("traits", row) for row in rows[code]]) for code in BANDS]
    sides = [view.say.text(f"pyramid.{sex or 'all'}") for sex in sexes]
    said = "; ".join(f"{name}: {', '.join(plain(one.text) for one in counts)}" for name, _, counts in bands)
    alt = view.say.text("alt.ages").format(sides=", ".join(sides), bands=said)
    drawn = figure(pyramid(bands, sides, BESIDE, names[ADULTS_FROM]), alt)
    note = Paragraph(view.say("children.ages_note"), tone="note")
    return [Heading(view.say("children.ages", period=view.period)), drawn, note]
