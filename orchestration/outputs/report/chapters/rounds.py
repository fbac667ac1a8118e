"""What the latest survey round named that no round before did, and who says so."""

from __future__ import annotations

from orchestration.outputs.printed import Printed, Row
from orchestration.outputs.report.parts import Block, Chapter, Paragraph, Table

TOLD = ("panel_confirmed", "single_partner", "new_source")


def rounds(printed: Printed) -> Chapter:
    words = printed.words
    blocks: list[Block] = [Paragraph(words("rounds.lead"), "lead")]
    new = printed.rows("novelty", evidence_class=TOLD)
    if not printed.has("novelty"):
        blocks.append(Paragraph(words("absent.novelty"), "note"))
    for grain, round_ in sorted({(str(row["record_grain"]), str(row["round"])) for row in new}):
        rows = [row for row in new if (row["record_grain"], str(row["round"])) == (grain, round_)]
        lines = []
        for evidence in TOLD:
            for role in dict.fromkeys(row["role"] for row in rows):
                items = [
                    _item(printed, row)
                    for row in rows
                    if (row["role"], row["evidence_class"]) == (role, evidence)
                ]
                if items:
                    names = ", ".join(sorted(set(items)))
                    lines.append([words(f"evidence_class.{evidence}"), words(f"role.{role}"), (names,)])
        any_row = rows[0]
        caption = words(
            "rounds.table",
            grain=words(f"grain.{grain}"),
            round=printed.cell("novelty", any_row, "round"),
        )
        columns = [words("column.evidence"), words("column.role"), words("column.named")]
        blocks.append(Table(caption, columns, lines, widths=(1.6, 1, 2.4)))
    if printed.has("novelty"):
        blocks.append(Paragraph(words("rounds.note"), "note"))
    return Chapter("rounds", words.text("chapter.rounds"), blocks)


def _item(printed: Printed, row: Row) -> str:
    if row["item_kind"] == "corridor":
        return " → ".join(printed.place(end) for end in str(row["item"]).split(">"))
    if row["item_kind"] == "form":
        return printed.code("exploitation_type", str(row["item"]))
    return printed.place(str(row["place_id"] or row["item"]))
