"""Refuse cells of several lines in columns that hold no such text: there, a stray quotation mark joined rows.

A row of delimited text may run over several filled lines only through a column that the contract denies or
names under `format.multiline`. Tables written by a form server are quoted throughout and are not judged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from orchestration.contracts import Contract, CsvFormat
from orchestration.intake.reading.block import Block, SourceRow
from orchestration.intake.reading.csv_files import stray_quote
from orchestration.intake.records.header import Header
from orchestration.intake.records.rename import ColumnPlan


def with_lines_checked(
    blocks: Iterator[Block],
    contract: Contract,
    header: Header,
    plan: ColumnPlan,
    shown: Sequence[str],
    label: str,
) -> Iterator[Block]:
    """Yield blocks unchanged; raise ExtractHeld for a row whose lines are joined in any other column.

    `shown`: names of the columns for messages, by position.
    """
    layout = contract.format
    named = layout.multiline if isinstance(layout, CsvFormat) else []
    allowed = {*plan.denied, *(at for column in named if (at := header.find(column)) is not None)}
    for block in blocks:
        if block.lines is not None and isinstance(layout, CsvFormat):
            for at in np.flatnonzero(block.lines > 1).tolist():
                _check(block.row(at), allowed, shown, label)
        yield block


def _check(row: SourceRow, allowed: set[int], shown: Sequence[str], label: str) -> None:
    for at, cell in enumerate(row.cells):
        if cell and at not in allowed and len(cell.value.strip().splitlines()) > 1:
            name = shown[at] if at < len(shown) and shown[at] else f"column {at + 1}"
            hint = (
                f" If {name!r} does hold text of several lines, name it under `format.multiline` or "
                "`deny` in the contract."
            )
            raise stray_quote(label, row.number, row.number + row.lines - 1, hint)
