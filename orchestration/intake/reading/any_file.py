"""Open a file with the reader of its contract's format; by its first bytes, refuse one of another kind."""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from orchestration.contracts import Contract
from orchestration.core import seed_rows
from orchestration.intake.outcomes import ExtractUnreadable
from orchestration.intake.shown_names import shown_file

if TYPE_CHECKING:
    from orchestration.intake.reading.sheets import Source

ZIPS = ("workbook", "zip_of_tables", "other_zip", "broken_zip")
_KINDS = seed_rows("file_kinds")
# Every kind, and what it is called in sentences.
NAMES = {row["kind"]: row["name"] for row in _KINDS}
# Kinds that are refused whatever a contract expects, with code and sentence.
REFUSED = {row["kind"]: (row["code"], row["sentence"]) for row in _KINDS if row["code"] != "none"}
# No table is read from these.
DOCUMENTS = tuple(kind for kind, (code, _) in REFUSED.items() if code in ("document", "other_format"))
# By `format.kind` of a contract.
EXPECTED = {"csv": "text", "json": "json", "xlsx": "workbook", "odk_zip": "zip_of_tables"}
_FIRST, _SEARCHED = 1_000, 8_000_000
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_STRICT = b"http://purl.oclc.org/ooxml/"
_BEGINNINGS = {
    "pdf": rb"%PDF-",
    "gzip": rb"\x1f\x8b",
    "image": rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF....WEBP|....ftyp(?:hei|mif|avif)",
    "rich_text": rb"\{\\rtf",
    "archive": rb"Rar!|7z\xbc\xaf",
    "spss": rb"\$FL[23]",
    "stata": rb"<stata_dta>|[\x66-\x73][\x01\x02]\x01\0",  # until version 12: version, byte order, type
}
_OLD_DOCUMENTS = (
    ("EncryptedPackage", "locked_workbook"),
    ("WordDocument", "word"),
    ("PowerPoint Document", "slides"),
)
_MARKUP = re.compile(rb"<[a-zA-Z!?]")
# Not every bracket: a CSV may head its columns [Case No],[Date].
_JSON = re.compile(rb"\{|\[\s*[\[{\]\"]")


class Reader(NamedTuple):
    """`source`: module of this folder and its `Source`, made of (path, contract, label).

    `not_zip`, of a zipped format: code of the fault if a file is no zip, expected file, what else it may be.
    """

    source: str
    suffix: str
    not_zip: tuple[str, str, str] | None = None


# By `format.kind` of a contract. A module is imported only when a file needs it.
_WORKBOOK = ("not_a_workbook", "an Excel workbook (.xlsx)", "CSV")
_ODK_ZIP = ("not_a_zip", "the zip of an ODK Central export", "CSV or JSON")
READERS = {
    "csv": Reader("csv_files.CsvSource", ".csv"),
    "json": Reader("json_files.JsonSource", ".json"),
    "xlsx": Reader("workbooks.XlsxSource", ".xlsx", _WORKBOOK),
    "odk_zip": Reader("odk_files.OdkSource", ".zip", _ODK_ZIP),
}


@contextmanager
def open_source(path: Path, contract: Contract, shown: str | None = None) -> Iterator[Source]:
    """Open a file for reading; raise ExtractUnreadable or ExtractHeld, which call it `shown`."""
    from orchestration.intake.reading.sheets import refuse_bomb  # loads pyarrow

    reader = READERS[contract.format.kind]
    label = f"{contract.partner.code}: file {shown or shown_file(path.name)}"
    _refuse_unreadable(path, contract, label)
    if reader.not_zip:
        refuse_bomb(path, label)
    module, _, name = reader.source.partition(".")
    made = getattr(import_module(f"orchestration.intake.reading.{module}"), name)
    with made(path, contract, label) as source:
        yield source


def suffix_of(contract: Contract) -> str:
    return READERS[contract.format.kind].suffix


