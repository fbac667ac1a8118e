"""How people travel, how they are recruited and into what, by corridor: what enough records name."""

from __future__ import annotations

from orchestration.outputs.printed import Printed, Row
from orchestration.outputs.report.chapters.opening import opening
from orchestration.outputs.report.parts import Chapter, Paragraph, Table
from orchestration.outputs.words import Sentence

DOMAINS = ("transport_mode", "recruitment_method", "exploitation_type")
MOST_ROWS = 20


def ways(printed: Printed) -> Chapter:
    words = printed.words
    blocks = opening(printed, "ways", "corridor_codes")
    for grain in printed.grains("corridor_codes"):
        period = printed.newest("corridor_codes", record_grain=grain)
        if period is None:
            continue
        named: dict[str, list[Row]] = {}
        for row in printed.rows("corridor_codes", record_grain=grain, period_id=period):
            named.setdefault(printed.corridor(row), []).append(row)
        most_said = sorted(named, key=lambda one: (-len(named[one]), one))[:MOST_ROWS]
        lines = [
            [(corridor,), *(_codes(printed, named[corridor], one) for one in DOMAINS)]
            for corridor in most_said
        ]
        caption = words("ways.table", grain=words(f"grain.{grain}"), period=printed.period(period, grain))
        columns = [words("column.corridor"), *(words(f"column.{one}") for one in DOMAINS)]
        blocks.append(Table(caption, columns, lines, widths=(1.5, 1.4, 1.4, 1.6)))
    if printed.has("corridor_codes"):
        blocks.append(Paragraph(words("ways.note"), "note"))
    return Chapter("ways", words.text("chapter.ways"), blocks)


def _codes(printed: Printed, rows: list[Row], domain: str) -> Sentence:
    said = sorted(printed.code(domain, row["code"]) for row in rows if row["domain"] == domain)
    return ("; ".join(said) or "–",)
