"""Which rows a partner's own marks let in: its review, its void flag, the role of a person.

Belongs here: `accept_if`, judged on a row as sent. Consent is judged before it (`minimise`).
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.contracts import AcceptIf, Cell, same
from orchestration.intake.records.rename import cell_at

UNMAPPED = "Q:status_unmapped"


class RowConditions:
    """The conditions of one contract, ready to judge row after row."""

    def __init__(self, conditions: Sequence[AcceptIf]) -> None:
        self._outcomes = [_outcomes(condition) for condition in conditions]
        self._otherwise = [_otherwise(condition) for condition in conditions]

    def refusal(self, columns: Sequence[int | None], cells: list[Cell | None]) -> str | None:
        """Why a row may not land, by the first condition that says so; None where all let it in.

        `columns` are the conditions' positions in the row, None for an optional column that is not there.
        """
        for outcomes, otherwise, index in zip(self._outcomes, self._otherwise, columns, strict=True):
            if index is None:
                continue
            cell = cell_at(cells, index)
            reason = outcomes.get(same(cell.value) if cell else "", otherwise)
            if reason is not None:
                return reason
        return None


def _outcomes(condition: AcceptIf) -> dict[str, str | None]:
    withheld, waits = f"withheld:{condition.withheld_as}", f"Q:{condition.waits_as}"
    outcomes: dict[str, str | None] = {same(text): None for text in condition.accept}
    outcomes |= {same(text): withheld for text in condition.withhold}
    return outcomes | {same(text): waits for text in condition.wait}


def _otherwise(condition: AcceptIf) -> str | None:
    if condition.otherwise == "accept":
        return None
    if condition.otherwise == "withhold":
        return f"withheld:{condition.withheld_as}"
    return f"Q:{condition.waits_as}" if condition.otherwise == "wait" else UNMAPPED
