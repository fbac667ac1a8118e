"""Minimise the cells of a record, and decide whether the record may be used: consent, withdrawal, purpose.

Birth dates become ages; cells that identify a person go, counted by their `strip:` code. A position becomes
its county or country, the only part of it that may land: the cell holds a P-code or ISO alpha-3 code, its
kind tells how the position was read. Rows are judged as sent, before anything lands; the agreement is judged
by the extract gate.
"""

from __future__ import annotations

import re
from functools import lru_cache

from orchestration.contracts import (
    STATISTICS,
    AcceptIf,
    Cell,
    CodeReader,
    Contract,
    FieldSpec,
    age_between,
    day_of,
    load_vocabulary,
    looks_like_a_day,
    same,
    year_of,
)
from orchestration.intake.minimising.detectors import COORDINATES, findings
from orchestration.intake.records.rename import DISAGREES, ColumnPlan, NamedCell, cell_at, rename_row

POINT = "point"
NEAR_A_LINE, SWAPPED, ZERO, UNREAD = "near_a_line", "swapped", "zero", "unread"
# The code systems of place mentions that come from positions.
SYSTEM, SYSTEM_NEAR_A_LINE = "point", "point_near_a_line"
_ZERO_DEGREES = 0.01  # devices without a position write zeros, some of them with noise
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
BIRTH_DATE = "strip:birth_date"
DENIED_COLUMN = "strip:denied_column"
DERIVED = "derived"  # kind of a cell made of others
UNKNOWN_AGE = Cell("unknown", DERIVED)
NO_CONSENT = "withheld:no_consent"
NOT_RECORDED = "withheld:consent_not_recorded"
WITHDRAWN = "withheld:withdrawn"
OTHER_PURPOSE = "withheld:other_purpose"
UNMAPPED, NOT_DECRYPTED = "Q:status_unmapped", "Q:not_decrypted"
_OF_STATE = {"given": None, "refused": NO_CONSENT, "withdrawn": WITHDRAWN, "not_recorded": NOT_RECORDED}


def is_point(field: str) -> bool:
    return field.endswith(f".{POINT}")


@lru_cache(maxsize=4096)
def located(cell: Cell) -> Cell:
    """Turn `-1.2921, 36.8219` into `KE047` of kind `point`; an unreadable position has no value."""
    from orchestration import places  # shapes load slowly, so only files with positions load them

    numbers, unread = _NUMBER.findall(cell.value)[:2], Cell("", f"{POINT} {UNREAD}")
    # A whole number may be half of a decimal comma, but zero.
    if len(numbers) < 2 or (any(map(float, numbers)) and not all("." in number for number in numbers)):
        return unread
    lat, lon = map(float, numbers)
    if max(abs(lat), abs(lon)) < _ZERO_DEGREES:
        return Cell("", f"{POINT} {ZERO}")
    position = places.read_point(lat, lon)
    if position is None:
        return unread
    kinds = {SWAPPED: position.swapped, NEAR_A_LINE: position.near_a_line}
    return Cell(position.place, " ".join((POINT, *(kind for kind, holds in kinds.items() if holds))))


def minimised(
    item: NamedCell, named: list[NamedCell], order: str | None
) -> tuple[Cell | None, tuple[str, ...]]:
    """Return the cell that may land, None if nothing may, and the reasons of removals (`strip:…`).

    `named` are all cells of its row, which may hold the date for an age; `order`: the contract's of dates.
    """
    cell = item.cell
    reasons: tuple[str, ...] = ()
    if item.field == "age_band" and item.cell.kind != DISAGREES:
        cell, reasons = _without_birth_date(item, named, order)
    if is_point(item.field) and item.cell.kind != DISAGREES:
        cell, reasons = located(item.cell), (COORDINATES,)
    reason = findings(item.field, item.spec, cell)
    return (None, (*reasons, reason)) if reason else (cell, reasons)


