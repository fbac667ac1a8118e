"""What may be kept of a record, cell by cell. Whether it may be kept at all is `permission`.

Belongs here: deriving an age so that the birth date goes, a county so that a position goes, removing
cells that identify. Each removal is
counted by its `strip:` code.
"""

from __future__ import annotations

from collections import Counter

from orchestration.extracts.cells import Cell
from orchestration.extracts.contract import Contract
from orchestration.extracts.detectors import COORDINATES, findings
from orchestration.extracts.plain_days import age_between, day_of, looks_like_a_day, year_of
from orchestration.extracts.points import is_point, located
from orchestration.extracts.rename import DISAGREES, NamedCell

BIRTH_DATE = "strip:birth_date"
DENIED_COLUMN = "strip:denied_column"
UNKNOWN_AGE = Cell("unknown", "derived")


class Minimiser:
    """Applies one contract's rules; `stripped` counts the removed cells by reason."""

    def __init__(self, contract: Contract) -> None:
        self.stripped: Counter[str] = Counter()
        self._order = contract.locale.dates

    def keep(self, named: list[NamedCell]) -> list[NamedCell]:
        """The cells of a record that may land."""
        kept = []
        for item in named:
            if item.field == "age_band" and item.cell.kind != DISAGREES:
                item = item._replace(cell=self._without_birth_date(item, named))
            if is_point(item.field) and item.cell.kind != DISAGREES:
                item = item._replace(cell=located(item.cell))
                self.stripped[COORDINATES] += 1
            reason = findings(item.field, item.spec, item.cell)
            if reason:
                self.stripped[reason] += 1
            else:
                kept.append(item)
        return kept

    def _without_birth_date(self, item: NamedCell, named: list[NamedCell]) -> Cell:
        """An age in place of a birth date; a date in any other age column loses its value too."""
        cell, source = item.cell, item.spec.from_ or "age_text"
        if source == "birth_date":
            self.stripped[BIRTH_DATE] += 1
            return self._age(item, named)
        if not looks_like_a_day(cell):
            return cell
        self.stripped[BIRTH_DATE] += 1
        day = day_of(cell, self._order)
        if source == "birth_year" and day is not None:
            return Cell(str(day.year), "derived")
        return Cell("", "date")

    def _age(self, item: NamedCell, named: list[NamedCell]) -> Cell:
        """`16`, or `15-16` where only years are known, or `unknown`."""
        at = item.spec.at or "event_on"
        moment_cell = next((other.cell for other in named if other.field == at), None)
        birth, birth_year = day_of(item.cell, self._order), year_of(item.cell)
        moment = day_of(moment_cell, self._order) if moment_cell else None
        moment_year = moment.year if moment else year_of(moment_cell) if moment_cell else None
        if birth and moment:
            low = high = age_between(birth, moment)
        elif moment_year and (birth or birth_year):
            high = moment_year - (birth.year if birth else birth_year or 0)
            low = high - 1
        else:
            return UNKNOWN_AGE
        if (low < 0 and high < 1) or high > 120:
            return UNKNOWN_AGE
        return Cell(str(high) if low == high or low < 0 else f"{low}-{high}", "derived")
