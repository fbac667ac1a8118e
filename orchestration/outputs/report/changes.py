"""What is new since the last release, and changes in one chart: judged corridors, by what their share did."""

from __future__ import annotations

from orchestration.outputs.figures.marks import Pair
from orchestration.outputs.published import Row
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.figures import change_pair, changes_chart
from orchestration.outputs.report.parts import Block, Items, Paragraph, Section, Table
from orchestration.outputs.report.view import NONE, View, code, section, titled
from orchestration.outputs.texts import Spans, Value

GROUPS = ("rose", "fell", "held")
MOST_ROWS = 32


def changes(view: View) -> Section | None:
    if not view.before:
        return None
    group = {(row["start_place_id"], row["end_place_id"]): rules.group_of(row) for row in view.shifts()}
    rows: dict[str, list[Row]] = {name: [] for name in GROUPS}
    for row in view.compared("corridors"):
        if (name := group.get((row["start_place_id"], row["end_place_id"]))) in rows:
            rows[name].append(row)
    drawn, others, room = list[tuple[str, list[Pair]]](), list[str](), MOST_ROWS
    for name, of_group in rows.items():
        found = [(row, change_pair(view, row, name)) for row in of_group]
        pairs = [pair for _, pair in found if pair]
        others += [view.published.corridor(row) for row, pair in found if not pair]
        if pairs and room > 0:
            group_name = view.say.text(f"changes.group.{name}")
            drawn.append((f"{group_name} ({len(pairs)})", pairs[:room]))
        room -= len(pairs)
    blocks: list[Block] = []
    if drawn:
        note = findings.joined([view.say("changes.note"), view.say("changes.judged")])
        blocks += [changes_chart(view, drawn), Paragraph(note, tone="note")]
    if others:
        names = view.say.together(others)
        blocks.append(Paragraph(view.say("changes.others", names=names), tone="note"))
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
    return section(view, "since", say("since.title"), [Items(items), note])
