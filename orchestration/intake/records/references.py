"""Partners' references: the record of each row, and the record, and the copy of it, of each child row.

A reference is kept as a 64-bit keyed hash. Memory holds one for each record of a file with child sheets.

A later copy of a form may have other child rows, and only those of the copy in use count; the type step
chooses it (`typing.several_rows`). If nothing distinguishes the copies, equal child rows count once, and a
problem notes that some may belong to an older copy.
"""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.contracts import SHEET, Contract, JsonRepeat, tidy
from orchestration.core import Keys
from orchestration.intake.reading.block import Block, Flags
from orchestration.intake.reading.sheets import SourceSheet
from orchestration.intake.records.rename import ColumnPlan
from orchestration.intake.records.tally import Tally

# Field and kind of the cell that names a child row's copy by the position of the copy's main row.
COPY = "copy"


def copy_name(sheet: str, row_number: int) -> str:
    """Name a copy by the sheet and row of its main row."""
    return f"{row_number} {sheet}".strip()


def have_references(plan: ColumnPlan, contract: Contract, block: Block) -> Flags:
    """Return the rows with a complete reference."""
    there = np.full(len(block), bool(plan.key))
    for part, at in zip(contract.delivery.key_parts, plan.key, strict=bool(plan.key)):
        if part == SHEET:
            continue
        column = block.column(at)
        if column is None:
            return np.zeros(len(block), bool)
        there &= column.filled
        if not column.is_plain:  # a text of invisible characters may be empty
            there &= column.by_row(np.array([bool(tidy(text)) for text in column.texts], bool))
    return there


def references(
    plan: ColumnPlan, contract: Contract, sheet: str, block: Block, rows: npt.NDArray[np.int64]
) -> pa.BinaryArray:
    """Return the references (parts joined by `|`) of rows that have complete ones."""
    parts: list[pa.BinaryArray] = []
    for part, at in zip(contract.delivery.key_parts, plan.key, strict=True):
        column = None if part == SHEET else block.column(at)
        if column is None:
            parts.append(pa.array([tidy(sheet).encode()] * len(rows), pa.binary()))
        else:
            values = column.values if column.is_plain else pa.array(map(tidy, column.texts), pa.string())
            parts.append(values.cast(pa.binary()).take(pa.array(column.codes[rows])))
    return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, b"|")


class Parents:
    """The records that child rows may belong to: what became of each main row, by its reference.

    Also the copies of each record among the main rows, to which the child rows are assigned.
    """

    def __init__(self, contract: Contract, keys: Keys) -> None:
        self._contract, self._keys = contract, keys
        self._fates: dict[str, dict[int, int | str]] = {name: {} for name in contract.repeats}
        self._counts: dict[str, Counter[int]] = {name: Counter() for name in contract.repeats}
        self._copies: dict[str, dict[int, str | None]] = {name: {} for name in contract.repeats}
        self._seen: dict[str, Counter[tuple[int, int]]] = {name: Counter() for name in contract.repeats}

    def remember(self, plan: ColumnPlan, sheet: SourceSheet, block: Block, fates: list[int | str]) -> None:
        """Remember the record id of every main row, or why it does not land."""
        for name in self._contract.repeats:
            for row, reference in enumerate(self._of_main_rows(name, plan, sheet.name, block)):
                if reference is None:
                    continue
                fate, known = fates[row], self._fates[name]
                short = self._short(reference)
                earlier = known.get(short)
                if self._contract.delivery.person_rows or self._contract.items:
                    # Rows are persons or items, no copies: a refused one leaves the record's children alone.
                    known[short] = earlier if isinstance(earlier, int) else fate
                    continue
                if isinstance(earlier, str):
                    continue  # one withheld copy withholds the child rows of all copies
                known[short] = fate
                if isinstance(fate, int):
                    self._counts[name][fate] += 1
                    if own := self._own(name, plan, block, row, reference):
                        copies, at = self._copies[name], self._short(own)
                        copy = copy_name(sheet.shown, int(block.numbers[row]))
                        copies[at] = copy if copies.get(at, copy) == copy else None  # several use it

    def owner(self, name: str, reference: str | None) -> int | str | None:
        """Return the record of a child row, or why its record does not land; None if there is none."""
        return self._fates[name].get(self._short(reference)) if reference else None

    def copy_of(
        self, name: str, owner: int, plan: ColumnPlan, block: Block, row: int, reference: str | None
    ) -> str | None:
        """Return the name of a child row's copy of its record, None if it has one copy or it is unknown."""
        own = self._own(name, plan, block, row, reference) if self.has_several(name, owner) else None
        return self._copies[name].get(self._short(own)) if own else None

    def has_several(self, name: str, record_id: int) -> bool:
        return self._counts[name][record_id] >= 2

    def is_resent(self, name: str, record_id: int, content: str) -> bool:
        """Return whether a child row of an unknown copy repeats a row that another copy brought."""
        row = (record_id, self._short(content))
        self._seen[name][row] += 1
        return (self._seen[name][row] - 1) % self._counts[name][record_id] > 0

    def note_mixed(self, name: str, tally: Tally) -> None:
        """Note the number of records whose landed child rows may include rows of an older copy."""
        counts, seen = self._counts[name], self._seen[name]
        mixed = {record_id for (record_id, _), times in seen.items() if times % counts[record_id]}
        if mixed:
            tally.note_problem("flag:child_copies_mixed", f"{len(mixed)} records, rows of {name!r}")

    def _own(self, name: str, plan: ColumnPlan, block: Block, row: int, reference: str | None) -> str | None:
        """Return the reference that a copy's child rows share with its main row only."""
        repeat = self._contract.repeats[name]
        if isinstance(repeat, JsonRepeat) or repeat.matches:
            return reference
        column = block.column(plan.submission)
        cell = column.cell(row) if column else None
        return cell.value if cell else None

    def _of_main_rows(self, name: str, plan: ColumnPlan, sheet: str, block: Block) -> list[str | None]:
        if isinstance(self._contract.repeats[name], JsonRepeat):
            return [str(number) for number in block.numbers.tolist()]
        if name in plan.matches:
            column = block.column(plan.matches[name])
            cells = column.cell_of_each_row() if column else [None] * len(block)
            return [cell.value if cell else None for cell in cells]
        found: list[str | None] = [None] * len(block)
        rows = np.flatnonzero(have_references(plan, self._contract, block))
        if len(rows):
            texts = references(plan, self._contract, sheet, block, rows).cast(pa.string()).to_pylist()
            for row, text in zip(rows.tolist(), texts, strict=True):
                found[row] = text or None
        return found

    def _short(self, text: str) -> int:
        """Hash a text to 64 bits, so that many references need little memory."""
        digest = hashlib.blake2b(tidy(text).encode(), digest_size=8, key=self._keys.record_key[:32]).digest()
        return int.from_bytes(digest, "big", signed=True)
