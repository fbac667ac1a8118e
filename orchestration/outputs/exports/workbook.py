"""The printed tables as one workbook, for people who live in Excel: a sheet a table, names beside places.

Text is written as text and never as a formula or a link; a cell that is not shown holds the symbol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.printed import Cell, Column, PrintedTable
from orchestration.outputs.printed import TOTAL

PLACE = "place_id"
NAME_OF_WHOLE = "all places, those not shown included"
LONGEST_SHOWN = 44
_ACCENT = "#0B6B6B"


def write_workbook(folder: Path, about: About, tables: Sequence[PrintedTable]) -> Path:
    """Its properties name nobody, and its dates are those of the release."""
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
        names = _names(tables)
        for table in tables:
            _write_table(book, table, about.symbol, names, heading)
        _write_columns(book, tables, heading, wrapped)
    return path


def _write_about(book: Any, about: About, wrapped: Any) -> None:
    sheet = book.add_worksheet("about")
    sheet.set_column(0, 0, 100, wrapped)
    sheet.hide_gridlines(2)
    lines = [about.title, f"Release {about.release_id}, as of {about.day}.", *about.sentences]
    sheet.write_string(0, 0, lines[0], book.add_format({"bold": True, "font_size": 14}))
    for row, line in enumerate([*lines[1:], f"To cite: {about.citation}"], start=1):
        sheet.write_string(row, 0, line, wrapped)


def _write_table(book: Any, table: PrintedTable, symbol: str, names: Mapping[str, str], heading: Any) -> None:
    sheet = book.add_worksheet(table.name)
    is_shown = next((at for at, column in enumerate(table.columns) if column.name == "is_shown"), None)
    headings: list[str] = []
    for column in table.columns:
        headings += [column.name, *([_called(column)] if _is_place(table, column) else [])]
    widths = [len(name) for name in headings]
    for at, name in enumerate(headings):
        sheet.write_string(0, at, name, heading)
    for number, row in enumerate(table.rows, start=1):
        hidden = is_shown is not None and row[is_shown] is False
        cells: list[Cell] = []
        for column, value in zip(table.columns, row, strict=True):
            cells.append(symbol if hidden and value is None and column.name == "person_count" else value)
            if _is_place(table, column):
                cells.append(names.get(str(value)))
        for at, cell in enumerate(cells):
            _write(sheet, number, at, cell)
            widths[at] = max(widths[at], len(str(cell or "")))
    for at, width in enumerate(widths):
        sheet.set_column(at, at, min(width, LONGEST_SHOWN) + 2)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(table.rows), 1), len(headings) - 1)


def _write_columns(book: Any, tables: Sequence[PrintedTable], heading: Any, wrapped: Any) -> None:
    sheet = book.add_worksheet("columns")
    for at, (name, width) in enumerate((("table", 18), ("column", 22), ("hxl", 30), ("meaning", 90))):
        sheet.set_column(at, at, width, wrapped)
        sheet.write_string(0, at, name, heading)
    lines = [(table.name, "", "", table.told.description) for table in tables]
    lines += [
        (table.name, column.name, column.hxl, column.description)
        for table in tables
        for column in table.columns
    ]
    for row, line in enumerate(sorted(lines, key=lambda line: line[0]), start=1):
        for at, text in enumerate(line):
            sheet.write_string(row, at, text, wrapped)
    sheet.freeze_panes(1, 0)


def _write(sheet: Any, row: int, at: int, cell: Cell) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, at, cell)
    elif isinstance(cell, date):
        sheet.write_datetime(row, at, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(row, at, cell)
    elif cell is not None:
        sheet.write_string(row, at, cell)


def _names(tables: Sequence[PrintedTable]) -> dict[str, str]:
    places = (table for table in tables if table.name == "places")
    return {TOTAL: NAME_OF_WHOLE} | {
        str(row["place_id"]): str(row["name"]) for table in places for row in table.records()
    }


def _is_place(table: PrintedTable, column: Column) -> bool:
    return column.name.endswith(PLACE) and table.name != "places"


def _called(column: Column) -> str:
    return column.name.removesuffix(f"_{PLACE}").removesuffix("_id")
