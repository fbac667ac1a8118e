"""Open a file by its contract's format: bytes of any supported file → sheets of cells.

Belongs here: choosing the reader, and the faults of a file as a whole. Not: what a column means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from orchestration.contracts import Contract, CsvFormat, JsonFormat, OdkZipFormat
from orchestration.intake.outcomes import ExtractUnreadable
from orchestration.intake.reading.limits import refuse_bomb
from orchestration.intake.reading.sheets import SourceSheet
from orchestration.intake.shown_names import shown_file

_ZIP = b"PK\x03\x04"
_ZIPPED = {
    "xlsx": ("not_a_workbook", "an Excel workbook (.xlsx)", "CSV"),
    "odk_zip": ("not_a_zip", "the zip of an ODK Central export", "CSV or JSON"),
}
_BEFORE_JSON = re.compile(rb"^(?:\xef\xbb\xbf)?\s*")
_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


class Source(Protocol):
    """An open file. Sheets stream one after another; `problems` grow while reading."""

    date_system: int
    problems: list[dict[str, str]]

    def main_sheets(self) -> Iterator[SourceSheet]: ...

    def repeat_sheet(self, name: str) -> SourceSheet | None: ...

    def tab_sheet(self, name: str) -> SourceSheet | None: ...


@contextmanager
def open_source(path: Path, contract: Contract) -> Iterator[Source]:
    """Open a file for reading; raises ExtractUnreadable or ExtractHeld with a sentence."""
    from orchestration.intake.reading.csv_files import CsvSource
    from orchestration.intake.reading.json_files import JsonSource
    from orchestration.intake.reading.odk_files import open_zip
    from orchestration.intake.reading.workbooks import open_workbook

    label = f"{contract.partner.code}: file {shown_file(path.name)}"
    _refuse_unreadable(path, contract, label)
    if contract.format.kind in _ZIPPED:
        refuse_bomb(path, label)
    if isinstance(contract.format, CsvFormat):
        yield CsvSource(path, contract, contract.format, label)
    elif isinstance(contract.format, JsonFormat):
        yield JsonSource(path, contract.format, label)
    elif isinstance(contract.format, OdkZipFormat):
        with open_zip(path, contract.format, label) as archive:
            yield archive
    else:
        with open_workbook(path, contract, contract.format, label) as workbook:
            yield workbook


def _refuse_unreadable(path: Path, contract: Contract, label: str) -> None:
    """Say in a sentence why these bytes are not what the contract expects."""
    with path.open("rb") as file:
        start = file.read(64)
        if not start:
            raise ExtractUnreadable(
                "empty_file", f"{label} is empty (0 bytes). Ask the partner to send it again."
            )
        kind = contract.format.kind
        if start.startswith(_OLE):
            file.seek(0)
            locked = _ENCRYPTED in file.read(8_000_000)
            if locked:
                raise ExtractUnreadable(
                    "password",
                    f"{label} is protected with a password. Ask the partner to send it without one.",
                )
            raise ExtractUnreadable(
                "old_workbook",
                f"{label} is a workbook of Excel 97-2003 (.xls) or protected. Ask the partner to save it as "
                ".xlsx.",
            )
        if kind in _ZIPPED and not start.startswith(_ZIP):
            fault, expected, other = _ZIPPED[kind]
            raise ExtractUnreadable(
                fault,
                f"{label} is not {expected}, which contract {contract.contract} expects. If the partner now "
                f"sends {other}, change `format` in the contract; else ask for the file again.",
            )
        if kind not in _ZIPPED and start.startswith(_ZIP):
            wanted = kind.upper()
            raise ExtractUnreadable(
                "not_text",
                f"{label} is a workbook or zip, but contract {contract.contract} expects {wanted}. "
                f"Change `format` in the contract, or ask the partner for {wanted}.",
            )
        if kind == "json" and _BEFORE_JSON.sub(b"", start).startswith(b"<"):
            raise ExtractUnreadable(
                "web_page",
                f"{label} is a web page or XML, not JSON; often the page that asks to log in. Ask the "
                "partner to download the export again.",
            )
