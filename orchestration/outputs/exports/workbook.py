"""The published tables as one Excel workbook, a sheet per table.

Text is written as text, never as a formula or a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.tables import Table

LONGEST_SHOWN = 44
_ACCENT = "#0B6B6B"


def write_workbook(folder: Path, about: About, tables: Sequence[Table]) -> Path:
    """Write the workbook. Its properties name no person; its dates are those of the release."""
    path = folder / about.file_name(about.name, "xlsx")
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
        _write_about(book, about, wrapped)
        for table in tables:
            _write_table(book, table, heading)
        _write_columns(book, tables, heading, wrapped)
    return path


def _write_about(book: Any, about: About, wrapped: Any) -> None:
    sheet = book.add_worksheet("about")
    sheet.set_column(0, 0, 100, wrapped)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, about.title, book.add_format({"bold": True, "font_size": 14}))
    release = f"Release {about.release_id}, as of {about.day}."
    for row, line in enumerate([release, *about.sentences, f"To cite: {about.citation}"], start=1):
        sheet.write_string(row, 0, line, wrapped)


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
