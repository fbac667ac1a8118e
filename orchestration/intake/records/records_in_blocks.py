"""Take the rest of a sheet in blocks: ordinary rows by columns, all others one by one.

`records` defines what happens to a row. Here the same is done for many rows at once, by distinct values; any
doubtful row goes through `records`, in its order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.contracts import Cell, Contract, text_cell, tidy
from orchestration.core import FORGOTTEN, Keys, Tombstones
from orchestration.intake.minimising.minimise import DENIED_COLUMN, Minimiser
from orchestration.intake.minimising.points import is_point
from orchestration.intake.reading.block import MOST_REMEMBERED, Block, Column, Flags, combined, runs
from orchestration.intake.reading.sheets import SourceRow
from orchestration.intake.records.block_cells import cells_of
from orchestration.intake.records.block_slots import Slot, Slots
from orchestration.intake.records.non_records import BLANK, BlankRows, RowJudge
from orchestration.intake.records.ordinary_rows import BlockJudge
from orchestration.intake.records.rename import ColumnPlan
from orchestration.intake.records.tally import BLANK_AT_END, CONTINUED, LandedCell, Tally

WITHHELD = "withheld:"
# Above this share of special rows, or number of distinct consent answers, single rows are as fast.
_MOST_SPECIAL = 1 / 16
_MOST_ANSWERS = 2000

TakeRow = Callable[[int, list[Cell | None]], Iterator[LandedCell]]
Refusal = Callable[[list[Cell | None]], str | None]
_Numbers = npt.NDArray[np.int64]


def can_take_blocks(plan: ColumnPlan, contract: Contract) -> bool:
    """Return whether blocks suit a plan: one row is one record with a reference in its columns.

    Positions and link codes need single rows.
    """
    has_points = any(is_point(field) for field, _, _ in plan.fields)
    is_known = bool(plan.key) and None not in plan.key
    return (
        is_known
        and plan.items is None
        and not contract.delivery.person_rows
        and not has_points
        and not plan.link
    )


class BlockReader:
    """Takes the rows of one sheet; `take_row` and `refusal` handle single rows."""

    def __init__(
        self,
        contract: Contract,
        keys: Keys,
        tally: Tally,
        plan: ColumnPlan,
        judge: RowJudge,
        minimiser: Minimiser,
        tombstones: Tombstones,
        sheet: str,
        check_lines: Callable[[SourceRow], None],
        take_row: TakeRow,
        refusal: Refusal,
    ) -> None:
        self._contract, self._keys, self._tally, self._plan = contract, keys, tally, plan
        self._judge, self._sheet, self._check_lines = judge, sheet, check_lines
        self._tombstones = tombstones
        self._block_judge = BlockJudge(judge, plan.meaningful)
        self._slots = Slots(plan, minimiser)
        self._minimiser = minimiser
        self._take_row, self._refusal = take_row, refusal
        self._blanks = BlankRows()
        self._refusals: dict[tuple[str, ...], str | None] = {}

    def landed(self, source: Iterator[SourceRow | Block]) -> Iterator[LandedCell | pa.Table]:
        for item in source:
            if isinstance(item, Block):
                yield from self._take_block(item)
            else:
                self._check_lines(item)
                self._tally.explain(self._sheet, CONTINUED, item.lines - 1)
                yield from self._take(item.number, item.cells)
        self._tally.explain(self._sheet, BLANK_AT_END, self._blanks.held)

    def _take(self, number: int, cells: list[Cell | None]) -> Iterator[LandedCell]:
        if not any(cells):
            self._blanks.hold(number)
            return
        yield from self._take_held_before(number)
        yield from self._take_row(number, cells)

    def _take_held_before(self, number: int) -> Iterator[LandedCell]:
        for row in self._blanks.before(number):
            yield from self._take_row(row.number, row.cells)

    def _take_by_rows(self, block: Block, start: int) -> Iterator[LandedCell]:
        for row in range(start, len(block)):
            yield from self._take(block.first_row + row, block.cells(row))

    def _take_block(self, block: Block) -> Iterator[LandedCell | pa.Table]:
        if self._judge.has_ended:
            yield from self._take_by_rows(block, 0)
            return
        ordinary, ends_at = self._block_judge.ordinary(block)
        ordinary = ordinary & ~self._slots.with_several_columns(block) & self._have_keys(block)
        ordinary[ends_at:] = False
        special = np.flatnonzero(~ordinary[:ends_at]).tolist()
        fates = self._fates(block)
        if fates is None or len(special) > _MOST_SPECIAL * len(block):
            yield from self._take_by_rows(block, 0)
            return
        table, cell_ends, refused = self._take_ordinary(block, ordinary, *fates)
        written = 0
        for start, end in runs(ends_at, special):
            self._block_judge.add(start, end)
            if end > start:
                # Only blank rows can be held here, and none of them lands a cell.
                yield from self._take_held_before(block.first_row + start)
            for reason, rows in refused.items():
                numbers = np.flatnonzero(rows[start:end]) + (block.first_row + start)
                self._tally.refuse_all(self._sheet, reason, numbers.tolist())
            if end < ends_at:
                alone = list(self._take(block.first_row + end, block.cells(end)))
                if alone:
                    yield table.slice(written, int(cell_ends[end]) - written)
                    written = int(cell_ends[end])
                    yield from alone
        yield table.slice(written)
        yield from self._take_by_rows(block, ends_at)

    def _take_ordinary(
        self, block: Block, ordinary: Flags, reasons: list[str | None], answers: _Numbers
    ) -> tuple[pa.Table, _Numbers, dict[str, Flags]]:
        """Return the cells of the ordinary rows, the count of cells before each row, and the refused rows."""
        tally, plan = self._tally, self._plan
        slots = list(self._slots.of(block, ordinary))
        for at in plan.denied:
            if at < len(block.columns) and (denied := int((block.columns[at].filled & ordinary).sum())):
                self._minimiser.stripped[DENIED_COLUMN] += denied
        lands, refused = self._refused(ordinary, slots, reasons, answers)
        withheld = {reason: rows for reason, rows in refused.items() if reason.startswith(WITHHELD)}
        ids = self._record_ids(block, np.any([lands, *withheld.values()], axis=0))
        forgotten = self._tombstones.among(ids)
        for reason, rows in withheld.items():
            numbers = np.flatnonzero(rows & forgotten) + block.first_row
            tally.forgotten.update((self._sheet, number) for number in numbers.tolist())
            if (rows & ~forgotten).any():
                tally.withheld.setdefault(reason, set()).update(ids[rows & ~forgotten].tolist())
        if (lands & forgotten).any():
            refused[FORGOTTEN] = lands & forgotten
            lands = lands & ~forgotten
        tally.rows_read += int(ordinary.sum())
        tally.rows_landed += int(lands.sum())
        self._count_filled(slots, lands)
        landing = np.flatnonzero(lands)
        table, ends = cells_of(slots, landing, ids[landing], block.first_row, self._sheet)
        before = np.concatenate([np.zeros(1, np.int64), ends])[np.cumsum(lands)]
        return table, before, refused

    def _refused(
        self, ordinary: Flags, slots: list[Slot], reasons: list[str | None], answers: _Numbers
    ) -> tuple[Flags, dict[str, Flags]]:
        """Return the ordinary rows that land, and those that do not, by reason."""
        refused: dict[str, Flags] = {}
        lands = ordinary
        for reason in dict.fromkeys(reasons):
            if reason is not None:
                rows = np.array([one == reason for one in reasons], bool)[answers] & ordinary
                lands = lands & ~rows
                if rows.any():
                    refused[reason] = rows
        is_empty = lands & ~np.any([slot.stands for slot in slots], axis=0) if slots else lands
        if is_empty.any():
            refused[BLANK] = is_empty
        return lands & ~is_empty, refused

    def _count_filled(self, slots: list[Slot], lands: Flags) -> None:
        stands: dict[str, Flags] = {}
        for slot in slots:
            stands[slot.field] = stands.get(slot.field, False) | slot.stands
        for field, rows in stands.items():
            if filled := int((rows & lands).sum()):
                self._tally.filled[field] += filled

    def _fates(self, block: Block) -> tuple[list[str | None], _Numbers] | None:
        """Return reasons by distinct answers to consent, review and purpose; None if there are too many."""
        plan = self._plan
        asked = {plan.consent, plan.withdrawn, *plan.accept}
        asked |= {at for field, _, indexes in plan.fields if field == "purpose" for at in indexes}
        asked |= {at for field, _, choices in plan.flags if field == "purpose" for _, at in choices}
        there = sorted(at for at in asked if at is not None and at < len(block.columns))
        if not there:
            return [self._refusal([])], np.zeros(len(block), np.int64)
        columns = [block.columns[at] for at in there]
        answers, by_row = combined(columns)
        if len(answers) > _MOST_ANSWERS:
            return None
        if len(self._refusals) > MOST_REMEMBERED:
            self._refusals.clear()
        reasons = []
        for answer in answers:
            texts = tuple(column.text(code) for column, code in zip(columns, answer, strict=True))
            if texts not in self._refusals:
                cells: list[Cell | None] = [None] * len(block.columns)
                for at, text in zip(there, texts, strict=True):
                    cells[at] = text_cell(text)
                self._refusals[texts] = self._refusal(cells)
            reasons.append(self._refusals[texts])
        return reasons, by_row

    def _have_keys(self, block: Block) -> Flags:
        """Return the rows with a complete reference."""
        there = np.ones(len(block), bool)
        for at in self._plan.key:
            if at is None or at >= len(block.columns):
                return np.zeros(len(block), bool)
            column = block.columns[at]
            there &= column.filled
            if not column.is_plain:  # a text of invisible characters may be empty
                there &= column.by_row(np.array([bool(tidy(text)) for text in column.texts], bool))
        return there

    def _record_ids(self, block: Block, rows: Flags) -> _Numbers:
        """Return the record ids of some rows; 0 for the others."""
        parts = [_tidied(block.columns[at], rows) for at in self._plan.key if at is not None]
        references = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, b"|")
        ids = np.zeros(len(block), np.int64)
        beginning = self._contract.record_ref("")
        ids[rows] = self._keys.record_ids(self._contract.partner.code, beginning, references)
        return ids


def _tidied(column: Column, rows: Flags) -> pa.BinaryArray:
    """Return a column's tidy texts for some rows, as a reference holds them."""
    values = column.values if column.is_plain else pa.array(map(tidy, column.texts), pa.string())
    return values.cast(pa.binary()).take(pa.array(column.codes[rows]))
