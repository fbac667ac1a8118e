"""A kind of source, and what fetching one leaves: a file of the kind that the contract expects."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from orchestration.contracts import Contract
from orchestration.core import sha256_of
from orchestration.intake.pulling.server import Server
from orchestration.intake.pulling.state import Cursor, PullFailed
from orchestration.intake.reading.first_bytes import EXPECTED, NAMES, FileKind, kind_of

_NEXT_STEP: dict[FileKind, str] = {
    "empty": "Ask the partner for the right one.",
    "web_page": "Open the address without logging in: it must give the file itself. A sheet is shared with "
    "File > Share > Publish to web.",
}
_OTHER_FILE = "If the partner now sends this, change `format` in the contract; else ask for the right file."


@dataclass(frozen=True)
class Fetched:
    """A file that was fetched whole. `records` is None where only reading would tell."""

    records: int | None = None
    etag: str | None = None
    last_modified: str | None = None


class Fetch(Protocol):
    """Write a source's extract whole to a path; return None if the server says that it is the cursor's."""

    def __call__(
        self, source: Any, server: Server, secret: str | None, into: Path, cursor: Cursor
    ) -> Fetched | None: ...


@dataclass(frozen=True)
class Kind:
    """A kind of source, with what to do if its server refuses the secret or knows no such extract.

    The place of a new secret follows `refused`.
    """

    fetch: Fetch
    refused: str
    missing: str


def refuse_other_kind(path: Path, contract: Contract) -> None:
    """Raise PullFailed if a file's first bytes are not those of the contract's format."""
    found = kind_of(path)
    if found != EXPECTED[contract.format.kind]:
        raise PullFailed(other_kind(found, contract))


def other_kind(found: FileKind, contract: Contract) -> str:
    """Say what the server sends, what the contract expects, and what to do."""
    expected = NAMES[EXPECTED[contract.format.kind]]
    return (
        f"the server sends {NAMES[found]}, but contract {contract.contract} expects {expected}. "
        f"{_NEXT_STEP.get(found, _OTHER_FILE)}"
    )


def content_hash(path: Path) -> str:
    """Return a hash of a file; of a zip or workbook, of its members, whose times change with each export."""
    if not zipfile.is_zipfile(path):
        return sha256_of(path)
    with zipfile.ZipFile(path) as members:
        # The properties of a workbook hold the time of the export, and no cell.
        held = sorted(
            f"{one.filename}|{one.file_size}|{one.CRC}"
            for one in members.infolist()
            if not one.filename.startswith("docProps/")
        )
    return hashlib.sha256("\n".join(held).encode()).hexdigest()
