"""Table cells and sections that chapters and the annex share."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.outputs.published import Row
from orchestration.outputs.report.parts import Block, Heading, Section, Table
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Sentence

NONE: Sentence = ("–",)
HALF = 86.0  # millimetres: half of the page


def section(view: View, name: str, title: Sentence, blocks: Sequence[Block]) -> Section | None:
    """Return a chapter with one sheet, or None without blocks."""
    return Section(name, view.say.text(f"contents.{name}"), title, [blocks]) if blocks else None


def heads(view: View, periods: Sequence[str]) -> list[Sentence]:
    """Return a column head per period."""
    return [(view.published.head(period),) for period in periods]


def titled(heading: Sentence, table: Table) -> list[Block]:
    """Return a table under its heading; nothing without rows."""
    return [Heading(heading), table] if table.rows else []


def count(view: View, table: str, row: Row | None) -> Sentence:
    return NONE if row is None else (view.count(table, row),)


def corridor_counts(view: View, row: Row, periods: Sequence[str]) -> list[Sentence]:
    """Return the count of a corridor in each period."""
    rows = [view.corridor(row["corridor_id"], row["level"], period) for period in periods]
    return [count(view, "corridors", found) for found in rows]


def code(view: View, row: Row | None, column: str, kind: str) -> Sentence:
    """Return a code of `shifts` as its text, such as a status or a band."""
    if row is None or row[column] is None:
        return NONE
    return (view.published.cell("shifts", row, column, view.say.text(f"{kind}.{row[column]}")),)
