"""Whether a record may be used: the person's consent, its withdrawal, the purpose it was given for.

Belongs here: what is judged on a row as sent, before anything of it lands. Whether the partner's own
review lets a row in is `acceptance`; whether an agreement covers the extract is the extract gate's.
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
    """The terms of one contract, ready to judge row after row."""

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
        """Why a row may not land, or None. `named` are its cells by field, before any of them is removed.

        A withdrawal is told as such even where no consent is recorded any more.
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
        # The type step's package imports this room's reading, so it is asked for only where it is needed.
        from orchestration.contracts import CodeReader, load_vocabulary
        from orchestration.core import REFERENCE_SEEDS

        spec = contract.fields["purpose"]
        self._otherwise = spec.constant or spec.default
        self._reader = CodeReader(
            "purpose",
            load_vocabulary(REFERENCE_SEEDS),
            values=spec.values,
            crosswalk=spec.crosswalk,
            words=spec.words,
            languages=contract.locale.languages,
            split=spec.split,
            missing=spec.missing,
        )
        self._seen: dict[tuple[tuple[str, bool], ...], bool] = {}

    def allow(self, named: list[NamedCell]) -> bool:
        """Unstated, the agreement's purposes hold; a purpose that cannot be read allows nothing."""
        cells = [item.cell for item in named if item.field == "purpose"]
        stated = tuple((cell.value, cell.kind == "flag") for cell in cells)
        if stated not in self._seen:
            self._seen[stated] = self._includes_statistics(stated)
        return self._seen[stated]

    def _includes_statistics(self, stated: tuple[tuple[str, bool], ...]) -> bool:
        codes = [code for text, _ in stated for code in self._reader.read_many(text).codes]
        was_asked = any(is_choice for _, is_choice in stated)  # and ticked nothing, where no code is found
        if not codes and not was_asked and self._otherwise:
            codes = list(self._reader.read_many(self._otherwise).codes)
        return STATISTICS in codes if codes or was_asked else True
