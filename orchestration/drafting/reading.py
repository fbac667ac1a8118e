"""A sample file without a contract: its detected format, and the first rows of its sheets.

Only drafting detects formats; intake reads them from the contract.
"""

from __future__ import annotations

import codecs
import csv
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from charset_normalizer import from_bytes

from orchestration.contracts import Contract
from orchestration.core import UsageError
from orchestration.intake import (
    DOCUMENTS,
    NAMES,
    ZIPS,
    ExtractHeld,
    ExtractStopped,
    Merge,
    SourceRow,
    SourceSheet,
    first_rows,
    kind_of,
    names_somebody,
    open_source,
    shown_file,
)

ROWS_OF_A_SHEET = 500
_SNIFFED = 1 << 18
_RECORDS_OF_PROGRAMS = ("results", "value", "data", "records")
_WORD = re.compile(r"[a-z0-9]+")
_DELIMITERS = ";,\t|"
# Encodings of offices in the region; detecting rarer ones fails more often than it helps.
_ENCODINGS = ["cp1252", "utf_16", "mac_roman"]


@dataclass
class SampleSheet:
    """The first rows of a sheet. `name` may identify a person, `shown` never does.

    `columns`: given where no row holds them. `part`: given where the format marks a child sheet.
    """

    name: str
    shown: str
    rows: list[SourceRow]
    merges: list[Merge] = field(default_factory=list)
    columns: list[str] | None = None
    part: str = ""


@dataclass
class Sample:
    """The sample; `format` is the contract's key of the same name."""

    label: str
    format: dict[str, Any]
    sheets: list[SampleSheet]


def read_sample(path: Path, partner: str) -> Sample:
    """Read the first rows of every visible sheet. Raises UsageError if the file cannot be read."""
    label = shown_file(path.name)
    layout = _format_of(path, label)
    try:
        if layout["kind"] == "json":
            layout |= _json_layout(path, partner)
        whole = layout | ({"sheets": {"pattern": "*"}} if layout["kind"] == "xlsx" else {})
        with open_source(path, _any_contract(partner, whole)) as source:
            sheets = [_sample_of(sheet) for sheet in source.main_sheets()]
            for part in layout.get("repeats", {}):
                child = source.repeat_sheet(part)
                sheets += [_sample_of(child, part)] if child else []
    except ExtractStopped as fault:
        raise UsageError(fault.sentence) from None
    filled = [sheet for sheet in sheets if rows_with_cells(sheet)]
    if not filled:
        raise UsageError(f"File {label} holds no filled cell. Draft the contract from a file with some rows.")
    return Sample(label, layout, filled)


def _sample_of(sheet: SourceSheet, part: str = "") -> SampleSheet:
    rows, _ = first_rows(sheet.blocks, ROWS_OF_A_SHEET)
    return SampleSheet(sheet.name, sheet.shown, rows, sheet.merges, sheet.columns, part)


def _json_layout(path: Path, partner: str) -> dict[str, Any]:
    """Find the records, and the columns with lists of objects, which are child sheets."""
    for records in (None, *_RECORDS_OF_PROGRAMS):
        layout = {"kind": "json"} | ({"records": records} if records else {})
        try:
            with open_source(path, _any_contract(partner, layout)) as source:
                main = _sample_of(next(iter(source.main_sheets())))
        except ExtractHeld as fault:
            if fault.code == "hold:pages_missing":
                raise
            continue
        filled = {at for row in main.rows for at, cell in enumerate(row.cells) if cell}
        empty = [name for at, name in enumerate(main.columns or ()) if at not in filled]
        tried = {part_name(name): {"sheet": name} for name in empty if not names_somebody(name)}
        with open_source(path, _any_contract(partner, layout | {"repeats": tried})) as source:
            found = {part: repeat for part, repeat in tried.items() if source.repeat_sheet(part)}
        return layout | ({"repeats": found} if found else {})
    return {}


def _odk_layout(path: Path) -> dict[str, Any]:
    """Find the tables of the zip: the shortest name is the form, the others are its repeats."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.casefold().endswith(".csv")]
    tables = sorted({name.split("/")[-1][: -len(".csv")] for name in names if "media/" not in name}, key=len)
    form, *others = tables
    repeats = {
        part_name(name.removeprefix(form).lstrip("-")): {"sheet": name}
        for name in others
        if name.startswith(f"{form}-") and not names_somebody(name)
    }
    return {"kind": "odk_zip"} | ({"repeats": repeats} if repeats else {})


def part_name(name: str) -> str:
    return "_".join(_WORD.findall(name.rpartition("/")[2].casefold())) or "repeat"


def _format_of(path: Path, label: str) -> dict[str, Any]:
    found = kind_of(path)
    if found == "empty":
        raise UsageError(f"File {label} is empty. Draft the contract from a file with some rows.")
    if found in DOCUMENTS:
        raise UsageError(
            f"File {label} is {NAMES[found]}, from which no table is read. Draft the contract from a "
            "workbook (.xlsx), a CSV or JSON export, or the zip of an ODK Central export."
        )
    if found == "zip_of_tables":
        return _odk_layout(path)
    if found in ZIPS or found in ("old_workbook", "locked_workbook"):
        return {"kind": "xlsx"}  # the reader reports what is wrong with it
    if found == "json":
        return {"kind": "json"}
    with path.open("rb") as file:
        start = file.read(_SNIFFED)
    encoding = _encoding_of(start, label)
    return {"kind": "csv", "encoding": encoding, "delimiter": _delimiter_of(start, encoding)}


def _encoding_of(start: bytes, label: str) -> str:
    """Return UTF-8 for valid UTF-8, which is rare by chance; else the likeliest encoding."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    best = from_bytes(start, cp_isolation=_ENCODINGS).best()
    if best is None:
        raise UsageError(f"File {label} is neither a workbook nor text in a known encoding.")
    return best.encoding.replace("_", "-") if best.encoding.startswith("utf") else best.encoding


def _delimiter_of(start: bytes, encoding: str) -> str:
    text = start.decode(encoding, errors="ignore")
    lines = text.splitlines()[:-1] or [text]
    try:
        return csv.Sniffer().sniff("\n".join(lines[:50]), delimiters=_DELIMITERS).delimiter
    except csv.Error:
        return max(_DELIMITERS, key=lines[0].count)


def _any_contract(partner: str, layout: dict[str, Any]) -> Contract:
    """Return the smallest contract that a reader accepts."""
    return Contract.model_validate(
        {
            "contract": "draft", "version": 1, "partner": {"code": partner, "steward": "none"},
            "grain": "route_report", "format": layout, "delivery": {"mode": "full", "cadence": "once"},
            "agreement": {"id": "none", "valid_from": "2000-01-01", "valid_to": "2000-01-01"},
            "period": {"from": "2000-01-01", "to": "2000-01-01"},
            "fields": {
                "place(origin).place_text": {"column": "none", "optional_column": True, "basis": "not_said"}
            },
        }
    )  # fmt: skip


def rows_with_cells(sheet: SampleSheet) -> list[SourceRow]:
    return [row for row in sheet.rows if any(row.cells)]
