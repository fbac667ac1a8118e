"""What is new since the last release: a new period, and corridors whose change is new."""

from __future__ import annotations

from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.parts import Items, Paragraph, Section
from orchestration.outputs.report.view import View, section
from orchestration.outputs.texts import Spans, Value


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
