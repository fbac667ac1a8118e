"""A kind of source, what fetching one leaves, and a hash of what a file holds."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from orchestration.core import sha256_of
from orchestration.intake.pulling.server import Server
from orchestration.intake.pulling.state import Cursor


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
