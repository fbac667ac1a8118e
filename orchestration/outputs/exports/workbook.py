"""The published tables as one Excel workbook, a sheet per table.

It holds years, survey rounds and the last twelve months, and codes of all movements. Text is written as text,
never as a formula or a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import xlsxwriter

from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.tables import Table

LONGEST_SHOWN = 44
_CONTENT = (
    "It holds years, survey rounds and the last twelve months, and codes of all movements. The CSV files "
    "hold all periods, and codes by place and corridor."
)
_ACCENT = "#0B6B6B"


def write_workbook(folder: Path, about: About, tables: Sequence[Table]) -> Path:
    """Write the workbook. Its properties name no person; its dates are those of the release."""
    path = folder / about.file_name(about.name, "xlsx")
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        made = about.as_of.replace(tzinfo=None)
        book.set_properties(
            {"title": about.title, "subject": about.release_id, "author": "", "created": made}
        )
        heading = book.add_format(
            {"bold": True, "font_color": "white", "bg_color": _ACCENT, "text_wrap": True, "valign": "top"}
        )
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        _write_about(book, about, wrapped)
        periods = _periods(tables)
        for table in tables:
            _write_table(book, _selected(table, periods), heading)
        _write_columns(book, tables, heading, wrapped)
    return path


def _write_about(book: Any, about: About, wrapped: Any) -> None:
    sheet = book.add_worksheet("about")
    sheet.set_column(0, 0, 100, wrapped)
    sheet.hide_gridlines(2)
    lines = [about.title, f"Release {about.release_id}, as of {about.day}.", *about.sentences, _CONTENT]
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
    return {row["period_id"] for row in periods if row["period_kind"] in ("year", "round")} | {
        last["period_id"]
    }


def _selected(table: Table, periods: set[Any]) -> Table:
    """Return the table with the rows for the workbook; shifts, which compare two periods, keep all."""
    at = {column.name: number for number, column in enumerate(table.columns)}
    rows = table.rows
    if "period_id" in at:
        rows = tuple(row for row in rows if row[at["period_id"]] in periods)
    if "subject" in at:
        rows = tuple(row for row in rows if row[at["subject"]] == "all")
    return replace(table, rows=rows)


def _write_table(book: Any, table: Table, heading: Any) -> None:
    sheet = book.add_worksheet(table.name)
    for at, column in enumerate(table.columns):
        values = [row[at] for row in table.rows]
        sheet.write_string(0, at, column.name, heading)
        widest = max((len(str(value)) for value in set(values)), default=0)
        sheet.set_column(at, at, min(max(widest, len(column.name)), LONGEST_SHOWN) + 2)
        write = _writer(sheet, column.data_type)
        for number, value in enumerate(values, start=1):
            if value is not None:
                write(number, at, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(table.rows), 1), len(table.columns) - 1)


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
