"""Chapters: what is new since the last release; corridors that rose, fell or held, and displacement."""

from __future__ import annotations

from datetime import date

from orchestration.outputs.published import Row
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.parts import Block, Items, Paragraph, Section, Table
from orchestration.outputs.report.view import GRAIN, NONE, View, code, heads, section, titled
from orchestration.outputs.texts import Spans, Value


def since_release(view: View) -> Section | None:
    """Return a new period, and corridors whose change is new, compared with the last release."""
    say, previous = view.say, view.previous
    if previous is None:
        return None
    items: list[Spans] = [say("since.period", period=view.period)] if view.now != previous.now else []
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


ORDER = (*rules.ROSE, *rules.FELL)


def changes(view: View) -> Section | None:
    if not view.before:
        return None
    tables = [_table(view, level) for level in ("od", "odv")]
    found = [table for table in tables if table is not None]
    if not found:
        return None
    note = view.mark_note([*view.shifts(), *view.shifts("odv")])
    blocks: list[Block] = [*_pairs(view), *found, *note, *_newer_windows(view)]
    if any(row["status"] == "abandoned" for row in view.shifts()):
        blocks.append(Paragraph(view.say("changes.silent"), tone="note"))
    return section(view, "changes", findings.changes_title(view) or view.say("contents.changes"), blocks)


def _pairs(view: View) -> list[Paragraph]:
    return [
        Paragraph(findings.stop(findings.displacement(view, rise, fall)))
        for rise, fall in rules.pairs(view.shifts())
    ]


def _table(view: View, level: str) -> Table | None:
    say = view.say
    shifts = view.shifts(level)
    shifts.sort(key=lambda row: ORDER.index(row["status"]) if row["status"] in ORDER else len(ORDER))
    columns = [say(f"column.{name}") for name in ("corridor", "change", "share")]
    if not view.is_public:
        columns.append(say("column.seen_by"))
    lines: list[list[Spans]] = []
    for row in shifts:
        line = [(view.marked(row),), code(view, row, "status", "status")]
        # The band says too much of a change that is not sure, and too little where none is left.
        is_gone = row["current_count_text"] == "0"
        band = NONE if is_gone else code(view, row, "factor_band", "band")
        band = say("changes.stable") if row["status"] == "stable" else band
        line.append(findings.size_of(view, "shifts", row) or band)
        if not view.is_public:
            line.append(code(view, row, "evidence", "evidence"))
        lines.append([*line, _or_dash(findings.before(view, row)), _or_dash(findings.now(view, row))])
    periods = heads(view, (view.before or "", view.now))
    return Table(say(f"table.changes.{level}"), [*columns, *periods], lines, 2) if lines else None


def _newer_windows(view: View) -> list[Block]:
    """Return changes up to a month after the newest quarter, which members have."""
    say, published = view.say, view.published
    rows = [
        row
        for row in published.rows("shifts", comparison="months", record_grain=GRAIN)
        if rules.is_change(row) and row["current"] != view.now
    ]
    if not rows:
        return []
    lines = [
        [
            (published.corridor(row),),
            code(view, row, "status", "status"),
            _window_count(view, row, "baseline"),
            _window_count(view, row, "current"),
        ]
        for row in rows
    ]
    year, month = rows[0]["current"].split("-")[:2]
    last = published.cell("shifts", rows[0], "current", published.month(date(int(year), int(month), 1)))
    columns = [say(f"column.{name}") for name in ("corridor", "change", "twelve_before", "twelve")]
    return titled(say("changes.months", month=last), Table((), columns, lines, 2))


def _window_count(view: View, row: Row, side: str) -> Spans:
    return NONE if row[f"{side}_count_text"] in (None, "0") else (view.published.count("shifts", row, side),)


def _or_dash(count: Value | str) -> Spans:
    return (count,) if count else NONE
