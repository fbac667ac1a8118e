"""Kinds of sources, and what fetching one leaves: files of the kind that the contract expects."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path
from typing import Any, ClassVar

from orchestration.contracts import Contract
from orchestration.core import sha256_of
from orchestration.intake.pulling.server import Limits, Server
from orchestration.intake.pulling.state import Mark
from orchestration.intake.reading.first_bytes import EXPECTED, NAMES


class Connection:
    """A source's server during one pull, open until `close`.

    `refused` and `missing` say what to do if the server refuses the secret or knows no such extract; the
    place of a new secret follows `refused`.
    """

    refused: ClassVar[str]
    missing: ClassVar[str]

    def __init__(self, source: Any, secret: str, limits: Limits, place: str) -> None:
        self.source, self.secret = source, secret
        self.server = Server(limits, f"{self.refused} {place}", self.missing)

    def fetch(self, into: Path, mark: Mark) -> Mark | None:
        """Write the file whole to a path that exists; return its mark, None if the server has the same.

        Raises PullFailed.
        """
        raise NotImplementedError

    def close(self) -> None:
        self.server.close()


def existing(path: str, flags: int) -> int:
    """Open a file that exists: a fetch that was given up and goes on in its thread makes none anew."""
    return os.open(path, flags & ~os.O_CREAT)


def other_kind(found: str, contract: Contract) -> str:
    """Say what the server sends, what the contract expects, and what to do."""
    expected = NAMES[EXPECTED[contract.format.kind]]
    return (
        f"the server sends {NAMES[found]}, but contract {contract.contract} expects {expected}. Check "
        "`source` in the contract, and ask whoever runs the server."
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
