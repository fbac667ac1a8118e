"""Turn an open file into its landed cells: drop non-records, rename, minimise, and account for every row.

This module defines the order of these steps and the record ids. Everything is done for a block of rows at
once; what differs from row to row is judged by distinct values.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.contracts import Cell, Contract, same
from orchestration.core import FORGOTTEN, Keys, Tombstones
from orchestration.intake.minimising.keyed_codes import LinkCodes, submission_slots
from orchestration.intake.minimising.minimise import DENIED_COLUMN, Permission
from orchestration.intake.outcomes import ExtractHeld
from orchestration.intake.reading.block import Block, Flags, cells_at, combined, remembering
from orchestration.intake.reading.sheets import Source, SourceSheet
from orchestration.intake.records.non_records import BLANK
from orchestration.intake.records.opening import ORPHAN, RESENT, OpenSheet, SheetOpener, Tabs
from orchestration.intake.records.references import Parents, have_references, references
from orchestration.intake.records.rename import ColumnPlan
from orchestration.intake.records.slots import Slot, cells_of, slot_of_copies
from orchestration.intake.records.tally import Refusals, Tally

Rows = npt.NDArray[np.int64]
Watch = Callable[[ColumnPlan, Block, Rows], None]
Judge = Callable[..., str | None]  # of (position, cell) of each answer
WITHHELD = "withheld:"
LIKE_NAMES = "flag:reference_like_name"


class RecordReader:
    """Reads one file by one contract. Memory holds ids of records, and one block of rows.

    Messages call the file `shown`; `period` is as its landing note has it. `watch` is called with the main
    rows of each block that land.
    """

    def __init__(
        self,
        contract: Contract,
        keys: Keys,
        shown: str,
        watch: Watch | None = None,
        tombstones: Tombstones | None = None,
        period: Mapping[str, Any] | None = None,
    ) -> None:
        self.tally = Tally()
        self._contract = contract
        self._watch = watch
        self._keys = keys
        self._partner = contract.partner.code
        self._tombstones = tombstones or Tombstones(keys, self._partner)
        self._label = f"{self._partner}: file {shown}"
        self._permission = Permission(contract)
        self.link_codes = LinkCodes(contract, keys)
        self._period = period
        self._contents: Counter[int] = Counter()
        self._parents = Parents(contract, keys)
        self._tabs = Tabs(contract, self._label)
        self._without_reference = 0
        self._opener = SheetOpener(contract, self.tally, self._tabs, self._label)
        self.drift = self._opener.drift
        self._unnamed_items = 0

    def landed_tables(self, source: Source) -> Iterator[pa.Table]:
        """Stream what lands, in tables of `landing.CELLS`; afterwards `tally` accounts for the file."""
        for name in self._contract.tabs:
            tab = source.tab_sheet(name)
            if tab is None:
                self.tally.note_problem("flag:repeat_missing", f"no sheet for the tab {name!r}")
            else:
                self._tabs.add(name, tab, self.tally)
        for sheet in source.main_sheets():
            yield from self._main(sheet)
        self._tabs.account(self.tally)
        for name in self._contract.repeats:
            child = source.repeat_sheet(name)
            if child is None:
                self._note_missing_repeat(name)
            else:
                yield from self._children(name, child)
        self.tally.add_physical(source.physical_rows())
        self.tally.problems = [*source.problems, *self.tally.problems]
        if self._without_reference:
            self.tally.note_problem("flag:key_missing", f"{self._without_reference} rows without a reference")
        if self._unnamed_items:
            detail = f"{self._unnamed_items} rows with a kind of no field"
            self.tally.note_problem("flag:item_type_unmapped", detail)
        for name, found in (+self.link_codes.like_names).items():
            of = self.link_codes.references[name]
            self.tally.note_problem(LIKE_NAMES, f"`link.{name}`: {found} of {of} values are mostly letters")
        if not self.tally.rows_landed:
            self.tally.note_problem("flag:extract_empty", f"{self.tally.rows_read} rows read, none landed")

    def _main(self, sheet: SourceSheet) -> Iterator[pa.Table]:
        opened = self._opener.open(sheet, "")
        if opened is None:
            return
        refusal = self._permission.refusal
        judge = remembering(lambda *answers: refusal(opened.plan, cells_at(dict(answers))))
        for block in opened.blocks:
            yield self._take(opened, judge, block)
        self.tally.rows_after_end += opened.judge.records_after_end
        self._note_doubts(opened)
        if any(len(looks) > 1 for looks in opened.looks.values()):
            detail = "rows differ in colour or strike-through, which is not read"
            self.tally.note_problem("flag:format_meaning_lost", detail)

    def _note_doubts(self, opened: OpenSheet, prefix: str = "") -> None:
        for code, detail in opened.judge.problems():
            self.tally.note_problem(code, f"sheet {opened.sheet.shown!r}: {detail}")
        unnamed = (f"{prefix}column {at + 1} (no heading)" for at in sorted(opened.judge.unnamed))
        self.tally.unnamed.update(dict.fromkeys(unnamed))

    def _take(self, opened: OpenSheet, judge: Judge, block: Block) -> pa.Table:
        """Take main rows: return the cells that land, and count why the other rows do not."""
        sheet, plan, tally = opened.sheet, opened.plan, self.tally
        tally.rows_read += len(block)
        refused = opened.judge.refusals(block)
        records = refused.stay
        slots = list(opened.slots.of(block, records))
        for at, name in plan.denied.items():
            if (column := block.column(at)) is not None:
                opened.slots.empty((name, DENIED_COLUMN), column.filled & records)
        self._count_unnamed_items(plan, block, records)
        _refuse_by_answers(plan, block, judge, refused)
        stands = np.any([slot.stands for slot in slots], axis=0) if slots else np.zeros(len(block), bool)
        refused.refuse(BLANK, ~stands)
        ids = self._record_ids(opened, block, slots, refused)
        every = np.ones(len(block), bool)
        submissions = list(submission_slots(self._contract, self._keys, plan, block, every))
        forgotten = self._forgotten(ids, submissions)
        refused.refuse(FORGOTTEN, forgotten)
        tally.empty(sheet.shown, opened.slots.emptied, block.numbers, forgotten)
        self._remember(opened, block, refused, ids)
        self._count_refused(opened, block, refused, ids, forgotten, slots, submissions)
        lands = refused.stay
        landing = np.flatnonzero(lands)
        tally.rows_landed += len(landing)
        self._count_filled(slots, lands)
        for at, column in enumerate(block.columns):
            opened.looks.setdefault(at, set()).update(column.looks(lands))
        if self._watch:
            self._watch(plan, block, landing)
        self.link_codes.look(plan, block, lands)
        self.link_codes.add(ids[landing].tolist(), plan, block, landing.tolist())
        return cells_of(slots + submissions, landing, ids[landing], block.numbers[landing], sheet.shown)

    def _count_unnamed_items(self, plan: ColumnPlan, block: Block, records: Flags) -> None:
        """Count rows with a code of a kind that feeds no field."""
        items = plan.items
        code = block.column(items.code) if items else None
        if items is None or code is None:
            return
        unnamed = code.filled & records
        if (kind := block.column(items.kind)) is not None:
            feeds = np.array([same(text) in items.fields for text in kind.texts], bool)
            unnamed &= ~kind.by_row(feeds)
        self._unnamed_items += int(unnamed.sum())

    def _count_filled(self, slots: list[Slot], lands: Flags) -> None:
        stands: dict[str, Flags] = {}
        for slot in slots:
            stands[slot.field] = stands.get(slot.field, False) | slot.stands
        for field, rows in stands.items():
            if filled := int((rows & lands).sum()):
                self.tally.filled[field] += filled

    def _record_ids(self, opened: OpenSheet, block: Block, slots: list[Slot], refused: Refusals) -> Rows:
        """Return the record ids of rows that may land, and of rows with a reference; 0 for the others."""
        plan = opened.plan
        ids = np.zeros(len(block), np.int64)
        has_reference = have_references(plan, self._contract, block)
        rows = np.flatnonzero(has_reference)
        if len(rows):
            texts = references(plan, self._contract, opened.sheet.name, block, rows)
            ids[rows] = self._keys.record_ids(self._partner, self._contract.record_ref(""), texts)
        without = np.flatnonzero(refused.stay & ~has_reference)
        self._without_reference += len(without) if plan.key else 0
        for row in without.tolist():
            named = [(slot.field, slot.cell(row)) for slot in slots if slot.stands[row]]
            ids[row] = self._content_id(named)
        return ids

    def _content_id(self, named: list[tuple[str, Cell]]) -> int:
        """Return the id of a record without a reference: of its content, and how often that came."""
        cells = sorted((field, cell.value, cell.kind) for field, cell in named)
        content = json.dumps([self._period, cells], ensure_ascii=False)
        alike = self._keys.number("content", self._partner, content)
        self._contents[alike] += 1
        reference = f"content|{content}|{self._contents[alike]}"
        return self._keys.record_id(self._partner, self._contract.record_ref(reference))

    def _forgotten(self, ids: Rows, submissions: list[Slot]) -> Flags:
        """Return the rows of forgotten records, known by their id or by the code of their submission."""
        forgotten = self._tombstones.among(ids)
        for slot in submissions if self._tombstones.submissions else ():
            marked = np.array([self._tombstones.has_submission(code) for code in slot.column.texts], bool)
            rows = np.flatnonzero(slot.stands)
            forgotten[rows] |= marked[slot.column.codes[rows]]
        return forgotten

    def _remember(self, opened: OpenSheet, block: Block, refused: Refusals, ids: Rows) -> None:
        """Remember what became of each row, for the rows of child sheets and tabs."""
        if not self._contract.repeats and not self._contract.tabs:
            return
        reasons = refused.list()
        self._tabs.remember(block, reasons)
        fates = [reason or record for reason, record in zip(reasons, ids.tolist(), strict=True)]
        self._parents.remember(opened.plan, opened.sheet, block, fates)

    def _count_refused(
        self,
        opened: OpenSheet,
        block: Block,
        refused: Refusals,
        ids: Rows,
        forgotten: Flags,
        slots: list[Slot],
        submissions: list[Slot],
    ) -> None:
        """Count refused rows; keep the ids of withheld records, so that their earlier cells are withdrawn."""
        shown, codes = opened.sheet.shown, dict[int, str]()
        for reason, rows in refused.by_reason():
            self.tally.refuse(shown, reason, block.numbers[rows].tolist())
            if not reason.startswith(WITHHELD) or reason == FORGOTTEN:
                continue
            numbers = block.numbers[rows & forgotten].tolist()
            self.tally.forgotten.update((shown, number) for number in numbers)
            known = rows & ~forgotten & have_references(opened.plan, self._contract, block)
            persons = known & self._are_about_a_person(slots, len(block))
            records = known & ~persons
            for withheld, which in ((self.tally.withheld_persons, persons), (self.tally.withheld, records)):
                if which.any():
                    withheld.setdefault(reason, set()).update(ids[which].tolist())
            codes |= {
                row: slot.cell(row).value
                for slot in submissions
                for row in np.flatnonzero(slot.stands & known).tolist()
            }
        self.tally.withheld_submissions.update((int(ids[row]), codes[row]) for row in sorted(codes))

    def _are_about_a_person(self, slots: list[Slot], rows: int) -> Flags:
        """Return the rows, each a person, that hold more than a reference and a status."""
        of_all = {*self._contract.constant_fields, "person_count"}
        own = [slot.stands for slot in slots if slot.field not in of_all]
        if not self._contract.delivery.person_rows or not own:
            return np.zeros(rows, bool)
        return np.asarray(np.any(own, axis=0))

    def _children(self, name: str, sheet: SourceSheet) -> Iterator[pa.Table]:
        opened = self._opener.open(sheet, name)
        if opened is None:
            return
        orders: Counter[tuple[int, str | None]] = Counter()
        for block in opened.blocks:
            yield self._take_children(name, opened, orders, block)
        self._note_doubts(opened, f"{name}/")
        self._parents.note_mixed(name, self.tally)

    def _take_children(
        self, name: str, opened: OpenSheet, orders: Counter[tuple[int, str | None]], block: Block
    ) -> pa.Table:
        """Take child rows: return the cells that land, and count why the other rows do not."""
        sheet, plan, tally = opened.sheet, opened.plan, self.tally
        tally.child_read[name] += len(block)
        refused = opened.judge.refusals(block)
        column = block.column(plan.parent)
        named = [cell.value if cell else None for cell in column.cell_of_each_row()] if column else []
        given = block.parents or [None] * len(block)
        belongs = [own or (named[row] if named else None) for row, own in enumerate(given)]
        owners = [self._parents.owner(name, reference) for reference in belongs]
        for reason in dict.fromkeys(owner or ORPHAN for owner in owners if not isinstance(owner, int)):
            is_so = [not isinstance(owner, int) and (owner or ORPHAN) == reason for owner in owners]
            refused.refuse(reason, np.array(is_so, bool))
        slots = list(opened.slots.of(block, refused.stay))
        records = {row: owner for row, owner in enumerate(owners) if isinstance(owner, int)}
        resent = np.zeros(len(block), bool)
        copies: dict[int, str] = {}
        seq = np.zeros(len(block), np.int32)
        for row in np.flatnonzero(refused.stay).tolist():
            owner = records[row]
            copy = self._parents.copy_of(name, owner, plan, block, row, belongs[row])
            if copy is None and self._parents.has_several(name, owner):
                content = json.dumps([(s.field, s.cell(row).value) for s in slots if s.stands[row]])
                if self._parents.is_resent(name, owner, content):
                    resent[row] = True
                    continue
            if copy is not None:
                copies[row] = copy
            orders[owner, copy] += 1
            order = block.orders[row] if block.orders else None
            seq[row] = order or orders[owner, copy]
        refused.refuse(RESENT, resent)
        is_forgotten = np.array([owner == FORGOTTEN for owner in owners], bool)
        tally.empty(sheet.shown, opened.slots.emptied, block.numbers, is_forgotten)
        for reason, rows in refused.by_reason():
            tally.refuse(sheet.shown, reason, block.numbers[rows].tolist(), is_child=True)
            tally.child_orphans[name] += int(rows.sum()) if reason == ORPHAN else 0
        lands = refused.stay
        landing = np.flatnonzero(lands)
        tally.child_landed[name] += len(landing)
        self._count_filled(slots, lands)
        if copies:
            slots.append(slot_of_copies(copies, slots, len(block)))
        ids = np.array([records[row] for row in landing.tolist()], np.int64)
        return cells_of(slots, landing, ids, block.numbers[landing], sheet.shown, name, seq[landing])

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


def _refuse_by_answers(plan: ColumnPlan, block: Block, judge: Judge, refused: Refusals) -> None:
    """Refuse rows by the partner's review, consent and purpose."""
    asked = {plan.consent, plan.withdrawn, *plan.accept}
    asked |= {at for field, _, indexes in plan.fields if field == "purpose" for at in indexes}
    asked |= {at for field, _, choices in plan.flags if field == "purpose" for _, at in choices}
    if plan.items and any(name == "purpose" for fed in plan.items.fields.values() for name, _ in fed):
        asked |= {plan.items.kind, plan.items.code}
    there = sorted(at for at in asked if at is not None and at < len(block.columns))
    columns = [block.columns[at] for at in there]
    answers, by_row = combined(columns) if columns else ([()], np.zeros(len(block), np.int64))
    reasons: dict[str, list[int]] = {}
    for number, answer in enumerate(answers):
        cells = (column.distinct_cell(code) for column, code in zip(columns, answer, strict=True))
        if reason := judge(*zip(there, cells, strict=True)):
            reasons.setdefault(reason, []).append(number)
    for reason, numbers in reasons.items():
        refused.refuse(reason, np.isin(by_row, numbers))
