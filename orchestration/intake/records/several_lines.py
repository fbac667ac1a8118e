"""Refuse cells of several lines in columns that hold no such text: there, a stray quotation mark joined rows.

A row of delimited text may run over several filled lines only through a column that the contract denies or
names under `format.multiline`. Tables written by a form server are quoted throughout and are not judged here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from orchestration.contracts import Contract, CsvFormat
from orchestration.intake.reading.csv_records import stray_quote
from orchestration.intake.reading.sheets import SourceRow
from orchestration.intake.records.header import Header
from orchestration.intake.records.rename import ColumnPlan


def lines_check(
    contract: Contract, header: Header, plan: ColumnPlan, shown: Sequence[str], label: str
) -> Callable[[SourceRow], None]:
    """Return a function that raises ExtractHeld for a row whose lines are joined in any other column.

    `shown`: names of the columns for messages, by position.
    """
    layout = contract.format
    named = layout.multiline if isinstance(layout, CsvFormat) else []
    allowed = {*plan.denied, *(at for column in named if (at := header.find(column)) is not None)}

    def check(row: SourceRow) -> None:
        if row.lines == 1 or not isinstance(layout, CsvFormat):
            return
        for at, cell in enumerate(row.cells):
            if cell and at not in allowed and len(cell.value.strip().splitlines()) > 1:
                name = shown[at] if at < len(shown) and shown[at] else f"column {at + 1}"
                hint = (
                    f" If {name!r} does hold text of several lines, name it under `format.multiline` or "
                    "`deny` in the contract."
                )
                raise stray_quote(label, row.number, row.number + row.lines - 1, hint)

    return check
