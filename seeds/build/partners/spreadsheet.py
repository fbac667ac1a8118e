"""Workbooks that come out the same, byte for byte, whenever they are written.

openpyxl stamps the time into the document properties and every zip member; both are set to one fixed moment.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from orchestration.core import replacing

SYNTHETIC = "SYNTHETIC SAMPLE: invented for Njia, no real persons, partners or events"
_FIXED = datetime(2026, 10, 5)
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def new_workbook() -> Workbook:
    """An empty workbook whose properties say that it is synthetic."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    workbook.properties.title = SYNTHETIC
    workbook.properties.creator = "njia synth"
    workbook.properties.created = _FIXED
    return workbook


def put(sheet: Worksheet, row: int, values: list[object]) -> None:
    """Write a row of cells from column A; None leaves a cell empty."""
    for column, value in enumerate(values, start=1):
        if value is not None and value != "":
            sheet.cell(row, column).value = value  # type: ignore[assignment]


def save(workbook: Workbook, path: Path) -> None:
    drawn = io.BytesIO()
    workbook.save(drawn)
    stamp = f"{_FIXED:%Y-%m-%dT%H:%M:%SZ}".encode()
    with (
        replacing(path) as partial,
        zipfile.ZipFile(drawn) as source,
        zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target,
    ):
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            member = zipfile.ZipInfo(name, _FIXED.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, _MODIFIED.sub(rb"\g<1>" + stamp + rb"\2", source.read(name)))
