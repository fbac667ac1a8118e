"""Corridors whose share of partners' own records changed, what that rests on, and pairs that moved."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.outputs.printed import CHANGED, KEYS, Printed, Row, is_firm, is_headline
from orchestration.outputs.report.chapters.hotspots import against_usual
from orchestration.outputs.report.chapters.opening import opening
from orchestration.outputs.report.parts import Block, Bullets, Chapter, Figure, Heading, Paragraph, Table
from orchestration.outputs.words import Sentence, Slot

NOT_CHANGED = ("stable", "new_source", "too_few")


def shifts(printed: Printed, figures: dict[str, str]) -> Chapter:
    words = printed.words
    blocks = opening(printed, "shifts", "corridor_shifts")
    if alt := figures.get("shifts"):
        said = words("figure.shifts", grain=printed.said_grains("corridor_shifts", 1))
        blocks.append(Figure("shifts", alt, said))
    for grain in printed.grains("corridor_shifts"):
        rows = printed.rows("corridor_shifts", record_grain=grain)
        before = {row["current_window"]: row["baseline_window"] for row in rows}
        for current in printed.sorted_periods(before):
            blocks += _of_windows(printed, grain, before[current], current)
    if printed.has("corridor_shifts"):
        blocks.append(Paragraph(words("shifts.note"), "note"))
        stands = words(f"shifts.stands.{printed.edition.name}")
        blocks.append(Paragraph((*words("shifts.editions"), " ", *stands), "note"))
        blocks += _pairs(printed)
    return Chapter("shifts", words.text("chapter.shifts"), blocks)


def _of_windows(printed: Printed, grain: str, baseline: str, current: str) -> Iterator[Block]:
    words = printed.words
    given = {"record_grain": grain, "baseline_window": baseline, "current_window": current}
    slots: dict[str, Slot] = {
        "grain": words(f"grain.{grain}"),
        "baseline": printed.period(baseline, grain),
        "current": printed.period(current, grain),
    }
    rows = printed.rows("corridor_shifts", **given, status=CHANGED)
    if rows:
        rows = sorted(
            rows,
            key=lambda row: (not is_firm(printed, row), CHANGED.index(row["status"]), row["corridor_id"]),
        )
        columns = [words(f"column.{one}") for one in ("corridor", "status", "share", "evidence")]
        lines = [_line(printed, row) for row in rows]
        yield Table(words("shifts.table", **slots), columns, lines, widths=(2, 1.1, 1.4, 2.2))
    said = []
    for status in NOT_CHANGED:
        if printed.rows("corridor_shifts", **given, status=status):
            count = printed.count("corridor_shifts", **given, status=status)
            said.append(words.counted(f"shifts.{status}", count))
    if said:
        yield Bullets(said)


def _line(printed: Printed, row: Row) -> list[Sentence]:
    words = printed.words
    evidence = row.get("evidence") or "panel"
    said = words(f"evidence.{evidence}")
    if row.get("reason") == "reappeared":
        said = (*said, " ", words.meaning("shift_reason", "reappeared"))
    return [
        (printed.corridor(row),),
        words(f"status.{row['status']}"),
        against_usual(printed, "corridor_shifts", row, "share_odds_ratio"),
        said,
    ]


def _pairs(printed: Printed) -> Iterator[Block]:
    """Only where the edition says from which corridor another may have taken over, and both are firm.

    Where it says none, the chapter is silent: the marts may hold one that this edition does not print.
    """
    words = printed.words
    heading = Heading(words.text("shifts.pairs"))
    if not printed.says("corridor_shifts", "displaced_from"):
        yield from (heading, Paragraph(words("absent.displaced_from")))
        return
    rows = printed.rows("corridor_shifts")
    by_key = {tuple(row[name] for name in KEYS["corridor_shifts"]): row for row in rows}
    said = []
    for row in rows:
        in_its_windows = [row[name] for name in KEYS["corridor_shifts"] if name != "corridor_id"]
        for corridor in (row["displaced_from"] or "").split(";"):
            before = by_key.get((corridor, *in_its_windows))
            if before is not None and is_headline(printed, row) and is_headline(printed, before):
                said.append(_pair(printed, before, row))
    if said:
        yield from (heading, Bullets(said))


def _pair(printed: Printed, before: Row, after: Row) -> Sentence:
    words = printed.words
    return words(
        "shifts.pair",
        before=printed.corridor(before),
        before_status=words.text(f"status.{before['status']}").lower(),
        after=printed.corridor(after),
        after_status=words.text(f"status.{after['status']}").lower(),
    )
