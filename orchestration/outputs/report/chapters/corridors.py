"""From where to where: the corridors with most persons, into Kenya, out of it and within it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.outputs.printed import ENDS, NOT_KNOWN, Printed, between_known, ranked
from orchestration.outputs.report.chapters.opening import opening
from orchestration.outputs.report.parts import Block, Chapter, Figure, Heading, Paragraph, Table
from orchestration.outputs.words import Said, Sentence

DIRECTIONS = ("into", "out_of", "within", "outside", "unknown")
MOST_ROWS, MOST_PERIODS = 12, 4


def corridors(printed: Printed, figures: dict[str, str]) -> Chapter:
    words = printed.words
    blocks = opening(printed, "corridors", "corridors")
    if alt := figures.get("corridors"):
        blocks.append(
            Figure("corridors", alt, words("figure.corridors", grain=printed.said_grains("corridors", 1)))
        )
        blocks += _placed(printed)
    for grain in printed.grains("corridors"):
        blocks += _of_grain(printed, grain)
    if alt := figures.get("years"):
        blocks.append(Figure("years", alt, words("figure.years", grain=printed.said_grains("corridors", 1))))
    if printed.has("corridors"):
        blocks.append(
            Paragraph(
                words("hidden.legend", symbol=printed.hidden, least=printed.policy("least_persons")), "note"
            )
        )
    return Chapter("corridors", words.text("chapter.corridors"), blocks)


def _placed(printed: Printed) -> Iterator[Block]:
    """How many corridors the map cannot draw."""
    for grain in printed.grains("corridors")[:1]:
        period = printed.newest("corridors", record_grain=grain, is_shown=True)
        shown = {"record_grain": grain, "period_id": period, "is_shown": True}
        rows = printed.rows("corridors", **shown)
        if period is not None and len(between_known(rows)) < len(rows):
            slots = {
                "all": printed.count("corridors", **shown),
                "known": printed.count("corridors", dict.fromkeys(ENDS, NOT_KNOWN), **shown),
                "period": printed.period(period, grain),
            }
            yield Paragraph(printed.words("corridors.placed", **slots))


def _of_grain(printed: Printed, grain: str) -> Iterator[Block]:
    words = printed.words
    shown = {"record_grain": grain, "is_shown": True}
    periods = printed.series("corridors", MOST_PERIODS, **shown)
    if not periods:
        return
    told = {
        (row["origin_place_id"], row["destination_place_id"], row["period_id"]): row
        for row in printed.rows("corridors", **shown, period_id=periods)
    }
    newest_first = [row for period in reversed(periods) for row in ranked([
        row for row in told.values() if row["period_id"] == period
    ])]  # fmt: skip
    for direction in DIRECTIONS:
        ends = dict.fromkeys(
            (row["origin_place_id"], row["destination_place_id"])
            for row in newest_first
            if printed.direction(row) == direction
        )
        if not ends:
            continue
        lines: list[list[Sentence]] = []
        for pair in list(ends)[:MOST_ROWS]:
            cells: list[Said] = [
                printed.cell("corridors", told[*pair, period], "person_count")
                if (*pair, period) in told
                else printed.hidden
                for period in periods
            ]
            lines.append([(printed.place(pair[0]),), (printed.place(pair[1]),), *((cell,) for cell in cells)])
        yield Heading(
            words.text(f"direction.{direction}")
            + ("" if grain == "case" else f" ({words.text(f'grain.{grain}')})")
        )
        caption = words(f"corridors.table.{direction}", grain=words(f"grain.{grain}"))
        columns = [
            words("column.from"),
            words("column.to"),
            *((printed.heading(one, grain),) for one in periods),
        ]
        yield Table(caption, columns, lines, len(periods))
    if note := printed.partial_note(periods, grain):
        yield Paragraph(note, "note")
