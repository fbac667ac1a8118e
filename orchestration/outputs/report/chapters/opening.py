"""How a chapter begins: what it is about, and that its table is not printed where the edition has none."""

from __future__ import annotations

from orchestration.outputs.printed import Printed
from orchestration.outputs.report.parts import Block, Paragraph


def opening(printed: Printed, chapter: str, table: str) -> list[Block]:
    blocks: list[Block] = [Paragraph(printed.words(f"{chapter}.lead"), "lead")]
    if not printed.has(table):
        blocks.append(Paragraph(printed.words(f"absent.{table}"), "note"))
    return blocks
