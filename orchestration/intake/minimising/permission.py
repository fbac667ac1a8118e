"""Decide whether a record may be used: consent, its withdrawal, and its purpose.

Rows are judged as sent, before anything lands. The partner's own review is judged in `acceptance`, the
agreement by the extract gate.
"""

from __future__ import annotations

from orchestration.contracts import STATISTICS, Cell, Contract, same
from orchestration.intake.records.rename import ColumnPlan, NamedCell, cell_at

NO_CONSENT = "withheld:no_consent"
NOT_RECORDED = "withheld:consent_not_recorded"
WITHDRAWN = "withheld:withdrawn"
OTHER_PURPOSE = "withheld:other_purpose"
_OF_STATE = {"given": None, "refused": NO_CONSENT, "withdrawn": WITHDRAWN, "not_recorded": NOT_RECORDED}


class Permission:
    """The consent terms of one contract, applied row by row."""

    def __init__(self, contract: Contract) -> None:
        self._asks_consent = bool(contract.consent and contract.consent.column)
        self._states = {
            same(text): state for text, state in (contract.consent.values if contract.consent else {}).items()
        }
        self._withdrawn = contract.withdrawn
        self._withdrawals = (
            {same(text) for text in contract.withdrawn.values} if contract.withdrawn else set()
        )
        self._purposes = _PurposeReader(contract) if "purpose" in contract.fields else None

    def refusal(self, plan: ColumnPlan, cells: list[Cell | None], named: list[NamedCell]) -> str | None:
        """Return why a row may not land, or None. `named` are its cells by field, before minimising.

        A withdrawal is reported as such even if no consent is recorded.
        """
        if self._withdrawn and self._is_withdrawn(cell_at(cells, plan.withdrawn)):
            return WITHDRAWN
        if self._asks_consent:
            consent = cell_at(cells, plan.consent)
            reason = _OF_STATE[self._states.get(same(consent.value) if consent else "", "not_recorded")]
            if reason:
                return reason
        if self._purposes and not self._purposes.allow(named):
            return OTHER_PURPOSE
        return None

    def _is_withdrawn(self, mark: Cell | None) -> bool:
        if mark is None or not same(mark.value):
            return False
        return not self._withdrawals or same(mark.value) in self._withdrawals


class _PurposeReader:
    """Reads the purposes of a record as the type step reads its codes."""

    def __init__(self, contract: Contract) -> None:
        from orchestration.contracts import CodeReader, load_vocabulary
        from orchestration.core import REFERENCE_SEEDS

        spec = contract.fields["purpose"]
        self._otherwise = spec.constant or spec.default
        vocabulary = load_vocabulary(REFERENCE_SEEDS)
        self._reader = CodeReader.of_field("purpose", spec, vocabulary, contract.locale.languages)
        self._seen: dict[tuple[tuple[str, bool], ...], bool] = {}

    def allow(self, named: list[NamedCell]) -> bool:
        """Return whether statistics is among the purposes.

        Without a stated purpose those of the agreement apply; an unreadable purpose allows nothing.
        """
        cells = [item.cell for item in named if item.field == "purpose"]
        stated = tuple((cell.value, cell.kind == "flag") for cell in cells)
        if stated not in self._seen:
            self._seen[stated] = self._includes_statistics(stated)
        return self._seen[stated]

    def _includes_statistics(self, stated: tuple[tuple[str, bool], ...]) -> bool:
        codes = [code for text, _ in stated for code in self._reader.read_many(text).codes]
        was_asked = any(is_choice for _, is_choice in stated)  # without codes: no choice was ticked
        if not codes and not was_asked and self._otherwise:
            codes = list(self._reader.read_many(self._otherwise).codes)
        return STATISTICS in codes if codes or was_asked else True
