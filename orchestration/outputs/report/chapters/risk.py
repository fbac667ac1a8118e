"""Counties by a composite of what partners report of them: bands, never ranks."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.outputs.printed import YEARLY, Printed, Row
from orchestration.outputs.report.chapters.opening import opening
from orchestration.outputs.report.parts import Block, Bullets, Chapter, Paragraph, Table
from orchestration.outputs.words import Sentence, Slot

JUDGED = ("much_higher", "higher", "typical", "lower")
BANDS = (*JUDGED, "between_bands", "not_rated")


def risk(printed: Printed) -> Chapter:
    words = printed.words
    blocks = opening(printed, "risk", "regional_risk")
    for grain in printed.grains("regional_risk"):
        period = printed.newest("regional_risk", YEARLY, record_grain=grain)
        if period is not None:
            blocks += _of_period(printed, grain, period)
    return Chapter("risk", words.text("chapter.risk"), blocks)


def _of_period(printed: Printed, grain: str, period: str) -> Iterator[Block]:
    """A table where at least one county has a band."""
    words, given = printed.words, {"record_grain": grain, "period_id": period}
    slots: dict[str, Slot] = {"grain": words(f"grain.{grain}"), "period": printed.period(period, grain)}
    if not printed.rows("regional_risk", **given, band=JUDGED):
        return
    bands = [band for band in BANDS if printed.rows("regional_risk", **given, band=band)]
    lines: list[list[Sentence]] = []
    for band in bands:
        rows = printed.rows("regional_risk", **given, band=band)
        count = printed.count("regional_risk", **given, band=band)
        lines.append([words(f"risk_band.{band}"), _counties(printed, rows), (count,)])
    columns = [words(f"column.{one}") for one in ("band", "counties", "number")]
    yield Table(words("risk.table", **slots), columns, lines, 1, (1.2, 4, 0.6))
    meanings = {band: words.meaning("risk_band", band) for band in bands}
    yield Bullets([words("term", term=words(f"risk_band.{band}"), meaning=meanings[band]) for band in bands])
    yield Paragraph(words("risk.note"), "note")


def _counties(printed: Printed, rows: list[Row]) -> Sentence:
    """Their names, with the range of the score where the edition prints it."""
    said: list[Sentence] = []
    for row in sorted(rows, key=lambda row: printed.place(row["place_id"])):
        name = printed.place(row["place_id"])
        if row.get("score") is None:
            said.append((name,))
            continue
        low, high = (printed.cell("regional_risk", row, one, f"{row[one]:.0f}") for one in ("low", "high"))
        said.append(printed.words("risk.county", county=name, low=low, high=high))
    parts: list = []
    for one in said:
        parts += [", ", *one] if parts else one
    return tuple(parts)
