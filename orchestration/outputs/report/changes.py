"""Changes in one chart: every corridor of either year, by what can be said about its share."""

from __future__ import annotations

from orchestration.outputs.figures.marks import Pair
from orchestration.outputs.published import Row, ends_known
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.figures import change_pairs, changes_chart
from orchestration.outputs.report.parts import Block, Paragraph, Section, Table
from orchestration.outputs.report.view import NONE, View, code, section, titled
from orchestration.outputs.texts import Spans

GROUPS = ("rose", "fell", "held", "unjudged")
MOST_ROWS = 32


def changes(view: View) -> Section | None:
    if not view.before:
        return None
    group = {(row["start_place_id"], row["end_place_id"]): rules.group_of(row) for row in view.shifts()}
    rows: dict[str, list[Row]] = {name: [] for name in GROUPS}
    for row in view.compared("corridors"):
        if ends_known(row):
            rows[group.get((row["start_place_id"], row["end_place_id"]), "unjudged")].append(row)
    drawn, room = list[tuple[str, list[Pair]]](), MOST_ROWS
    for name, of_group in rows.items():
        pairs = change_pairs(view, of_group, name)
        if pairs and room > 0:
            group_name = view.say.text(f"changes.group.{name}")
            drawn.append((f"{group_name} ({len(pairs)})", pairs[:room]))
        room -= len(pairs)
    blocks: list[Block] = []
    if drawn:
        others = (
            [view.say("changes.others")] if any(one.is_open for _, pairs in drawn for one in pairs) else []
        )
        note = findings.joined([view.say("changes.note"), *others, view.say("changes.judged")])
        blocks += [changes_chart(view, drawn), Paragraph(note, tone="note")]
    blocks += findings.each_change(view)
    blocks += _latest(view)
    if any(row["status"] == "abandoned" for row in view.shifts()):
        blocks.append(Paragraph(view.say("changes.silent"), tone="note"))
    title = findings.changes_title(view) or view.say("changes.none_judged")
    return section(view, "changes", title, blocks, findings.unjudged(view))


ORDER = (*rules.ROSE, *rules.FELL)


def _latest(view: View) -> list[Block]:
    """Return clear changes in the newest twelve months, which members have."""
    shifts = sorted(view.latest(), key=lambda row: ORDER.index(row["status"]))
    if not shifts:
        return []
    names = ("corridor", "share_change", "share")
    lines: list[list[Spans]] = []
    for row in shifts:
        # The band says too much of a change that is not sure, and too little where none is left.
        band = NONE if row["later_count"] == 0 else code(view, row, "factor_band", "band")
        size = findings.size_of(view, row) or band
        lines.append([(view.published.corridor(row),), code(view, row, "status", "status"), size])
    heading = view.say("changes.latest", period=view.window(shifts[0], "period_id"))
    return titled(heading, Table((), [view.say(f"column.{name}") for name in names], lines))
