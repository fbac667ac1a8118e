"""Which rows of a block do not land, and why: the partner's own status columns, cells of several lines.

`accept_if` of a contract names status columns (review state, void flag, role). Rows are judged as sent.
Consent is judged in `minimise`.

A row of delimited text may run over several filled lines only through a column that the contract denies or
names under `format.multiline`: elsewhere, a stray quotation mark joined rows. Tables written by a form server
are quoted throughout and are not judged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from orchestration.contracts import AcceptIf, Cell, Contract, CsvFormat, same
from orchestration.intake.reading.block import Block, Flags, SourceRow
from orchestration.intake.reading.csv_files import stray_quote
from orchestration.intake.records.header import Header
from orchestration.intake.records.rename import ColumnPlan, cell_at

UNMAPPED = "Q:status_unmapped"


class Refusals:
    """A reason for each refused row of a block; the first reason given stays."""

    def __init__(self, rows: int) -> None:
        self._codes = np.zeros(rows, np.uint8)
        self._reasons: list[str] = []

    @property
    def stay(self) -> Flags:
        """By row: whether nothing refuses it."""
        rows: Flags = self._codes == 0
        return rows

    def refuse(self, reason: str, rows: Flags) -> None:
        """Refuse rows, apart from those refused before."""
        rows = rows & self.stay
        if not rows.any():
            return
        if reason not in self._reasons:
            self._reasons.append(reason)
        self._codes[rows] = self._reasons.index(reason) + 1

    def by_reason(self) -> Iterator[tuple[str, Flags]]:
        """Yield each reason with its rows."""
        for code, reason in enumerate(self._reasons, start=1):
            yield reason, self._codes == code

    def list(self) -> list[str | None]:
        """Return the reason of every row."""
        names: npt.NDArray[np.object_] = np.array([None, *self._reasons], object)
        reasons: list[str | None] = names[self._codes].tolist()
        return reasons


class RowConditions:
    """The conditions of one contract, applied row by row."""

    def __init__(self, conditions: Sequence[AcceptIf]) -> None:
        self._conditions = [(condition.optional_column, *_outcomes(condition)) for condition in conditions]

    def refusal(self, columns: Sequence[int | None], cells: list[Cell | None]) -> str | None:
        """Return why a row may not land, by the first condition that refuses it, or None.

        `columns` are the positions of the conditions' columns, None for a missing one: an optional one is not
        judged, any other counts as blank (JSON leaves out what no record has).
        """
        for (is_optional, outcomes, otherwise), index in zip(self._conditions, columns, strict=True):
            if index is None and is_optional:
                continue
            cell = cell_at(cells, index)
            reason = outcomes.get(same(cell.value) if cell else "", otherwise)
            if reason is not None:
                return reason
        return None


def _outcomes(condition: AcceptIf) -> tuple[dict[str, str | None], str | None]:
    """Return the outcome of each text, and that of any other."""
    of_action: dict[str | None, str | None] = {
        "accept": None,
        "withhold": f"withheld:{condition.withheld_as}",
        "wait": f"Q:{condition.waits_as}",
    }
    texts = {"accept": condition.accept, "withhold": condition.withhold, "wait": condition.wait}
    outcomes = {same(text): of_action[action] for action in texts for text in texts[action]}
    return outcomes, of_action.get(condition.otherwise, UNMAPPED)


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
