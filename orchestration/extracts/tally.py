"""What one file comes to: the cells that land, and the tally that accounts for every row and column."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple


class LandedCell(NamedTuple):
    """One row of a landing file; the fields are its columns."""

    record_id: int
    sheet: str
    row_number: int
    part: str
    field: str
    seq: int
    value: str
    kind: str
    number_format: str | None


@dataclass
class Tally:
    """What became of every row and column of a file. Numbers, codes and column names; never a value."""

    rows_read: int = 0
    rows_landed: int = 0
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    child_read: Counter[str] = field(default_factory=Counter)
    child_landed: Counter[str] = field(default_factory=Counter)
    child_refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    stripped: Counter[str] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    columns_found: dict[str, None] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)  # mapped columns that a file does without
    unmapped: dict[str, None] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)

    @property
    def rows_refused(self) -> int:
        return sum(self.refusals.values())

    def tell(self, code: str, detail: str) -> None:
        problem = {"code": code, "detail": detail}
        if problem not in self.problems:
            self.problems.append(problem)
