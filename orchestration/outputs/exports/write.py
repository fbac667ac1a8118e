"""Write all exports of each edition of a candidate, before its files are sealed."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import xlsxwriter

from orchestration.core import safe, sha256_of
from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.catalogues import (
    write_citation,
    write_data_package,
    write_hdx,
    write_texts,
)
from orchestration.outputs.exports.tables import PUBLISHED, SERIES, Cell, Table, tables_of, with_codes
from orchestration.outputs.published import Edition, Point, editions_of, is_place, position

LONGEST_SHOWN = 44
_ACCENT = "#0B6B6B"
HALF_TURN = 180.0


def write_exports(folder: Path, manifest: Mapping[str, Any]) -> list[Path]:
    """Write `<edition>/exports/` and return the folders."""
    return [_write(edition) for edition in editions_of(folder, manifest)]


def _write(edition: Edition) -> Path:
    folder = edition.path / "exports"
    folder.mkdir()
    about, tables = About.of(edition), tables_of(edition)
    exported = {
        name: with_codes(table, tables["series_periods" if table.schema == SERIES else "periods"])
        for name, table in tables.items()
    }
    for table in exported.values():
        _write_csv(folder, about, table)
    workbook = write_workbook(
        folder, about, [table for table in exported.values() if table.schema == PUBLISHED]
    )
    maps = write_geojson(folder, about, exported)
    write_data_package(folder, about, exported, {**maps, about.name: workbook})
    write_citation(folder, about)
    if about.edition == "public":
        write_hdx(folder, about, exported)
    write_texts(folder, about, exported, workbook.name)
    lines = [f"{sha256_of(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    return folder


def _write_csv(folder: Path, about: About, table: Table) -> None:
    """Write a table as CSV: names, HXL tags, then the rows; a missing value is an empty cell."""
    path = folder / about.file_name(table.file_stem, "csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(table.names)
        out.writerow([column.hxl for column in table.columns])
        out.writerows(map(_written, row) for row in table.rows())


def _written(cell: Cell) -> Cell:
    return str(cell).lower() if isinstance(cell, bool) else safe(cell)


# --- the newest complete year as GeoJSON (RFC 7946): a feature per row, with the columns of its table


def write_geojson(folder: Path, about: About, tables: Mapping[str, Table]) -> dict[str, Path]:
    """Write a file per table; without rows where no year is complete.

    Positions come from the reference seeds. A row that stands for no place on the map has no geometry.
    """
    years = [
        row
        for row in tables["periods"].data.to_pylist()
        if row["period_kind"] == "year" and row["is_complete"]
    ]
    newest = max(years, key=lambda row: row["period_to"], default={"period_id": None})["period_id"]
    written = {}
    for name in ("starts", "ends", "corridors", "border_points"):
        rows = tables[name].data.filter(pc.field("period_id") == pc.scalar(newest)).to_pylist()
        content = {
            # Members beside the features (RFC 7946, 6.1), which other programs ignore.
            "type": "FeatureCollection",
            "title": about.title,
            "release_id": about.release_id,
            "as_of": about.as_of.isoformat(),
            "edition": about.edition,
            "is_synthetic": about.is_synthetic,
            "description": " ".join(about.sentences),
            "citation": about.citation,
            "period_id": newest,
            "features": [{"type": "Feature", "geometry": _geometry(row), "properties": row} for row in rows],
        }
        written[name] = folder / about.file_name(name, "geojson")
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str)
        written[name].write_text(text + "\n", encoding="utf-8")
    return written


def _geometry(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a straight line, in two parts across the 180th meridian; a point for one place."""
    ids = [row["place_id"]] if "place_id" in row else [row["start_place_id"], row["end_place_id"]]
    points: list[Point] = [at for place in ids if is_place(place) and (at := position(place))]
    if len(points) < len(ids):
        return None
    start, end = points[0], points[-1]
    if start == end:
        return {"type": "Point", "coordinates": start}
    if abs(start[0] - end[0]) <= HALF_TURN:
        return {"type": "LineString", "coordinates": [start, end]}
    side = HALF_TURN if start[0] > 0 else -HALF_TURN
    unrolled = end[0] + 2 * side
    latitude = start[1] + (end[1] - start[1]) * (side - start[0]) / (unrolled - start[0])
    parts = [[start, (side, latitude)], [(-side, latitude), end]]
    return {"type": "MultiLineString", "coordinates": parts}


# --- one workbook, a sheet per table: text is written as text, never as a formula or a link


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
        first = book.add_worksheet("about")
        first.set_column(0, 0, 100, wrapped)
        first.hide_gridlines(2)
        first.write_string(0, 0, about.title, book.add_format({"bold": True, "font_size": 14}))
        release = f"Release {about.release_id}, as of {about.day}."
        for row, line in enumerate([release, *about.sentences, f"To cite: {about.citation}"], start=1):
            first.write_string(row, 0, line, wrapped)
        for table in tables:
            _write_table(book.add_worksheet(table.name), table, heading)
        columns = book.add_worksheet("columns")
        for at, (name, width) in enumerate((("table", 18), ("column", 22), ("hxl", 30), ("meaning", 90))):
            columns.set_column(at, at, width, wrapped)
            columns.write_string(0, at, name, heading)
        lines = []
        for table in sorted(tables, key=lambda table: table.name):
            lines.append((table.name, "", "", table.description))
            lines += [(table.name, one.name, one.hxl, one.description) for one in table.columns]
        for row, cells in enumerate(lines, start=1):
            for at, text in enumerate(cells):
                columns.write_string(row, at, text, wrapped)
        columns.freeze_panes(1, 0)
    return path


def _write_table(sheet: Any, table: Table, heading: Any) -> None:
    kinds = {"VARCHAR": sheet.write_string, "BOOLEAN": sheet.write_boolean, "DATE": sheet.write_datetime}
    for at, column in enumerate(table.columns):
        widest = max((len(str(value)) for value in table.values(column.name)), default=0)
        sheet.set_column(at, at, min(max(widest, len(column.name)), LONGEST_SHOWN) + 2)
        sheet.write_string(0, at, column.name, heading)
    writers = [kinds.get(column.data_type, sheet.write_number) for column in table.columns]
    for number, row in enumerate(table.rows(), start=1):
        for at, (write, value) in enumerate(zip(writers, row, strict=True)):
            if value is not None:
                write(number, at, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(table.data.num_rows, 1), len(table.columns) - 1)
