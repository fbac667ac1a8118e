"""Open a sheet: its header, the use of each column, and the rows after the header.

Also the report on columns, even of a sheet that will not land. Rows are handled in `records`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from orchestration.contracts import Contract, same
from orchestration.intake.drift.columns import ROWS_LOOKED_AT, ColumnProfiles, Drift, find_drift
from orchestration.intake.outcomes import ExtractHeld, ExtractStopped
from orchestration.intake.reading.block import Block, first_rows
from orchestration.intake.reading.sheets import SourceSheet
from orchestration.intake.records.header import Header
from orchestration.intake.records.merged_cells import fill_down_merged, refuse_other_merges
from orchestration.intake.records.non_records import RowJudge
from orchestration.intake.records.rename import (
    ColumnPlan,
    columns_named_by,
    is_surely_header,
    plan_columns,
    sought_in,
)
from orchestration.intake.records.several_lines import with_lines_checked
from orchestration.intake.records.tables import read_table, without_trailing_blanks
from orchestration.intake.records.tabs import Tabs
from orchestration.intake.records.tally import Tally
from orchestration.intake.shown_names import shown_column


class OpenSheet(NamedTuple):
    """A sheet ready to read: its column plan, the judge of its rows, and the rows after its header."""

    plan: ColumnPlan
    judge: RowJudge
    blocks: Iterator[Block]


class SheetOpener:
    """Opens the sheets of one file, and collects their columns and the profile of their first rows."""

    def __init__(self, contract: Contract, tally: Tally, tabs: Tabs, label: str) -> None:
        self._contract, self._tally, self._tabs, self._label = contract, tally, tabs, label
        self.profiles = ColumnProfiles()
        self._knows_columns = False

    def drift(self, last: Mapping[str, Any] | None) -> Drift | None:
        """Return the changes in columns; None if no header was surely found."""
        if not self._knows_columns:
            return None
        tally = self._tally
        return find_drift(self._contract, tally.columns_found, tally.unmapped, self.profiles.content(), last)

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
        blocks = self.profiles.watch(shown, blocks)
        try:
            plan = plan_columns(self._contract, part, header, label)
        except ExtractHeld:
            self._profile_held(header, part, shown, blocks)
            raise
        self._note_columns(header, plan, shown)
        fill_down = {header.find(column) for column in getattr(layout, "fill_down_merged", [])}
        refuse_other_merges(sheet, header, {*plan.meaningful, *plan.key} - fill_down, shown, label)
        blocks = fill_down_merged(blocks, sheet, fill_down)
        blocks = with_lines_checked(blocks, self._contract, header, plan, shown, label)
        dates = [at for name, _, indexes in plan.fields if name == "event_on" for at in indexes]
        judge = RowJudge(
            *(header, layout, plan.meaningful, sheet.only_records, sheet.is_delimited),
            *(plan.key, dates, (self._contract.partner.code.replace("_", " "), sheet.name)),
        )
        return OpenSheet(plan, judge, without_trailing_blanks(blocks, sheet.shown, self._tally))

    def _shown_columns(self, header: Header, part: str) -> list[str]:
        """Return the shown names of a sheet's columns, by position."""
        prefix = f"{part}/" if part else ""
        named = columns_named_by(self._contract, part)
        return [
            name and prefix + (name if same(name) in named else shown_column(name, position, named))
            for position, name in enumerate(header.names, start=1)
        ]

    def _note_columns(self, header: Header, plan: ColumnPlan, shown: list[str]) -> None:
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

    def _profile_held(self, header: Header, part: str, shown: list[str], blocks: Iterator[Block]) -> None:
        """Collect columns and profile of a sheet that will not land, so that its drift can be reported."""
        if not is_surely_header(self._contract, part, header):
            return
        named = columns_named_by(self._contract, part)
        new = [at for at, name in enumerate(header.names) if name and same(name) not in named]
        self._note_found(shown, new)
        with suppress(ExtractStopped):  # the first fault is reported, not a later one
            first_rows(blocks, ROWS_LOOKED_AT)