def _refuse_unreadable(path: Path, contract: Contract, label: str) -> None:
    """Raise ExtractUnreadable if the first bytes do not fit the contract's format."""
    found, wanted = kind_of(path), contract.format.kind.upper()
    not_zip = READERS[contract.format.kind].not_zip
    expected = NAMES[EXPECTED[contract.format.kind]]
    if found in REFUSED:
        code, sentence = REFUSED[found]
        words = {"found": NAMES[found], "expected": expected, "contract": contract.contract, "wanted": wanted}
        raise ExtractUnreadable(code, f"{label} is {sentence.format(**words)}")
    if found == "text" and contract.repeats and is_kobo_csv(path):
        raise ExtractUnreadable(
            "no_repeats",
            f"{label} is KoboToolbox's CSV, which leaves out repeats; contract {contract.contract} reads "
            f"{', '.join(contract.repeats)}. Ask the partner for {expected} as before: XLS exports and the "
            "API's JSON hold the repeats.",
        )
    if not_zip and found not in ZIPS:
        code, expected, other = not_zip
        raise ExtractUnreadable(
            code,
            f"{label} is not {expected}, which contract {contract.contract} expects. If the "
            f"partner now sends {other}, change `format` in the contract; else ask for the file "
            "again.",
        )
    if not not_zip and found in ZIPS:
        raise ExtractUnreadable(
            "not_text",
            f"{label} is a workbook or zip, but contract {contract.contract} expects {wanted}. "
            f"Change `format` in the contract, or ask the partner for {wanted}.",
        )


def kind_of(path: Path) -> str:
    """Return what a file is (a key of NAMES); `text` is what nothing else is."""
    with path.open("rb") as file:
        start = file.read(_FIRST)
        if start.startswith(_OLE):
            whole = start + file.read(_SEARCHED)
            found = (kind for name, kind in _OLD_DOCUMENTS if name.encode("utf-16-le") in whole)
            return next(found, "old_workbook")
    if start.startswith(_ZIP):
        return _kind_of_zip(path)
    for kind, beginning in _BEGINNINGS.items():
        if re.match(beginning, start, re.DOTALL):
            return kind
    if start.startswith(_UTF16):
        text = start.decode("utf-16", errors="ignore").encode()
        return "json_utf16" if _JSON.match(text.lstrip()) else "text"
    text = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if not text and len(start) < _FIRST:
        return "empty"
    if _MARKUP.match(text):
        return "web_page"
    if not _JSON.match(text):
        return "text"
    return "json_lines" if _is_json_lines(path) else "json"


def is_kobo_csv(path: Path) -> bool:
    """Return whether the first line of a text has KoboToolbox's own columns."""
    with path.open("rb") as file:
        return {b"_id", b"_uuid", b"_submission_time"} <= set(re.findall(rb"\w+", file.readline(_SEARCHED)))


def _is_json_lines(path: Path) -> bool:
    """Return whether the first line ends an object, and the next begins one."""
    with path.open("rb") as file:
        return re.match(rb"[^\n]*\}[ \t\r]*\n\s*\{", file.readline(_SEARCHED) + file.read(_FIRST)) is not None


def _kind_of_zip(path: Path) -> str:
    """Return the kind of a zip by the names of its members: its table of contents stands at its end."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.casefold().replace("\\", "/") for name in archive.namelist()]
            with suppress(Exception):  # a damaged part is named by the reader
                if _STRICT in archive.open("xl/workbook.xml").read(_FIRST):
                    return "strict_workbook"
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "broken_zip"
    if any(name.startswith("word/") for name in names):
        return "word"
    if any(name.startswith("ppt/") for name in names):
        return "slides"
    if "[content_types].xml" in names:
        return "workbook"
    if "mimetype" in names and "content.xml" in names:
        return "open_document"
    return "zip_of_tables" if any(name.endswith(".csv") for name in names) else "other_zip"
