"""Write all exports of each edition of a candidate, before its files are sealed."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from orchestration.core import safe, sha256_of
from orchestration.outputs.exports.about import AUTHOR, KEYWORDS, About
from orchestration.outputs.exports.catalogues import write_hdx, write_texts
from orchestration.outputs.exports.data_package import write_data_package
from orchestration.outputs.exports.geojson import write_geojson
from orchestration.outputs.exports.tables import PUBLISHED, SERIES, Cell, Column, Table, tables_of, with_codes
from orchestration.outputs.exports.workbook import write_workbook
from orchestration.outputs.published import Edition, editions_of

EXPORTS, CITATION, CHECKSUMS = "exports", "CITATION.cff", "SHA256SUMS"


def write_exports(folder: Path, manifest: Mapping[str, Any]) -> list[Path]:
    """Write `<edition>/exports/` and return the folders."""
    return [_write(edition) for edition in editions_of(folder, manifest)]


def _write(edition: Edition) -> Path:
    folder = edition.path / EXPORTS
    folder.mkdir()
    about = About.of(edition)
    tables = tables_of(edition)
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
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    return folder


def _write_csv(folder: Path, about: About, table: Table) -> None:
    """Write a table as CSV: names, HXL tags, then the rows; a missing value is an empty cell."""
    path = folder / about.file_name(table.file_stem, "csv")
    replaced = [_replacements(table, column) for column in table.columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([column.name for column in table.columns])
        out.writerow([column.hxl for column in table.columns])
        out.writerows(
            [texts.get(cell, cell) for texts, cell in zip(replaced, row, strict=True)] for row in table.rows()
        )


def _replacements(table: Table, column: Column) -> dict[Cell, str]:
    """Return the text of cells that the CSV writer would write differently."""
    if column.data_type == "BOOLEAN":
        return {True: "true", False: "false"}
    if column.data_type != "VARCHAR":
        return {}
    return {value: safe(value) for value in table.values(column.name) if safe(value) != value}


def write_citation(folder: Path, about: About) -> Path:
    """Write the citation of the edition for reference managers."""
    content = {
        "cff-version": "1.2.0",
        "message": "Please cite the release whose numbers you use.",
        "type": "dataset",
        "title": about.title,
        "version": about.release_id,
        "date-released": about.as_of.date(),
        "authors": [{"name": AUTHOR}],
        "abstract": about.described if about.licence.is_decided else " ".join(about.sentences),
        "keywords": KEYWORDS,
    }
    if about.licence.is_decided:
        content |= {"license": about.licence.spdx, "license-url": about.licence.address}
    path = folder / CITATION
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100), encoding="utf-8")
    return path
