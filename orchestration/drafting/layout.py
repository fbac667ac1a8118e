"""The layout of a sample: sheets, header rows, child sheets, and rows that are no records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from orchestration.contracts import Cell, CsvFormat, Layout, month_of_sheet, same
from orchestration.drafting.reading import ROWS_OF_A_SHEET, Sample, SampleSheet, rows_with_cells
from orchestration.drafting.servers import LINKS
from orchestration.intake import (
    Block,
    Header,
    RowJudge,
    Sought,
    SourceSheet,
    begins_with,
    blocks_of,
    names_somebody,
    read_header,
    readings,
    rows_in,
    says_total,
)

ROWS_WITH_A_HEADER = 20
LOOK_FOR_THE_HEADER = 15
LONGEST_HEADING = 80
LONGEST_STOP_WORD = 20
_TOTAL = "skip:total_row"


@dataclass
class Table:
    """The columns of one part (`''` or a child sheet): names by position, and the cells of each record."""

    part: str
    names: list[str]
    records: list[tuple[str, list[Cell | None]]]

    def cells(self, name: str) -> list[tuple[str, Cell]]:
        """Return the filled cells of a column, each with its sheet."""
        at = self.names.index(name) if name in self.names else len(self.names)
        return [(sheet, cell) for sheet, cells in self.records if at < len(cells) and (cell := cells[at])]


@dataclass
class Totals:
    """First words of total rows: `last` end a sheet, `between` have records after them."""

    last: Counter[str] = field(default_factory=Counter)
    between: Counter[str] = field(default_factory=Counter)

    @property
    def stop_words(self) -> list[str]:
        """Words that end a sheet; `Total` is left out if `Total Busia` has records after it."""
        between = [same(text) for text in self.between]
        return sorted(word for word in self.last if not any(begins_with(same(word), one) for one in between))


@dataclass
class DraftLayout:
    """`format`: as in the contract. `notes`: comments on its keys."""

    format: dict[str, Any]
    main: Table
    children: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    has_sheet_months: bool = False


def find_layout(sample: Sample) -> DraftLayout:
    if sample.format["kind"] in ("json", "odk_zip"):
        return _written_by_software(sample)
    months = [sheet for sheet in sample.sheets if month_of_sheet(sheet.name)]
    first = months[0] if months else _main_sheet(sample.sheets)
    rows = _header_rows(first)
    layout: dict[str, Any] = dict(sample.format)
    drafted = DraftLayout(layout, Table("", [], []))
    chosen = [first]
    if months:
        layout["sheets"] = {"pattern": "month", "sheet_month": True}
        drafted.has_sheet_months = True
        chosen = months
        others = len(sample.sheets) - len(months)
        drafted.notes.append(
            f"{len(months)} sheets are named after a month, {others} are not and are not read"
        )
    elif layout["kind"] == "xlsx":
        at = sample.sheets.index(first)
        layout["sheet"] = at if at == 0 or first.name != first.shown else first.name
        if len(sample.sheets) > 1:
            drafted.notes.append(f"{len(sample.sheets)} filled sheets; this one has the records")
    if len(rows) == 1 and rows[0] > 1:
        layout["header_search"] = max(LOOK_FOR_THE_HEADER, rows[0])
    elif rows != [1]:
        layout["header_rows"] = rows
        layout["header_join"] = " | "
    totals = Totals()
    for sheet in chosen:
        _read_table(drafted, sheet, _header_rows(sheet) if len(rows) == 1 else rows, drafted.main, totals)
    if totals.stop_words:
        layout["stop_at"] = totals.stop_words
    if totals.between:
        count = sum(totals.between.values())
        drafted.notes.append(f"total rows between records: {count}; they are no records, and end no sheet")
    _fill_down(drafted, chosen, rows[-1])
    if not months:
        _children(drafted, [sheet for sheet in sample.sheets if sheet is not first])
    return drafted


def _written_by_software(sample: Sample) -> DraftLayout:
    """Return the layout of a format that marks its child sheets itself."""
    drafted = DraftLayout(dict(sample.format), Table("", [], []))
    for sheet in sample.sheets:
        table = Table(sheet.part, [], []) if sheet.part else drafted.main
        drafted.children += [table] if sheet.part else []
        _read_table(drafted, sheet, [1], table, Totals())
    return drafted


def _main_sheet(sheets: list[SampleSheet]) -> SampleSheet:
    """Return the widest sheet with records that is no child sheet; the first of equals."""
    own = [sheet for sheet in sheets if _parent_of(_names(sheet, _header_rows(sheet))) is None] or sheets

    def size(sheet: SampleSheet) -> int:
        width = max(sum(cell is not None for cell in row.cells) for row in sheet.rows)
        return min(len(rows_with_cells(sheet)), 20) * width

    return max(own, key=size)


def _header_rows(sheet: SampleSheet) -> list[int]:
    """Return the row with most headings among the first; two rows where merged heads span columns."""
    best, best_score = 1, float("-inf")
    rows = rows_with_cells(sheet)[:ROWS_WITH_A_HEADER]
    for row in rows:
        score = sum(_looks_like_a_heading(cell) for cell in row.cells if cell)
        if score > best_score + 0.5:
            best, best_score = row.number, score
    by_number = {row.number: row for row in rows}
    for upper, lower in ((best - 1, best), (best, best + 1)):
        is_wide = any(
            merge.first_row == upper == merge.last_row and merge.last_column > merge.first_column
            for merge in sheet.merges
        )
        has_both = upper in by_number and lower in by_number
        if is_wide and has_both and sum(cell is not None for cell in by_number[upper].cells) > 1:
            return [upper, lower]
    return [best]


def _looks_like_a_heading(cell: Cell) -> float:
    text = same(cell.value)
    if cell.kind != "text" or len(text) > LONGEST_HEADING or text.startswith("#"):
        return -1.0
    if not any(sign.isalpha() for sign in text):
        return -1.0
    return 2.0 if readings(cell.value) else 0.5


def _names(sheet: SampleSheet, rows: list[int]) -> list[str]:
    found = _open(sheet, rows)
    return found[0].names if found else []


def _open(sheet: SampleSheet, rows: list[int]) -> tuple[Header, list[Block]] | None:
    layout = Layout.model_validate({"header_rows": rows})
    source = SourceSheet(sheet.name, sheet.shown, blocks_of(sheet.rows), sheet.merges, sheet.columns)
    found = read_header(source, Sought(layout), "sample")
    return (found[0], list(found[1])) if found else None


def _read_table(
    drafted: DraftLayout, sheet: SampleSheet, rows: list[int], table: Table, totals: Totals
) -> None:
    found = _open(sheet, rows)
    if found is None:
        return
    header, following = found
    if not table.names:
        table.names = header.names
    places = [header.find(name) if name else None for name in table.names]
    layout = CsvFormat.model_validate({"kind": "csv"})
    judge = RowJudge(header, layout, set(range(len(header.names))))
    since_record: list[str] = []
    between: list[str] = []
    refused = [reason for block in following for reason in judge.refusals(block).list()]
    for row, reason in zip(rows_in(following), refused, strict=True):
        if reason == _TOTAL:
            first = next(cell for cell in row.cells if cell)
            is_short = len(first.value) <= LONGEST_STOP_WORD
            if is_short and says_total(first.value) and not names_somebody(first.value):
                since_record.append(first.value.strip().split(":")[0])
        if reason == "skip:hxl_row":
            drafted.format["hxl_row"] = True
        if reason is None:
            between += since_record
            since_record = []
            cells = [row.cells[at] if at is not None and at < len(row.cells) else None for at in places]
            table.records.append((sheet.name, cells))
    if judge.unnamed:
        at = ", ".join(str(one + 1) for one in sorted(judge.unnamed))
        note = f"{len(judge.unnamed)} columns without a heading hold values and are not read: {at}"
        drafted.notes += [note] if note not in drafted.notes else []
    totals.between.update(between)
    if len(sheet.rows) < ROWS_OF_A_SHEET:  # else more rows may follow the last ones
        totals.last.update(since_record)


def _fill_down(drafted: DraftLayout, sheets: list[SampleSheet], header: int) -> None:
    merged = {
        drafted.main.names[merge.first_column - 1]
        for sheet in sheets
        for merge in sheet.merges
        if merge.last_row > merge.first_row > header
        and merge.first_column == merge.last_column
        and merge.first_column <= len(drafted.main.names)
    }
    names = sorted(name for name in merged if name and not names_somebody(name))
    if names:
        drafted.format["fill_down_merged"] = names
    for at in map(drafted.main.names.index, names):
        last: Cell | None = None
        for _, cells in drafted.main.records:
            last = cells[at] = cells[at] or last


def _children(drafted: DraftLayout, sheets: list[SampleSheet]) -> None:
    repeats: dict[str, Any] = {}
    for sheet in sheets:
        parent = _parent_of(_names(sheet, [1]), drafted.main.names)
        if parent is None or names_somebody(sheet.name) or _is_nested(sheet, parent, sheets):
            continue
        part = "_".join(same(sheet.name).replace("/", " ").split()[:2])
        repeats[part] = {"sheet": sheet.name, "parent": parent}
        table = Table(part, [], [])
        _read_table(drafted, sheet, [1], table, Totals())
        drafted.children.append(table)
    if repeats:
        drafted.format["repeats"] = repeats


def _parent_of(names: list[str], main: list[str] | None = None) -> str | None:
    """Return the column that links a child sheet; with `main`, one that repeats a column of that sheet."""
    found = {same(name): name for name in names}
    links = (link for link, of_main in LINKS.items() if main is None or of_main in main)
    return next((found[link] for link in links if link in found), None)


def _is_nested(sheet: SampleSheet, parent: str, sheets: list[SampleSheet]) -> bool:
    """Return whether `_parent_index` counts rows of another child sheet, not of the records."""
    if same(parent) != "_parent_index":
        return False
    others = {same(other.name) for other in sheets}
    return any(
        cell is not None and same(cell.value) in others for row in sheet.rows[1:2] for cell in row.cells
    )
