"""Problems of rows, grouped by rule and column, with the rows where they occur."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from orchestration.outputs.receipts import explanations
from orchestration.outputs.receipts.explanations import Explanation
from orchestration.outputs.receipts.rows import RowProblem

ROWS_SHOWN, SHEETS_SHOWN = 20, 12

RowNumbers = dict[tuple[str, str], set[int]]  # by file and sheet


@dataclass
class ProblemGroup:
    """One rule in one of the partner's columns. `along`: further rows of the same records."""

    explanation: Explanation
    columns: str
    is_set_aside: bool
    is_held: bool
    rows: RowNumbers = field(default_factory=dict)
    along: RowNumbers = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(map(len, self.rows.values()))

    @property
    def count_along(self) -> int:
        return sum(map(len, self.along.values()))

    @property
    def where(self) -> list[str]:
        return _lines(self.rows)

    @property
    def where_along(self) -> list[str]:
        return _lines(self.along)


def group_problems(problems: Iterable[tuple[str, bool, RowProblem, str]]) -> list[ProblemGroup]:
    """Group (file, is it held, problem, columns): what sets rows aside first, then by number of rows."""
    groups: dict[tuple[str, str, bool, bool], ProblemGroup] = {}
    for file, is_held, problem, columns in problems:
        if problem.outcome == "flag":
            continue
        key = (problem.rule_code, columns, problem.is_set_aside, is_held)
        group = groups.setdefault(key, ProblemGroup(explanations.rule(problem.rule_code), *key[1:]))
        rows = group.along if problem.is_along else group.rows
        rows.setdefault((file, problem.sheet), set()).add(problem.row_number)
    return sorted(groups.values(), key=lambda group: (not group.is_set_aside, group.is_held, -group.count))


def _lines(rows: RowNumbers) -> list[str]:
    """Return `Register 2024.xlsx, Apr 24: rows 5, 9 and 3 more`, one line per sheet."""
    lines = []
    for (file, sheet), met in rows.items():
        numbers = sorted(met)
        shown = ", ".join(str(number) for number in numbers[:ROWS_SHOWN])
        more = f" and {len(numbers) - ROWS_SHOWN:,} more" if len(numbers) > ROWS_SHOWN else ""
        noun = "row" if len(numbers) == 1 else "rows"
        lines.append(f"{file}{', ' if sheet else ''}{sheet}: {noun} {shown}{more}")
    hidden = len(lines) - SHEETS_SHOWN
    return lines if hidden <= 0 else [*lines[:SHEETS_SHOWN], f"and on {hidden} more sheets"]
