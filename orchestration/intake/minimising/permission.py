"""Decide whether a record may be used: consent, its withdrawal, and its purpose.

Rows are judged as sent, before anything lands. The partner's own review is judged in `acceptance`, the
agreement by the extract gate.
"""

from __future__ import annotations

from orchestration.contracts import (
    STATISTICS,
    Cell,
    CodeReader,
    Contract,
    FieldSpec,
    load_vocabulary,
    same,
)
from orchestration.core import REFERENCE_SEEDS
from orchestration.intake.records.rename import ColumnPlan, NamedCell, cell_at

NO_CONSENT = "withheld:no_consent"
NOT_RECORDED = "withheld:consent_not_recorded"
WITHDRAWN = "withheld:withdrawn"
OTHER_PURPOSE = "withheld:other_purpose"
_OF_STATE = {"given": None, "refused": NO_CONSENT, "withdrawn": WITHDRAWN, "not_recorded": NOT_RECORDED}


class Permission:
    """The consent terms of one contract, applied row by row."""

    def __init__(self, contract: Contract) -> None:
        consent, withdrawn = contract.consent, contract.withdrawn
        self._states: dict[str, str] | None = None
        if consent and consent.column:
            self._states = {same(text): state for text, state in consent.values.items()}
        self._withdrawals = {same(text) for text in withdrawn.values} if withdrawn else None
        self._purpose = contract.fields.get("purpose")
        if self._purpose:
            vocabulary, languages = load_vocabulary(REFERENCE_SEEDS), contract.locale.languages
            self._purposes = CodeReader.of_field("purpose", self._purpose, vocabulary, languages)

    def refusal(self, plan: ColumnPlan, cells: list[Cell | None], named: list[NamedCell]) -> str | None:
        """Return why a row may not land, or None. `named` are its cells by field, before minimising.

        A withdrawal is reported as such even if no consent is recorded.
        """
        mark = cell_at(cells, plan.withdrawn)
        if self._withdrawals is not None and mark and self._is_withdrawal(same(mark.value)):
            return WITHDRAWN
        if self._states is not None:
            consent = cell_at(cells, plan.consent)
            reason = _OF_STATE[self._states.get(same(consent.value) if consent else "", "not_recorded")]
            if reason:
                return reason
        if self._purpose and not self._is_for_statistics(self._purpose, named):
            return OTHER_PURPOSE
        return None

    def _is_withdrawal(self, mark: str) -> bool:
        return bool(mark) and (not self._withdrawals or mark in self._withdrawals)

    def _is_for_statistics(self, purpose: FieldSpec, named: list[NamedCell]) -> bool:
        """Return whether statistics is among the purposes, read as the type step reads codes.

        Without a stated purpose those of the agreement apply; an unreadable purpose allows nothing.
        """
        cells = [item.cell for item in named if item.field == "purpose"]
        codes = [code for cell in cells for code in self._purposes.read_many(cell.value).codes]
        was_asked = any(cell.kind == "flag" for cell in cells)  # without codes: no choice was ticked
        otherwise = purpose.constant or purpose.default
        if not codes and not was_asked and otherwise:
            codes = list(self._purposes.read_many(otherwise).codes)
        return STATISTICS in codes if codes or was_asked else True
