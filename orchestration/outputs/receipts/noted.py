"""Rows that were noted, gathered by rule and column, with the places where they stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from orchestration.outputs.receipts import words as receipt_words
from orchestration.outputs.receipts.rows import RowProblem
from orchestration.outputs.receipts.words import Words

ROWS_SHOWN, SHEETS_SHOWN = 20, 12

Found = dict[tuple[str, str], set[int]]


@dataclass
class Noted:
    """One rule in one of the partner's columns, and where it was met: row numbers by file and sheet.

    `along` are rows with nothing wrong themselves, set aside because the rest of their record is.
    """

    words: Words
    columns: str
    is_set_aside: bool
    is_held: bool
    found: Found = field(default_factory=dict)
    along: Found = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(map(len, self.found.values()))

    @property
    def count_along(self) -> int:
        return sum(map(len, self.along.values()))

    @property
    def where(self) -> list[str]:
        return _lines(self.found)

    @property
    def where_along(self) -> list[str]:
        return _lines(self.along)


def gather_noted(told: Iterable[tuple[str, bool, RowProblem, str]]) -> list[Noted]:
    """Of (file, is it held, problem, columns): what sets rows aside first, then what concerns most."""
    gathered: dict[tuple[str, str, bool, bool], Noted] = {}
    for file, is_held, problem, columns in told:
        if problem.outcome == "flag":
            continue
        words = receipt_words.rule(problem.rule_code)
        key = (problem.rule_code, columns, problem.is_set_aside, is_held)
        noted = gathered.setdefault(key, Noted(words, *key[1:]))
        found = noted.along if problem.is_along else noted.found
        found.setdefault((file, problem.sheet), set()).add(problem.row_number)
    return sorted(gathered.values(), key=lambda noted: (not noted.is_set_aside, noted.is_held, -noted.count))


def _lines(found: Found) -> list[str]:
    """`Register 2024.xlsx, Apr 24: rows 5, 9 and 3 more`, a line a sheet."""
    lines = []
    for (file, sheet), met in found.items():
        numbers = sorted(met)
        shown = ", ".join(str(number) for number in numbers[:ROWS_SHOWN])
        more = f" and {len(numbers) - ROWS_SHOWN:,} more" if len(numbers) > ROWS_SHOWN else ""
        rows = "row" if len(numbers) == 1 else "rows"
        lines.append(f"{file}{', ' if sheet else ''}{sheet}: {rows} {shown}{more}")
    hidden = len(lines) - SHEETS_SHOWN
    return lines if hidden <= 0 else [*lines[:SHEETS_SHOWN], f"and on {hidden} more sheets"]
