"""Write all exports of each edition of a candidate, before its files are sealed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.core import sha256_of
from orchestration.outputs.edition import Edition, editions_of
from orchestration.outputs.exports.about import About
from orchestration.outputs.exports.citation import write_citation
from orchestration.outputs.exports.csv_tables import write_csv
from orchestration.outputs.exports.data_package import write_data_package
from orchestration.outputs.exports.dictionary import write_dictionary
from orchestration.outputs.exports.geojson import write_geojson
from orchestration.outputs.exports.lineage_page import lineage_page
from orchestration.outputs.exports.tables import tables_of
from orchestration.outputs.exports.workbook import write_workbook

EXPORTS, LINEAGE, CHECKSUMS = "exports", "lineage.html", "SHA256SUMS"


def write_exports(folder: Path, manifest: Mapping[str, Any], dbt_manifest: Path) -> list[Path]:
    """Write `<edition>/exports/` and return the folders. `dbt_manifest`: the source of the lineage page."""
    editions = editions_of(folder, manifest)
    lineage = lineage_page(dbt_manifest, manifest["release_id"]) if editions else ""
    return [_write(edition, lineage) for edition in editions]


def _write(edition: Edition, lineage: str) -> Path:
    folder = edition.path / EXPORTS
    folder.mkdir()
    about = About.of(edition)
    tables = tables_of(edition)
    exported = {table.name: table for table in tables if table.is_exported}
    for table in exported.values():
        write_csv(folder, about, table)
    workbook = write_workbook(folder, about, list(exported.values()))
    maps = write_geojson(folder, about, exported)
    write_data_package(folder, about, exported, {**maps, about.name: workbook})
    write_dictionary(folder, about, tables)
    write_citation(folder, about)
    (folder / LINEAGE).write_text(lineage, encoding="utf-8")
    lines = [f"{sha256_of(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    return folder
