"""Tell what kind a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import codecs
import re
import zipfile
from pathlib import Path
from typing import Literal

FileKind = Literal[
    "empty", "workbook", "zip_of_tables", "other_zip", "broken_zip", "old_workbook", "locked_workbook",
    "web_page", "json", "pdf", "image", "gzip", "text",
]  # fmt: skip
ZIPS: tuple[FileKind, ...] = ("workbook", "zip_of_tables", "other_zip", "broken_zip")
# What each is called in sentences.
NAMES: dict[FileKind, str] = {
    "empty": "an empty file",
    "workbook": "an Excel workbook (.xlsx)",
    "zip_of_tables": "a zip of CSV files",
    "other_zip": "a zip or document of another kind",
    "broken_zip": "a damaged zip or workbook",
    "old_workbook": "a workbook of Excel 97-2003 (.xls) or protected",
    "locked_workbook": "a workbook with a password",
    "web_page": "a web page or XML, often the page that asks to log in",
    "json": "JSON",
    "pdf": "a PDF",
    "image": "a picture",
    "gzip": "a file packed by gzip",
    "text": "text such as CSV",
}
# By `format.kind` of a contract.
EXPECTED: dict[str, FileKind] = {
    "csv": "text",
    "json": "json",
    "xlsx": "workbook",
    "odk_zip": "zip_of_tables",
}
_FIRST, _LOCK_SEARCHED = 1_000, 8_000_000
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_BEGINNINGS: tuple[tuple[bytes, FileKind], ...] = (
    (b"%PDF-", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
)
_MARKUP = re.compile(rb"<[a-zA-Z!?]")
# Not every bracket: a CSV may head its columns [Case No],[Date].
_JSON = re.compile(rb"\{|\[\s*[\[{\]\"]")


def kind_of(path: Path) -> FileKind:
    """Return what a file is; `text` is what nothing else is."""
    with path.open("rb") as file:
        start = file.read(_FIRST)
        if start.startswith(_OLE):
            is_locked = _LOCKED in start + file.read(_LOCK_SEARCHED)
            return "locked_workbook" if is_locked else "old_workbook"
    if start.startswith(_ZIP):
        return _kind_of_zip(path)
    for beginning, kind in _BEGINNINGS:
        if start.startswith(beginning):
            return kind
    text = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if not text and len(start) < _FIRST:
        return "empty"
    if _MARKUP.match(text):
        return "web_page"
    return "json" if _JSON.match(text) else "text"


def _kind_of_zip(path: Path) -> FileKind:
    """Return the kind of a zip by the names of its members: its table of contents stands at its end."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.casefold().replace("\\", "/") for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "broken_zip"
    if "[content_types].xml" in names and not any(name.startswith(("word/", "ppt/")) for name in names):
        return "workbook"
    return "zip_of_tables" if any(name.endswith(".csv") for name in names) else "other_zip"
