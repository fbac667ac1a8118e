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
