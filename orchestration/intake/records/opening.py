"""Open a sheet: its header, the use of each column, the rows after the header, and its tabs.

Also the report on columns, even of a sheet that will not land. Tabs are further sheets with one row for each
record; the named columns of their rows stay in memory and are joined by the record's reference while the main
sheet streams. Rows are handled in `records`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from orchestration.contracts import Contract, CsvFormat, same, tidy
from orchestration.intake.drift.columns import Drift, find_drift
from orchestration.intake.outcomes import ExtractHeld
from orchestration.intake.reading.block import Block, Column, SourceRow, rows_in
from orchestration.intake.reading.csv_files import stray_quote
from orchestration.intake.reading.sheets import SourceSheet
from orchestration.intake.records.header import (
    Header,
    Sought,
    fill_down_merged,
    read_table,
    refuse_other_merges,
    without_trailing_blanks,
)
from orchestration.intake.records.non_records import RowJudge
from orchestration.intake.records.rename import (
    ColumnPlan,
    cell_at,
    columns_named_by,
    is_surely_header,
    plan_columns,
    sought_in,
)
from orchestration.intake.records.slots import Slots
from orchestration.intake.records.tally import Tally
from orchestration.intake.shown_names import shown_column

ORPHAN = "Q:orphan_leg"
RESENT = "dup:duplicate_uuid"
_NO_ROW = SourceRow(0, [])


@dataclass
class _OpenTab:
    name: str
    shown: str
    columns: list[str] = field(default_factory=list)
    rows: dict[str, SourceRow] = field(default_factory=dict)  # by reference, with the cells that are read
    fates: dict[str, str | None] = field(default_factory=dict)
    refused: list[tuple[str, int]] = field(default_factory=list)
    read: int = 0
    matches: int | None = None

    def references(self, block: Block) -> list[str]:
        """Return the references of main rows, by which the tab finds its records."""
        column = block.column(self.matches)
        if column is None:
            return [""] * len(block)
        return [tidy(cell.value) if cell else "" for cell in column.cell_of_each_row()]


class Tabs:
    """The tabs of one workbook; read before its main sheet."""

    def __init__(self, contract: Contract, label: str) -> None:
        self._contract, self._label = contract, label
        self._open: list[_OpenTab] = []

    def add(self, name: str, sheet: SourceSheet, tally: Tally) -> None:
        """Read a tab; raise ExtractHeld if its reference column is missing or a record has several rows."""
        parent = self._contract.tabs[name].parent
        tab = _OpenTab(name, sheet.shown)
        self._open.append(tab)
        plain = self._contract.layout_of(is_main=False)
        found = read_table(sheet, tally, Sought(plain, [parent]), self._label)
        if found is None:
            return
        header, blocks = found
        at = header.find(parent)
        if at is None:
            raise ExtractHeld(
                "hold:column_missing",
                f"{self._label}, sheet {sheet.shown!r}, has no column {parent!r}, by which "
                f"format.tabs.{name} finds its record. Correct `parent` in the contract, or ask the partner.",
                [parent],
            )
        tab.columns = [f"{name}/{column}" if column else "" for column in header.names]
        tab.columns[at] = ""  # the reference itself is read from the main sheet
        named = columns_named_by(self._contract)
        kept = [
            index
            for index, column in enumerate(tab.columns)
            if column and any(same(column) == one or same(column).startswith(f"{one}/") for one in named)
        ]
        judge = RowJudge(header, plain, set(range(len(header.names))))
        for block in without_trailing_blanks(blocks, sheet.shown, tally):
            for row, reason in zip(rows_in([block]), judge.refusals(block).list(), strict=True):
                self._add_row(tab, reason, row, at, kept)

    def header_beside(self, header: Header) -> Header:
        """Return the main header followed by the tabs' columns, each named `tab/column`."""
        names = [*header.names]
        for tab in self._open:
            names += tab.columns
            column = self._contract.tabs[tab.name].matches or self._contract.delivery.key_parts[0]
            tab.matches = header.find(column)
        return replace(header, names=names)

    def blocks_beside(self, header: Header, blocks: Iterator[Block]) -> Iterator[Block]:
        """Yield the main blocks with the columns of the tabs beside those of the header."""
        if not self._open:
            yield from blocks
            return
        width = len(header.names)
        for block in blocks:
            none = Column.of_cells([None] * len(block))
            columns = [*block.columns[:width], *[none] * (width - len(block.columns))]
            for tab in self._open:
                rows = [tab.rows.get(reference, _NO_ROW) for reference in tab.references(block)]
                columns += [
                    Column.of_cells(cell_at(row.cells, at) for row in rows) for at in range(len(tab.columns))
                ]
            yield replace(block, columns=columns)

    def remember(self, block: Block, reasons: list[str | None]) -> None:
        """Remember what became of main rows for the tabs' rows of the same record."""
        for tab in self._open:
            for reference, reason in zip(tab.references(block), reasons, strict=True):
                if reference not in tab.fates or reason is None:
                    tab.fates[reference] = reason

    def account(self, tally: Tally) -> None:
        """Count every row of every tab, like rows of child sheets."""
        for tab in self._open:
            tally.child_read[tab.name] += tab.read
            for reference, row in tab.rows.items():
                reason = tab.fates.get(reference, ORPHAN)
                if reason is None:
                    tally.child_landed[tab.name] += 1
                else:
                    tab.refused.append((reason, row.number))
            for reason, number in sorted(tab.refused, key=lambda refused: refused[1]):
                tally.refuse(tab.shown, reason, [number], is_child=True)

    def _add_row(self, tab: _OpenTab, reason: str | None, row: SourceRow, at: int, kept: list[int]) -> None:
        tab.read += 1
        parent = cell_at(row.cells, at)
        if reason is not None or parent is None:
            tab.refused.append((reason or ORPHAN, row.number))
            return
        cells = [cell_at(row.cells, index) if index in kept else None for index in range(len(tab.columns))]
        first = tab.rows.setdefault(tidy(parent.value), SourceRow(row.number, cells))
        if first.cells is cells:
            return
        if first.cells != cells:
            raise ExtractHeld(
                "hold:tab_repeats",
                f"{self._label}, sheet {tab.shown!r}, row {row.number}: a record has several rows here that "
                f"differ, but a tab has one row a record. Declare {tab.name!r} under format.repeats "
                "instead of format.tabs.",
            )
        tab.refused.append((RESENT, row.number))


