"""Chapter: what is new since the last release."""

from __future__ import annotations

from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.parts import Block, Items, Paragraph, Section
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Sentence, Value


def chapter(view: View) -> Section | None:
    """Return a new period, and corridors whose change is new, compared with the last release."""
    say, previous = view.say, view.previous
    if previous is None:
        return None
    items: list[Sentence] = [say("since.period", period=view.period)] if view.now != previous.now else []
    known = {(row["corridor_id"], row["status"]) for row in previous.shifts()}
    items += [
        findings.joined([findings.stop(findings.change(view, row)), findings.counts(view, row)])
        for row in view.shifts()
        if rules.is_change(row) and (row["corridor_id"], row["status"]) not in known
    ]
    if not items:
        return None
    release = Value(
        str(previous.published.manifest["release_id"]), "release|previous_release", "previous_release"
    )
    note = Paragraph(say("since.note", release=release), tone="note")
    blocks: list[Block] = [Items(items), note]
    return Section("since", say.text("contents.since"), say("since.title"), [blocks], is_page=True)
