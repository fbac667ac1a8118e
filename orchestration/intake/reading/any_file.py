"""Open a file with the reader of its contract's format, and refuse files of another kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from orchestration.contracts import Contract
from orchestration.intake.outcomes import ExtractUnreadable
from orchestration.intake.reading.first_bytes import (
    DOCUMENTS,
    EXPECTED,
    FORMATS,
    NAMES,
    ZIPS,
    is_kobo_csv,
    kind_of,
)
from orchestration.intake.reading.sheets import Source, refuse_bomb
from orchestration.intake.shown_names import shown_file


class NotZip(NamedTuple):
    """What to say if a file of a zipped format is no zip: fault code, expected file, what else it may be."""

    fault: str
    expected: str
    other: str


class Reader(NamedTuple):
    """`source`: module of this folder and its `Source`, made of (path, contract, label)."""

    source: str
    suffix: str
    not_zip: NotZip | None = None


# By `format.kind` of a contract. A module is imported only when a file needs it.
READERS = {
    "csv": Reader("csv_files.CsvSource", ".csv"),
    "json": Reader("json_files.JsonSource", ".json"),
    "xlsx": Reader(
        "workbooks.XlsxSource", ".xlsx", NotZip("not_a_workbook", "an Excel workbook (.xlsx)", "CSV")
    ),
    "odk_zip": Reader(
        "odk_files.OdkSource",
        ".zip",
        NotZip("not_a_zip", "the zip of an ODK Central export", "CSV or JSON"),
    ),
}


_NO_TABLE = "{found}, from which no table is read. Ask the partner for {expected}."
REFUSED = {
    **dict.fromkeys(DOCUMENTS, ("document", _NO_TABLE)),
    **dict.fromkeys(FORMATS, ("other_format", _NO_TABLE)),
    "empty": ("empty_file", "empty. Ask the partner to send it again."),
    "locked_workbook": ("password", "protected with a password. Ask the partner to send it without one."),
    "old_workbook": ("old_workbook", "{found}. Ask the partner to save it as .xlsx."),
    "web_page": (
        "web_page",
        "{found}, but contract {contract} expects {wanted}. Ask the partner to download the export again.",
    ),
}


@contextmanager
def open_source(path: Path, contract: Contract, shown: str | None = None) -> Iterator[Source]:
    """Open a file for reading; raise ExtractUnreadable or ExtractHeld, which call it `shown`."""
    reader = READERS[contract.format.kind]
    label = f"{contract.partner.code}: file {shown or shown_file(path.name)}"
    _refuse_unreadable(path, contract, reader.not_zip, label)
    if reader.not_zip:
        refuse_bomb(path, label)
    module, _, name = reader.source.partition(".")
    made = getattr(import_module(f"orchestration.intake.reading.{module}"), name)
    with made(path, contract, label) as source:
        yield source


def suffix_of(contract: Contract) -> str:
    """Return the file name suffix of a contract's format."""
    return READERS[contract.format.kind].suffix


def _refuse_unreadable(path: Path, contract: Contract, not_zip: NotZip | None, label: str) -> None:
    """Raise ExtractUnreadable if the first bytes do not fit the contract's format."""
    found, wanted = kind_of(path), contract.format.kind.upper()
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
        raise ExtractUnreadable(
            not_zip.fault,
            f"{label} is not {not_zip.expected}, which contract {contract.contract} expects. If the "
            f"partner now sends {not_zip.other}, change `format` in the contract; else ask for the file "
            "again.",
        )
    if not not_zip and found in ZIPS:
        raise ExtractUnreadable(
            "not_text",
            f"{label} is a workbook or zip, but contract {contract.contract} expects {wanted}. "
            f"Change `format` in the contract, or ask the partner for {wanted}.",
        )