class OpenSheet(NamedTuple):
    """A sheet ready to read: its column plan, the judge of its rows, its slots, the rows after its header.

    `looks`: the looks (colour, strike-through) of its landed cells by column. Only the partner knows what
    they mean, so they are not read; a column with one look throughout has no meaning.
    """

    sheet: SourceSheet
    plan: ColumnPlan
    judge: RowJudge
    slots: Slots
    blocks: Iterator[Block]
    looks: dict[int, set[str | None]]


class SheetOpener:
    def __init__(self, contract: Contract, tally: Tally, tabs: Tabs, label: str) -> None:
        self._contract, self._tally, self._tabs, self._label = contract, tally, tabs, label
        self._knows_columns = False

    def drift(self, last: Mapping[str, Any] | None) -> Drift:
        """Return the changes in columns; none if no header was surely found."""
        tally = self._tally
        found = find_drift(self._contract, tally.columns_found, tally.unmapped, last)
        return found if self._knows_columns else Drift()

    def open(self, sheet: SourceSheet, part: str) -> OpenSheet | None:
        """Open a sheet; `part` is "" or the name of a repeat. Returns None for an empty sheet.

        Raises ExtractHeld if the columns do not fit the contract, or if merged cells hide values.
        """
        sought = sought_in(self._contract, part)
        layout = sought.layout
        label = f"{self._label}, sheet {sheet.shown!r}," if sheet.name else self._label
        found = read_table(sheet, self._tally, sought, self._label)
        if found is None:
            return None
        header, blocks = found
        if not part:
            blocks = self._tabs.blocks_beside(header, blocks)
            header = self._tabs.header_beside(header)
        shown = self._shown_columns(header, part)
        try:
            plan = plan_columns(self._contract, part, header, label)
        except ExtractHeld:
            self._note_held(header, part, shown)
            raise
        self._note_columns(plan, shown)
        fill_down = {header.find(column) for column in getattr(layout, "fill_down_merged", [])}
        refuse_other_merges(sheet, header, {*plan.meaningful, *plan.key} - fill_down, shown, label)
        blocks = fill_down_merged(blocks, sheet, fill_down)
        blocks = self._with_lines_checked(blocks, header, plan, shown, label)
        dates = [at for name, _, indexes in plan.fields if name == "event_on" for at in indexes]
        judge = RowJudge(
            *(header, layout, plan.meaningful, sheet.only_records, sheet.is_delimited),
            *(plan.key, dates, (self._contract.partner.code.replace("_", " "), sheet.name)),
        )
        slots = Slots(plan, self._contract.locale.dates)
        blocks = without_trailing_blanks(blocks, sheet.shown, self._tally)
        return OpenSheet(sheet, plan, judge, slots, blocks, {})

    def _shown_columns(self, header: Header, part: str) -> list[str]:
        prefix = f"{part}/" if part else ""
        named = columns_named_by(self._contract, part)
        return [
            name and prefix + (name if same(name) in named else shown_column(name, position, named))
            for position, name in enumerate(header.names, start=1)
        ]

    def _note_columns(self, plan: ColumnPlan, shown: list[str]) -> None:
        self._note_found(shown, plan.unmapped)
        for at in plan.unmapped:
            detail = f"column {shown[at]!r} is named nowhere in the contract"
            self._tally.note_problem("flag:column_unmapped", detail)
        self._tally.missing.update(dict.fromkeys(plan.missing_optional))
        for column in plan.missing_optional:
            self._tally.note_problem("flag:column_missing_optional", f"column {column!r} is not in the file")

    def _note_found(self, shown: list[str], unmapped: list[int]) -> None:
        self._knows_columns = True
        self._tally.columns_found.update({name: None for name in shown if name})
        self._tally.unmapped.update({shown[at]: None for at in unmapped})

    def _note_held(self, header: Header, part: str, shown: list[str]) -> None:
        """Collect the columns of a sheet that will not land, so that its drift can be reported."""
        if not is_surely_header(self._contract, part, header):
            return
        named = columns_named_by(self._contract, part)
        new = [at for at, name in enumerate(header.names) if name and same(name) not in named]
        self._note_found(shown, new)

    def _with_lines_checked(
        self, blocks: Iterator[Block], header: Header, plan: ColumnPlan, shown: Sequence[str], label: str
    ) -> Iterator[Block]:
        """Yield blocks unchanged; raise ExtractHeld for a row whose lines a stray quotation mark joined.

        A row of delimited text may run over several filled lines only through a column that the contract
        denies or names under `format.multiline`. Tables written by a form server are quoted throughout and
        are not judged. `shown`: names of the columns for messages, by position.
        """
        layout = self._contract.format
        if not isinstance(layout, CsvFormat):
            yield from blocks
            return
        allowed = {*plan.denied, *header.find_all(layout.multiline)}
        for block in blocks:
            several = np.flatnonzero(block.lines > 1).tolist() if block.lines is not None else []
            for row in map(block.row, several):
                for at, cell in enumerate(row.cells):
                    if cell and at not in allowed and len(cell.value.strip().splitlines()) > 1:
                        name = shown[at] if at < len(shown) and shown[at] else f"column {at + 1}"
                        hint = (
                            f" If {name!r} does hold text of several lines, name it under `format.multiline` "
                            "or `deny` in the contract."
                        )
                        raise stray_quote(label, row.number, row.number + row.lines - 1, hint)
            yield block
