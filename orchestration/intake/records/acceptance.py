"""Accept rows by the partner's own status columns (review state, void flag, role), `accept_if` of a contract.

Rows are judged as sent. Consent is judged in `permission`.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.contracts import AcceptIf, Cell, same
from orchestration.intake.records.rename import cell_at

UNMAPPED = "Q:status_unmapped"


class RowConditions:
    """The conditions of one contract, applied row by row."""

    def __init__(self, conditions: Sequence[AcceptIf]) -> None:
        self._outcomes = [_outcomes(condition) for condition in conditions]
        self._otherwise = [_otherwise(condition) for condition in conditions]
        self._are_optional = [condition.optional_column for condition in conditions]

    def refusal(self, columns: Sequence[int | None], cells: list[Cell | None]) -> str | None:
        """Return why a row may not land, by the first condition that refuses it, or None.

        `columns` are the positions of the conditions' columns, None for a missing one: an optional one is not
        judged, any other counts as blank (JSON leaves out what no record has).
        """
        conditions = zip(self._outcomes, self._otherwise, self._are_optional, columns, strict=True)
        for outcomes, otherwise, is_optional, index in conditions:
            if index is None and is_optional:
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
