"""Changes in one chart: every corridor of either year, by what can be said about its share."""

from __future__ import annotations

from orchestration.outputs.figures.marks import Pair
from orchestration.outputs.published import Row, ends_known
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.chapters import changes_table
from orchestration.outputs.report.figures import change_pairs, changes_chart
from orchestration.outputs.report.parts import Block, Paragraph, Section
from orchestration.outputs.report.view import View, section, titled

GROUPS = ("rose", "fell", "held", "unjudged")
MOST_ROWS = 36


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
    if latest := view.latest():
        heading = view.say("changes.latest", period=view.window(latest[0], "period_id"))
        blocks += titled(heading, changes_table(view, latest, ()))
    if any(row["status"] == "abandoned" for row in view.shifts()):
        blocks.append(Paragraph(view.say("changes.silent"), tone="note"))
    claims = [findings.stop(findings.displacement(view, *pair)) for pair in rules.pairs(view.shifts())[:1]]
    deck = findings.joined([*claims, findings.unjudged(view)])
    title = findings.changes_title(view) or view.say("changes.none_judged")
    return section(view, "changes", title, blocks, deck)