def _without_birth_date(
    item: NamedCell, named: list[NamedCell], order: str | None
) -> tuple[Cell, tuple[str, ...]]:
    """Replace a birth date by an age; a date in another age column loses its value."""
    cell, source = item.cell, item.spec.from_ or "age_text"
    if source == "birth_date":
        return _age(item, named, order), (BIRTH_DATE,)
    if not looks_like_a_day(cell):
        return cell, ()
    day = day_of(cell, order)
    if source == "birth_year" and day is not None:
        return Cell(str(day.year), DERIVED), (BIRTH_DATE,)
    return Cell("", "date"), (BIRTH_DATE,)


def _age(item: NamedCell, named: list[NamedCell], order: str | None) -> Cell:
    """Return the age: `16`, `15-16` if only years are known, or `unknown`."""
    at = item.spec.at or "event_on"
    moment_cell = next((other.cell for other in named if other.field == at), None)
    birth, birth_year = day_of(item.cell, order), year_of(item.cell)
    moment = day_of(moment_cell, order) if moment_cell else None
    moment_year = moment.year if moment else year_of(moment_cell) if moment_cell else None
    if birth and moment:
        years = age_between(birth, moment)
        return age_cell(years, years)
    if moment_year and (birth or birth_year):
        high = moment_year - (birth.year if birth else birth_year or 0)
        return age_cell(high - 1, high)
    return UNKNOWN_AGE


def age_cell(low: int, high: int) -> Cell:
    """Return an age in years, or a span of two years."""
    if (low < 0 and high < 1) or high > 120:
        return UNKNOWN_AGE
    return Cell(str(high) if low == high or low < 0 else f"{low}-{high}", DERIVED)


class Permission:
    """The terms of one contract, judged row by row: the partner's status columns, consent, purpose."""

    def __init__(self, contract: Contract) -> None:
        consent, withdrawn = contract.consent, contract.withdrawn
        self._conditions = [(state.optional_column, *_outcomes(state)) for state in contract.accept_if]
        self._states: dict[str, str] | None = None
        if consent and consent.column:
            self._states = {same(text): state for text, state in consent.values.items()}
        self._withdrawals = {same(text) for text in withdrawn.values} if withdrawn else None
        self._purpose = contract.fields.get("purpose")
        if self._purpose:
            vocabulary, languages = load_vocabulary(), contract.locale.languages
            self._purposes = CodeReader.of_field("purpose", self._purpose, vocabulary, languages)

    def refusal(self, plan: ColumnPlan, cells: list[Cell | None]) -> str | None:
        """Return why a row with these answers, as sent, may not land, or None."""
        by_status = self._by_status(plan, cells)
        if by_status == NOT_DECRYPTED:  # such a row has no answers, not even consent
            return by_status
        return self._by_consent(plan, cells) or by_status

    def _by_status(self, plan: ColumnPlan, cells: list[Cell | None]) -> str | None:
        """Return the reason of the first condition that refuses a row.

        A missing optional column is not judged, any other counts as blank: JSON leaves out what no record
        has.
        """
        for (is_optional, outcomes, otherwise), index in zip(self._conditions, plan.accept, strict=True):
            if index is None and is_optional:
                continue
            cell = cell_at(cells, index)
            reason = outcomes.get(same(cell.value) if cell else "", otherwise)
            if reason is not None:
                return reason
        return None

    def _by_consent(self, plan: ColumnPlan, cells: list[Cell | None]) -> str | None:
        """Judge withdrawal, which is reported as such even if no consent is recorded; consent, purpose."""
        mark = cell_at(cells, plan.withdrawn)
        text = same(mark.value) if mark and self._withdrawals is not None else ""
        if text and (not self._withdrawals or text in self._withdrawals):
            return WITHDRAWN
        if self._states is not None:
            consent = cell_at(cells, plan.consent)
            reason = _OF_STATE[self._states.get(same(consent.value) if consent else "", "not_recorded")]
            if reason:
                return reason
        if self._purpose and not self._is_for_statistics(self._purpose, rename_row(plan, cells)):
            return OTHER_PURPOSE
        return None

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
