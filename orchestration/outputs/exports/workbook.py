"""The published tables as one Excel workbook, a sheet per table.

It holds years, survey rounds and the last twelve months, and codes of all movements; of a large table, the
rows of highest rank. Text is written as text, never as a formula or a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.tables import Table

LONGEST_SHOWN = 44
# A program that opens a workbook holds all of it in memory; Excel itself stops at 1,048,576 rows.
MOST_ROWS = 100_000
_CONTENT = (
    "It holds years, survey rounds and the last twelve months, and codes of all movements. The CSV files "
    "hold all periods, and codes by place and corridor."
)
_ACCENT = "#0B6B6B"


def write_workbook(folder: Path, about: About, tables: Sequence[Table]) -> Path:
    """Write the workbook. Its properties name no person; its dates are those of the release."""
    path = folder / about.file_name(about.name, "xlsx")
    periods = _periods(tables)
    selected = [_selected(table, periods) for table in tables]
    shown = [_of_highest_rank(table) for table in selected]
    # Cells go to the disk row by row, not into memory.
    options = {"default_date_format": "yyyy-mm-dd", "constant_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        made = about.as_of.replace(tzinfo=None)
        book.set_properties(
            {"title": about.title, "subject": about.release_id, "author": "", "created": made}
        )
        heading = book.add_format(
            {"bold": True, "font_color": "white", "bg_color": _ACCENT, "text_wrap": True, "valign": "top"}
        )
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        cut = [
            f"Sheet {part.name} holds {len(part):,} of {len(whole):,} rows{_chosen(part)}. "
            "The CSV file holds all."
            for part, whole in zip(shown, selected, strict=True)
            if len(part) < len(whole)
        ]
        _write_about(book, about, cut, wrapped)
        for table in shown:
            _write_table(book, table, heading)
        _write_columns(book, tables, heading, wrapped)
    return path


def _write_about(book: Any, about: About, more: Sequence[str], wrapped: Any) -> None:
    sheet = book.add_worksheet("about")
    sheet.set_column(0, 0, 100, wrapped)
    sheet.hide_gridlines(2)
    lines = [
        about.title,
        f"Release {about.release_id}, as of {about.day}.",
        *about.sentences,
        _CONTENT,
        *more,
    ]
    sheet.write_string(0, 0, lines[0], book.add_format({"bold": True, "font_size": 14}))
    for row, line in enumerate([*lines[1:], f"To cite: {about.citation}"], start=1):
        sheet.write_string(row, 0, line, wrapped)


def _periods(tables: Sequence[Table]) -> set[Any]:
    """Return the ids of the periods that the workbook holds."""
    periods = [row for table in tables if table.name == "periods" for row in table.records()]
    last = max(
        (row for row in periods if row["period_kind"] == "rolling_12_months" and row["is_complete"]),
        key=lambda row: row["period_to"],
        default={"period_id": None},
    )
    found = {row["period_id"] for row in periods if row["period_kind"] in ("year", "round")}
    return (found | {last["period_id"]}) - {None}


def _selected(table: Table, periods: set[Any]) -> Table:
    """Return the table with the rows for the workbook; shifts, which compare two periods, keep all."""
    names = {column.name for column in table.columns}
    if "period_id" in names:
        table = table.where(pc.field("period_id").isin(pa.array(sorted(periods), pa.string())))
    return table.where(pc.field("subject") == "all") if "subject" in names else table


def _chosen(table: Table) -> str:
    return ", those of highest rank" if any(column.name == "rank" for column in table.columns) else ""


def _of_highest_rank(table: Table) -> Table:
    """Return the table with MOST_ROWS rows at most, in their order; without ranks, the first ones."""
    if table.data is None or len(table) <= MOST_ROWS:
        return table
    if "rank" not in table.data.column_names:
        return replace(table, data=table.data.slice(0, MOST_ROWS))
    by_rank = pc.sort_indices(table.data, [("rank", "ascending")])  # stable; rows without a rank are last
    kept = sorted(by_rank[:MOST_ROWS].to_pylist())
    return replace(table, data=table.data.take(kept))


def _write_table(book: Any, table: Table, heading: Any) -> None:
    sheet = book.add_worksheet(table.name)
    for at, column in enumerate(table.columns):
        widest = max((len(str(value)) for value in table.values(column.name)), default=0)
        sheet.set_column(at, at, min(max(widest, len(column.name)), LONGEST_SHOWN) + 2)
        sheet.write_string(0, at, column.name, heading)
    writers = [_writer(sheet, column.data_type) for column in table.columns]
    for number, row in enumerate(table.rows(), start=1):
        for at, (write, value) in enumerate(zip(writers, row, strict=True)):
            if value is not None:
                write(number, at, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(table), 1), len(table.columns) - 1)


def _writer(sheet: Any, data_type: str) -> Any:
    kinds = {"VARCHAR": sheet.write_string, "BOOLEAN": sheet.write_boolean, "DATE": sheet.write_datetime}
    return kinds.get(data_type, sheet.write_number)


def _write_columns(book: Any, tables: Sequence[Table], heading: Any, wrapped: Any) -> None:
    sheet = book.add_worksheet("columns")
    for at, (name, width) in enumerate((("table", 18), ("column", 22), ("hxl", 30), ("meaning", 90))):
        sheet.set_column(at, at, width, wrapped)
        sheet.write_string(0, at, name, heading)
    lines = [(table.name, "", "", table.description) for table in tables]
    lines += [
        (table.name, column.name, column.hxl, column.description)
        for table in tables
        for column in table.columns
    ]
    for row, line in enumerate(sorted(lines, key=lambda line: line[0]), start=1):
        for at, text in enumerate(line):
            sheet.write_string(row, at, text, wrapped)
    sheet.freeze_panes(1, 0)
