"""Turn an open file into its landed cells: drop non-records, rename, minimise, and account for every row.

This module defines the order of these steps and the record ids.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pyarrow as pa

from orchestration.contracts import Cell, Contract, JsonRepeat, tidy
from orchestration.core import FORGOTTEN, Keys, Tombstones
from orchestration.intake.drift.columns import Drift
from orchestration.intake.drift.profile import ROWS_LOOKED_AT
from orchestration.intake.minimising.link_codes import LinkCodes
from orchestration.intake.minimising.minimise import DENIED_COLUMN, Minimiser
from orchestration.intake.minimising.permission import Permission
from orchestration.intake.outcomes import ExtractHeld
from orchestration.intake.reading.any_file import Source
from orchestration.intake.reading.looks import LOST, Looks
from orchestration.intake.reading.sheets import SourceSheet
from orchestration.intake.records.acceptance import RowConditions
from orchestration.intake.records.child_copies import COPY, ChildCopies
from orchestration.intake.records.non_records import AFTER_END, BLANK, RowJudge
from orchestration.intake.records.opening import SheetOpener
from orchestration.intake.records.records_in_blocks import WITHHELD, BlockReader, can_take_blocks
from orchestration.intake.records.rename import (
    ColumnPlan,
    NamedCell,
    cell_at,
    has_unnamed_item,
    key_of,
    rename_row,
)
from orchestration.intake.records.tabs import ORPHAN, RESENT, Tabs
from orchestration.intake.records.tally import LandedCell, Tally
from orchestration.intake.shown_names import shown_file

WatchRow = Callable[[ColumnPlan, list[Cell | None]], None]
NOT_DECRYPTED = "Q:not_decrypted"
# Single rows until the column profile is complete; small files need no blocks.
ROWS_BEFORE_BLOCKS = ROWS_LOOKED_AT


class RecordReader:
    """Reads one file by one contract. Memory holds ids of records, never rows.

    `watch` is called with every main row that lands by single rows; blocks bypass it.
    """

    def __init__(
        self,
        contract: Contract,
        keys: Keys,
        file_name: str,
        watch: WatchRow | None = None,
        tombstones: Tombstones | None = None,
    ) -> None:
        self.tally = Tally()
        self._contract = contract
        self._watch = watch
        self._keys = keys
        self._partner = contract.partner.code
        self._tombstones = tombstones or Tombstones(keys, self._partner)
        self._label = f"{self._partner}: file {shown_file(file_name)}"
        self._minimiser = Minimiser(contract)
        self._permission = Permission(contract)
        self._conditions = RowConditions(contract.accept_if)
        self.link_codes = LinkCodes(contract, keys)
        period = contract.period_of(file_name)
        self._period = period.model_dump(mode="json", by_alias=True) if period else None
        self._contents: Counter[int] = Counter()
        self._parents: dict[str, dict[int, int | str]] = {name: {} for name in contract.repeats}
        self._copies = ChildCopies(contract, self._short)
        self._tabs = Tabs(contract, self._label)
        self._without_reference = 0
        self._opener = SheetOpener(contract, self.tally, self._tabs, self._label)
        self.profiles = self._opener.profiles
        self._unnamed_items = 0

    def drift(self, last: Mapping[str, Any] | None) -> Drift | None:
        """Return the changes in columns; None if no header was surely found."""
        return self._opener.drift(last)

    def landed_cells(self, source: Source) -> Iterator[LandedCell]:
        """Stream the cells that land; afterwards `tally` accounts for the file."""
        return (cell for cell in self._landed(source, by_blocks=False) if isinstance(cell, LandedCell))

    def landed_tables(self, source: Source) -> Iterator[LandedCell | pa.Table]:
        """Stream the same cells, in tables of `landing.DICTIONARY_SCHEMA` where that is faster."""
        return self._landed(source, by_blocks=True)

    def _landed(self, source: Source, by_blocks: bool) -> Iterator[LandedCell | pa.Table]:
        for name in self._contract.tabs:
            tab = source.tab_sheet(name)
            if tab is None:
                self.tally.note_problem("flag:repeat_missing", f"no sheet for the tab {name!r}")
            else:
                self._tabs.add(name, tab, self.tally)
        for sheet in source.main_sheets():
            yield from self._main(sheet, by_blocks)
        self._tabs.account(self.tally)
        for name in self._contract.repeats:
            child = source.repeat_sheet(name)
            if child is None:
                self._note_missing_repeat(name)
            else:
                yield from self._children(name, child)
        self.tally.add_physical(source.physical_rows())
        self.tally.stripped.update(self._minimiser.stripped)
        self.tally.problems = [*source.problems, *self.tally.problems]
        if self._without_reference:
            self.tally.note_problem("flag:key_missing", f"{self._without_reference} rows without a reference")
        if self._unnamed_items:
            detail = f"{self._unnamed_items} rows with a kind of no field"
            self.tally.note_problem("flag:item_type_unmapped", detail)
        if not self.tally.rows_landed:
            self.tally.note_problem("flag:extract_empty", f"{self.tally.rows_read} rows read, none landed")

    def _main(self, sheet: SourceSheet, by_blocks: bool) -> Iterator[LandedCell | pa.Table]:
        opened = self._opener.open(sheet, "")
        if opened is None:
            return
        plan, judge, rows, check_lines = opened
        looks = Looks()
        by_blocks = by_blocks and sheet.blocks_after is not None and can_take_blocks(plan, self._contract)
        for seen, (number, cells, *_) in enumerate(rows, start=1):
            yield from self._take(plan, judge, looks, sheet, number, cells)
            if by_blocks and seen >= ROWS_BEFORE_BLOCKS and any(cells):
                break
        else:
            by_blocks = False
        if by_blocks and sheet.blocks_after:
            blocks = BlockReader(
                self._contract,
                self._keys,
                self.tally,
                plan,
                judge,
                self._minimiser,
                self._tombstones,
                sheet.shown,
                check_lines,
                partial(self._take, plan, judge, looks, sheet),
                lambda cells: self._refusal(plan, cells, rename_row(plan, cells)),
            )
            yield from blocks.landed(sheet.blocks_after(number))
        self.tally.rows_after_end += judge.records_after_end
        if judge.records_after_end:
            self.tally.note_problem(
                AFTER_END,
                f"sheet {sheet.shown!r}: {judge.records_after_end} rows look like records and stand below "
                "the row that `stop_at` ends the table with",
            )
        if looks.differ:
            self.tally.note_problem(LOST, "rows differ in colour or strike-through, which is not read")

    def _take(
        self,
        plan: ColumnPlan,
        judge: RowJudge,
        looks: Looks,
        sheet: SourceSheet,
        number: int,
        cells: list[Cell | None],
    ) -> Iterator[LandedCell]:
        """Take one main row: yield its landed cells, or count why it is refused."""
        self.tally.rows_read += 1
        reason = judge.reason(cells)
        named: list[NamedCell] = []
        if reason is None:
            renamed = rename_row(plan, cells)
            named = self._minimiser.keep(renamed)
            self._unnamed_items += has_unnamed_item(plan, cells)
            reason = self._refusal(plan, cells, renamed)
            self._count_denied(plan, cells)
        if reason is None and not named:
            reason = BLANK
        record_id = self._record_id(plan, sheet.name, cells, named) if reason is None else None
        if record_id is not None and self._tombstones.has(record_id):
            reason, record_id = FORGOTTEN, None
        self._remember(plan, sheet, number, cells, reason if record_id is None else record_id)
        self._tabs.remember(cells, reason)
        if record_id is None:
            self.tally.refuse(sheet.shown, reason or BLANK, number)
            self._remember_withheld(plan, sheet, number, cells, named, reason or BLANK)
            return
        self.tally.rows_landed += 1
        looks.add(cells)
        if self._watch:
            self._watch(plan, cells)
        self.link_codes.add(record_id, plan, cells)
        yield from self._land(record_id, sheet.shown, number, "", 0, named)

    def _refusal(self, plan: ColumnPlan, cells: list[Cell | None], renamed: list[NamedCell]) -> str | None:
        """Return why a record may not land, or None."""
        refusal = self._conditions.refusal(plan.accept, cells)
        # An undecrypted row has no answers, not even consent, so that is its reason.
        is_locked = refusal == NOT_DECRYPTED
        return (None if is_locked else self._permission.refusal(plan, cells, renamed)) or refusal

    def _children(self, name: str, sheet: SourceSheet) -> Iterator[LandedCell]:
        opened = self._opener.open(sheet, name)
        if opened is None:
            return
        plan, judge, rows, _ = opened
        sequence: Counter[tuple[int, str | None]] = Counter()
        for number, cells, parent, order, _ in rows:
            self.tally.child_read[name] += 1
            reason = judge.reason(cells)
            cell = cell_at(cells, plan.parent)
            reference = parent or (cell.value if cell else None)
            owner = self._parents[name].get(self._short(reference)) if reference else None
            if reason is None and not isinstance(owner, int):
                reason = owner or ORPHAN
            named = self._minimise(plan, cells) if reason is None else []
            copy = None
            if isinstance(owner, int) and reason is None:
                copy = self._copies.of_child(name, owner, self._own_reference(name, plan, cells, reference))
                content = json.dumps([(cell.field, cell.cell.value) for cell in named])
                if copy is None and self._copies.is_resent(name, owner, content):
                    reason = RESENT
            if reason is not None or not isinstance(owner, int):
                self.tally.child_orphans[name] += reason == ORPHAN
                self.tally.refuse_child(sheet.shown, reason or ORPHAN, number)
                continue
            sequence[owner, copy] += 1
            self.tally.child_landed[name] += 1
            seq = order or sequence[owner, copy]
            yield from self._land(owner, sheet.shown, number, name, seq, named)
            if copy is not None and named:
                yield LandedCell(owner, sheet.shown, number, name, COPY, seq, copy, COPY, None)
        self._copies.note_mixed(name, self.tally)

    def _minimise(self, plan: ColumnPlan, cells: list[Cell | None]) -> list[NamedCell]:
        return self._minimiser.keep(rename_row(plan, cells))

    def _count_denied(self, plan: ColumnPlan, cells: list[Cell | None]) -> None:
        filled = sum(cell_at(cells, index) is not None for index in plan.denied)
        if filled:
            self.tally.stripped[DENIED_COLUMN] += filled

    def _record_id(
        self, plan: ColumnPlan, sheet: str, cells: list[Cell | None], named: list[NamedCell]
    ) -> int:
        if plan.key:
            reference = key_of(plan, self._contract, sheet, cells)
            if reference is not None:
                return self._keys.record_id(self._partner, self._contract.record_ref(reference))
            self._without_reference += 1
        content = json.dumps(
            [self._period, sorted((cell.field, cell.cell.value, cell.cell.kind) for cell in named)],
            ensure_ascii=False,
        )
        alike = self._keys.number("content", self._partner, content)
        self._contents[alike] += 1
        reference = f"content|{content}|{self._contents[alike]}"
        return self._keys.record_id(self._partner, self._contract.record_ref(reference))

    def _remember(
        self, plan: ColumnPlan, sheet: SourceSheet, row: int, cells: list[Cell | None], fate: int | str | None
    ) -> None:
        """Remember a row's record, or why it was refused, for its child rows."""
        for name, repeat in self._contract.repeats.items():
            reference: str | None
            if isinstance(repeat, JsonRepeat):
                reference = str(row)
            elif name in plan.matches:
                cell = cell_at(cells, plan.matches[name])
                reference = cell.value if cell else None
            else:
                reference = key_of(plan, self._contract, sheet.name, cells)
            if reference is None or fate is None:
                continue
            short = self._short(reference)
            earlier = self._parents[name].get(short)
            if self._contract.delivery.person_rows or self._contract.items:
                # Rows are persons or items, no copies: a refused one leaves the record's child rows alone.
                self._parents[name][short] = earlier if isinstance(earlier, int) else fate
                continue
            if isinstance(earlier, str):
                continue  # one withheld copy withholds the child rows of all copies
            self._parents[name][short] = fate
            if isinstance(fate, int):
                own = self._own_reference(name, plan, cells, reference)
                self._copies.add(name, fate, own, sheet.shown, row)

    def _own_reference(
        self, name: str, plan: ColumnPlan, cells: list[Cell | None], reference: str | None
    ) -> str | None:
        """Return the reference that a copy's child rows share with its main row only."""
        repeat = self._contract.repeats[name]
        if isinstance(repeat, JsonRepeat) or repeat.matches:
            return reference
        cell = cell_at(cells, plan.submission)
        return cell.value if cell else None

    def _remember_withheld(
        self,
        plan: ColumnPlan,
        sheet: SourceSheet,
        number: int,
        cells: list[Cell | None],
        named: list[NamedCell],
        reason: str,
    ) -> None:
        """Remember a withheld record by its id, so that its earlier cells can be withdrawn."""
        if not reason.startswith(WITHHELD) or reason == FORGOTTEN or not plan.key:
            return
        reference = key_of(plan, self._contract, sheet.name, cells)
        if reference is not None:
            record_id = self._keys.record_id(self._partner, self._contract.record_ref(reference))
            if self._tombstones.has(record_id):
                self.tally.forgotten.add((sheet.shown, number))
                return
            is_person = self._contract.delivery.person_rows and self._is_about_a_person(named)
            withheld = self.tally.withheld_persons if is_person else self.tally.withheld
            withheld.setdefault(reason, set()).add(record_id)

    def _is_about_a_person(self, named: list[NamedCell]) -> bool:
        """Return whether a row identifies a person; one with only a reference and a status does not."""
        of_all = {*self._contract.constant_fields, "person_count"}
        return any(cell.field not in of_all for cell in named)

    def _land(
        self, record_id: int, sheet: str, row: int, part: str, seq: int, named: list[NamedCell]
    ) -> Iterator[LandedCell]:
        self.tally.filled.update({cell.field for cell in named})
        for name, _, cell in named:
            yield LandedCell(
                record_id, sheet, row, part, name, seq, cell.value, cell.kind, cell.number_format
            )

    def _note_missing_repeat(self, name: str) -> None:
        required = [
            field
            for field, spec in self._contract.fields.items()
            if self._contract.part_of(spec)[0] == name and spec.required
        ]
        if required:
            raise ExtractHeld(
                "hold:sheet_missing",
                f"{self._label} has no sheet for the repeat {name!r}, which fields.{required[0]} needs. "
                f"Correct `format.repeats.{name}.sheet` in the contract, or ask the partner for a workbook "
                "with repeats.",
            )
        self.tally.note_problem("flag:repeat_missing", f"no sheet for the repeat {name!r}")

    def _short(self, text: str) -> int:
        """Hash a text to 64 bits, so that many references need little memory."""
        digest = hashlib.blake2b(tidy(text).encode(), digest_size=8, key=self._keys.record_key[:32]).digest()
        return int.from_bytes(digest, "big", signed=True)
