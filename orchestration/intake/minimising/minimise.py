"""Minimise the cells of a record: replace birth dates and positions, remove cells that identify a person.

Each removal is counted by its `strip:` code. Whether a record may be used at all is decided in `permission`.
"""

from __future__ import annotations

from orchestration.contracts import Cell, Contract, age_between, day_of, looks_like_a_day, year_of
from orchestration.intake.minimising.detectors import COORDINATES, findings
from orchestration.intake.minimising.points import is_point, located
from orchestration.intake.records.rename import DISAGREES, NamedCell

BIRTH_DATE = "strip:birth_date"
DENIED_COLUMN = "strip:denied_column"
DERIVED = "derived"  # kind of a cell made of others
UNKNOWN_AGE = Cell("unknown", DERIVED)


class Minimiser:
    """Applies one contract's rules."""

    def __init__(self, contract: Contract) -> None:
        self.order = contract.locale.dates

    def minimised(self, item: NamedCell, named: list[NamedCell]) -> tuple[Cell | None, tuple[str, ...]]:
        """Return the cell that may land, None if nothing may, and the reasons of removals (`strip:…`).

        `named` are all cells of its row, which may hold the date for an age.
        """
        cell = item.cell
        reasons: tuple[str, ...] = ()
        if item.field == "age_band" and item.cell.kind != DISAGREES:
            cell, reasons = self._without_birth_date(item, named)
        if is_point(item.field) and item.cell.kind != DISAGREES:
            cell, reasons = located(item.cell), (COORDINATES,)
        reason = findings(item.field, item.spec, cell)
        return (None, (*reasons, reason)) if reason else (cell, reasons)

    def _without_birth_date(self, item: NamedCell, named: list[NamedCell]) -> tuple[Cell, tuple[str, ...]]:
        """Replace a birth date by an age; a date in another age column loses its value."""
        cell, source = item.cell, item.spec.from_ or "age_text"
        if source == "birth_date":
            return self._age(item, named), (BIRTH_DATE,)
        if not looks_like_a_day(cell):
            return cell, ()
        day = day_of(cell, self.order)
        if source == "birth_year" and day is not None:
            return Cell(str(day.year), DERIVED), (BIRTH_DATE,)
        return Cell("", "date"), (BIRTH_DATE,)

    def _age(self, item: NamedCell, named: list[NamedCell]) -> Cell:
        """Return the age: `16`, `15-16` if only years are known, or `unknown`."""
        at = item.spec.at or "event_on"
        moment_cell = next((other.cell for other in named if other.field == at), None)
        birth, birth_year = day_of(item.cell, self.order), year_of(item.cell)
        moment = day_of(moment_cell, self.order) if moment_cell else None
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
