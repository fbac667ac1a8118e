"""Places where partners report more, or less, than they do elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.outputs.printed import YEARLY, Printed, Row, is_wide
from orchestration.outputs.report.chapters.opening import opening
from orchestration.outputs.report.parts import Block, Bullets, Chapter, Figure, Heading, Paragraph, Table
from orchestration.outputs.words import Sentence

ROLES = ("origin", "transit", "intended_destination", "exploitation")
TOLD = ("hotspot", "elevated", "lower")
NO_FINDING = ("not_distinguished", "single_source", "insufficient", "not_comparable")


def hotspots(printed: Printed, figures: dict[str, str]) -> Chapter:
    words = printed.words
    blocks = opening(printed, "hotspots", "hotspots")
    if alt := figures.get("hotspots"):
        blocks.append(Figure("hotspots", alt, _caption(printed)))
    terms = [
        words("term", term=words(f"label.{label}"), meaning=words.meaning("hotspot_label", label))
        for label in TOLD
    ]
    if printed.has("hotspots"):
        blocks.append(Bullets(terms))
    for grain in printed.grains("hotspots"):
        period = printed.newest("hotspots", YEARLY, record_grain=grain)
        if period is not None:
            blocks += _of_grain(printed, grain, period)
    if printed.has("hotspots"):
        blocks.append(Paragraph(words("hotspots.note"), "note"))
    return Chapter("hotspots", words.text("chapter.hotspots"), blocks)


def _caption(printed: Printed) -> Sentence:
    said = printed.words("figure.hotspots", grain=printed.said_grains("hotspots", 1))
    if printed.says("hotspots", "ratio_low"):
        return said
    return (*said, " ", *printed.words("figure.no_width"))


def _of_grain(printed: Printed, grain: str, period: str) -> Iterator[Block]:
    given = {"record_grain": grain, "period_id": period}
    for role in ROLES:
        if printed.rows("hotspots", **given, role=role):
            yield from _of_role(printed, grain, role, period)


def _of_role(printed: Printed, grain: str, role: str, period: str) -> Iterator[Block]:
    words = printed.words
    given = {"record_grain": grain, "role": role, "period_id": period}
    rows = printed.rows("hotspots", **given, label=TOLD)
    not_judged = [label for label in NO_FINDING if printed.rows("hotspots", **given, label=label)]
    if rows or not_judged:
        yield Heading(
            words.text(f"hotspots.role.{role}")
            + ("" if grain == "case" else f" ({words.text(f'grain.{grain}')})")
        )
    if rows:
        rows = sorted(
            rows, key=lambda row: (TOLD.index(row["label"]), row["place_level"] != "county", row["place_id"])
        )
        named = ["place", "label", "usual", *(["trend"] if any(map(_has_pattern, rows)) else [])]
        columns = [words(f"column.{one}") for one in named]
        caption = words(
            f"hotspots.table.{role}", grain=words(f"grain.{grain}"), period=printed.period(period, grain)
        )
        lines = [_line(printed, row)[: len(named)] for row in rows]
        yield Table(caption, columns, lines, widths=(1.5, 1.5, 1.5, 2.2)[: len(named)])
    for label in not_judged:
        count = printed.count("hotspots", **given, label=label)
        yield Paragraph(words.counted(f"hotspots.{label}", count))


def _line(printed: Printed, row: Row) -> list[Sentence]:
    words = printed.words
    said = words(f"trend.{row['trend_category']}") if _has_pattern(row) else ("–",)
    return [
        (printed.place(row["place_id"]),),
        words(f"label.{row['label']}"),
        against_usual(printed, "hotspots", row, "activity_ratio"),
        said,
    ]


def _has_pattern(row: Row) -> bool:
    return row["trend_category"] not in (None, "insufficient", "none")


def against_usual(printed: Printed, table: str, row: Row, ratio: str) -> Sentence:
    """A factor with its interval where the edition prints it, else its band."""
    if row.get(ratio) is not None:
        said = [printed.cell(table, row, one, factor(row[one])) for one in (ratio, "ratio_low", "ratio_high")]
        return printed.words(
            "ratio.wide" if is_wide(row) else "ratio", ratio=said[0], low=said[1], high=said[2]
        )
    band = row.get("factor_band")
    return (printed.cell(table, row, "factor_band", printed.words.text(f"band.{band}")),) if band else ("–",)


def factor(value: float) -> str:
    """One place behind the point, two below one: no more than the interval carries."""
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"
