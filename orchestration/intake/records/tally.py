"""The tally that accounts for every row and column of a file: refused rows of a block, landed cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from orchestration.core import FORGOTTEN
from orchestration.intake.reading.block import Flags

# What explains a row or line that is no row of the table.
ABOVE_HEADER, HEADER, BLANK_AT_END = "above_header", "header", "blank_at_end"
CONTINUED, NOT_READ = "cell_of_several_lines", "sheet_not_read"
# By column and reason: the number of emptied cells of each row.
Emptied = dict[tuple[str, str], npt.NDArray[np.int64]]


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


RANGES_KEPT = 200


class Refusals:
    """A reason for each refused row of a block; the first reason given stays."""

    def __init__(self, rows: int) -> None:
        self._reasons: npt.NDArray[np.object_] = np.full(rows, "", object)

    @property
    def stay(self) -> Flags:
        """By row: whether nothing refuses it."""
        return np.asarray(self._reasons == "")

    def refuse(self, reason: str, rows: Flags) -> None:
        """Refuse rows, apart from those refused before."""
        self._reasons[rows & self.stay] = reason

    def by_reason(self) -> Iterator[tuple[str, Flags]]:
        for reason in dict.fromkeys(filter(None, self._reasons.tolist())):
            yield reason, np.asarray(self._reasons == reason)

    def list(self) -> list[str | None]:
        return [reason or None for reason in self._reasons.tolist()]


@dataclass
class RowRanges:
    """Row numbers as ranges, `5, 9-12…`, up to a limit so that they stay small."""

    _ranges: list[list[int]] = field(default_factory=list)
    _is_cut: bool = False

    def add(self, numbers: npt.ArrayLike) -> None:
        """Add ascending numbers that follow those before."""
        at = np.asarray(numbers, np.int64)
        starts = np.flatnonzero(np.diff(at, prepend=at[:1] - 2) != 1)
        for first, last in zip(
            at[starts].tolist(), at[np.append(starts[1:], len(at)) - 1].tolist(), strict=True
        ):
            if self._ranges and first == self._ranges[-1][1] + 1:
                self._ranges[-1][1] = last
            elif len(self._ranges) < RANGES_KEPT:
                self._ranges.append([first, last])
            else:
                self._is_cut = True
                return

    def __str__(self) -> str:
        shown = [str(first) if first == last else f"{first}-{last}" for first, last in self._ranges]
        return ", ".join([*shown, "…"] if self._is_cut else shown)


@dataclass
class Tally:
    """The outcome of every row and column of a file, as numbers, codes and column names, never values.

    `withheld`: ids of withheld records by reason; `withheld_persons`: the same for rows of single persons, if
    a record's rows are its persons. `withheld_submissions`: code of the submission by id, where a withheld
    row has one. `forgotten`: sheets and row numbers of forgotten records, used only while
    the file is open. `emptied`: cells by sheet, column and reason.
    `physical`: rows or lines of each sheet, counted from the bytes; `explained`: those that
    are no rows of the table, by sheet and reason. `opened`: the sheets that were read.
    """

    physical: dict[str, int] = field(default_factory=dict)
    explained: Counter[tuple[str, str]] = field(default_factory=Counter)
    opened: set[str] = field(default_factory=set)
    rows_read: int = 0
    rows_landed: int = 0
    rows_after_end: int = 0  # that look like records and stand below the row that ends the table
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused_rows: dict[tuple[str, str], RowRanges] = field(default_factory=dict)
    withheld: dict[str, set[int]] = field(default_factory=dict)
    withheld_persons: dict[str, set[int]] = field(default_factory=dict)
    withheld_submissions: dict[int, str] = field(default_factory=dict)
    forgotten: set[tuple[str, int]] = field(default_factory=set)
    child_read: Counter[str] = field(default_factory=Counter)
    child_landed: Counter[str] = field(default_factory=Counter)
    child_orphans: Counter[str] = field(default_factory=Counter)
    child_refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    child_refused_rows: dict[tuple[str, str], RowRanges] = field(default_factory=dict)
    stripped: Counter[str] = field(default_factory=Counter)
    emptied: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    emptied_rows: dict[tuple[str, str, str], RowRanges] = field(default_factory=dict)
    filled: Counter[str] = field(default_factory=Counter)
    columns_found: dict[str, None] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)  # mapped columns that a file does without
    unmapped: dict[str, None] = field(default_factory=dict)
    unnamed: dict[str, None] = field(default_factory=dict)  # columns that hold values under no heading
    problems: list[dict[str, str]] = field(default_factory=list)

    @property
    def rows_unexplained(self) -> int:
        """Physical rows or lines that are neither rows of a table nor explained; 0 unless rows vanished."""
        read = self.rows_read + sum(self.child_read.values())
        return sum(self.physical.values()) - read - sum(self.explained.values())

    def explain(self, sheet: str, why: str, rows: int) -> None:
        """Count rows or lines of a sheet that are no rows of its table."""
        if rows:
            self.explained[sheet, why] += rows

    def add_physical(self, rows: dict[str, int]) -> None:
        """Add the count of rows of every sheet; what is in no opened sheet is explained as not read."""
        self.physical = rows
        for sheet, count in rows.items():
            if sheet not in self.opened:
                self.explain(sheet, NOT_READ, count)

    @property
    def rows_refused(self) -> int:
        return sum(self.refusals.values())

    def refuse(self, sheet: str, reason: str, numbers: list[int], is_child: bool = False) -> None:
        """Count rows of a main or child sheet, in order, that do not land.

        Their numbers are kept with the extract, except those of forgotten records.
        """
        if not numbers:
            return
        counts, rows = self.refusals, self.refused_rows
        if is_child:
            counts, rows = self.child_refusals, self.child_refused_rows
        counts[sheet, reason] += len(numbers)
        ranges = rows.setdefault((sheet, reason), RowRanges())
        if reason == FORGOTTEN:
            self.forgotten.update((sheet, number) for number in numbers)
        else:
            ranges.add(numbers)

    def empty(self, sheet: str, emptied: Emptied, numbers: npt.NDArray[np.int64], forgotten: Flags) -> None:
        """Count the emptied cells of a block by column, with their rows except of forgotten records."""
        for (column, reason), cells in emptied.items():
            if count := int(cells.sum()):
                self.stripped[reason] += count
                self.emptied[sheet, column, reason] += count
                rows = self.emptied_rows.setdefault((sheet, column, reason), RowRanges())
                rows.add(numbers[(cells > 0) & ~forgotten])
        emptied.clear()

    def note_problem(self, code: str, detail: str) -> None:
        """Add a problem once."""
        problem = {"code": code, "detail": detail}
        if problem not in self.problems:
            self.problems.append(problem)
