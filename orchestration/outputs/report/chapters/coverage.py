"""Who reports where, and what the records do not say."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.outputs.printed import Printed
from orchestration.outputs.report.chapters.opening import opening
from orchestration.outputs.report.parts import Block, Bullets, Chapter, Figure, Paragraph, Table
from orchestration.outputs.words import Slot

PARTNERS = ("three_or_more", "one_or_two", "none")


def coverage(printed: Printed, figures: dict[str, str]) -> Chapter:
    words = printed.words
    blocks = opening(printed, "coverage", "coverage")
    for grain in printed.grains("coverage"):
        blocks += _of_grain(printed, grain)
    if alt := figures.get("coverage"):
        said = words("figure.coverage", grain=printed.said_grains("coverage"))
        blocks.append(Figure("coverage", alt, said))
    blocks.append(Paragraph(words("coverage.note"), "note"))
    return Chapter("coverage", words.text("chapter.coverage"), blocks)


def _of_grain(printed: Printed, grain: str) -> Iterator[Block]:
    words = printed.words
    period = printed.newest("coverage", record_grain=grain)
    if period is None:
        return
    given = {"period_id": period, "record_grain": grain}
    slots: dict[str, Slot] = {"grain": words(f"grain.{grain}"), "period": printed.period(period, grain)}
    yield Bullets(
        [
            words.counted(f"coverage.{band}", printed.count("coverage", **given, partners_band=band), **slots)
            for band in PARTNERS
            if printed.rows("coverage", **given, partners_band=band)
        ]
    )
    unwatched = printed.rows("coverage", **given, partners_band="none")
    if unwatched:
        places = words.together(sorted(printed.place(row["place_id"]) for row in unwatched))
        yield Paragraph(words("coverage.unwatched", places=places, **slots))


def completeness(printed: Printed) -> Chapter:
    words = printed.words
    blocks = opening(printed, "completeness", "completeness")
    if table := _known(printed):
        blocks.append(table)
    blocks.append(Paragraph(words("completeness.unseen"), "note"))
    # Members find both in the marts; no number of persons is printed of them, and none is made up here.
    blocks += [
        Paragraph(words(f"completeness.no_count.{grain}"), "note")
        for grain in ("interception", "flow_count")
        if not printed.rows("ends", record_grain=grain)
    ]
    return Chapter("completeness", words.text("chapter.completeness"), blocks)


def _known(printed: Printed) -> Table | None:
    """A line a field, a column a kind of record in its newest period."""
    words, columns, told = printed.words, [], {}
    for grain in printed.grains("completeness"):
        period = printed.newest("completeness", record_grain=grain)
        if period is not None:
            head = words(
                "column.known_of", grain=words(f"grain.{grain}"), period=printed.heading(period, grain)
            )
            columns.append((grain, head))
            for row in printed.rows("completeness", record_grain=grain, period_id=period):
                told[row["field"], grain] = words(f"known.{row['known_share_band']}")
    fields = sorted({field for field, _ in told}, key=lambda field: words.text(f"field.{field}"))
    if not fields:
        return None
    lines = [
        [words(f"field.{field}"), *(told.get((field, grain), ("–",)) for grain, _ in columns)]
        for field in fields
    ]
    heads = [words("column.field"), *(head for _, head in columns)]
    return Table(words("completeness.table"), heads, lines)
