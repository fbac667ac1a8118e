"""Changes in one chart: every corridor of either year, by what can be said about its share."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.outputs.published import Row, ends_known
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.chapters import changes_table
from orchestration.outputs.report.figures import change_pairs, changes_chart
from orchestration.outputs.report.parts import Block, Paragraph, Section
from orchestration.outputs.report.view import View, capital, section, titled
from orchestration.outputs.texts import Spans

MOST_ROWS = 44


def changes(view: View) -> Section | None:
    if not view.before:
        return None
    rows, groups = view.compared("corridors"), list[tuple[str, list[Row], bool]]()
    status = {(shift["start_place_id"], shift["end_place_id"]): _status(shift) for shift in view.shifts()}
    by_group = {
        name: [row for row in _known(rows) if status.get(_ends(row), "unjudged") == name] for name in GROUPS
    }
    room = MOST_ROWS
    for name, of_group in by_group.items():
        groups.append((name, of_group[:room], name in ("rose", "fell")))
        room -= len(of_group[:room])
    drawn = [
        (_group(view, name, len(by_group[name])), change_pairs(view, shown, is_strong))
        for name, shown, is_strong in groups
        if shown
    ]
    blocks: list[Block] = []
    if drawn:
        note = findings.joined([view.say("changes.note"), view.say("changes.judged")])
        blocks += [changes_chart(view, drawn), Paragraph(note, tone="note")]
    blocks += _beside(view)
    if any(row["status"] == "abandoned" for row in view.shifts()):
        blocks.append(Paragraph(view.say("changes.silent"), tone="note"))
    return section(view, "changes", _title(view, by_group), blocks, _deck(view))


GROUPS = ("rose", "fell", "held", "unjudged")


def _status(shift: Row) -> str:
    if rules.is_change(shift):
        return "rose" if shift["status"] in rules.ROSE else "fell"
    return "held" if shift["status"] == "stable" else "unjudged"


def _ends(row: Row) -> tuple[str, str]:
    return row["start_place_id"], row["end_place_id"]


def _known(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if ends_known(row)]


def _group(view: View, name: str, count: int) -> str:
    return f"{view.say.text(f'changes.group.{name}')} ({count})"


def _title(view: View, groups: dict[str, list[Row]]) -> Spans:
    """Return what rose and fell by name, then how many held; where none changed, that all held."""
    say, held = view.say, len(groups["held"])
    if pairs := rules.pairs(view.shifts()):
        rise, fall = pairs[0]
        first = say("changes.pair", riser=findings.ends(view, rise), faller=findings.ends(view, fall))
    else:
        changed = [shift for shift in view.shifts() if rules.is_change(shift)]
        named = [
            say(f"changes.{_status(shift)}", corridor=findings.ends(view, shift)) for shift in changed[:2]
        ]
        first = say.together(named)
    if first and held:
        return (*capital(first), *say("changes.and_held", count=rules.in_words(held)))
    if first:
        return capital(first)
    return say("changes.all_held", count=rules.in_words(held)) if held else say("changes.none_judged")


def _deck(view: View) -> Spans:
    told = [findings.stop(findings.displacement(view, *pair)) for pair in rules.pairs(view.shifts())[:1]]
    return findings.joined([*told, findings.unjudged(view)])


def _beside(view: View) -> list[Block]:
    """Return changes by place passed and of the newest twelve months, which members have."""
    by_place = changes_table(view, view.shifts(is_via=True), view.say("table.changes_via"))
    blocks: list[Block] = [by_place] if by_place.rows else []
    if latest := view.latest():
        heading = view.say("changes.latest", period=view.window(latest[0], "period_id"))
        blocks += titled(heading, changes_table(view, latest, ()))
    return blocks
