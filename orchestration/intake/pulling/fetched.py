"""Kinds of sources, and what fetching one leaves: files of the kind that the contract expects."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Protocol

from orchestration.contracts import Contract
from orchestration.core import sha256_of
from orchestration.intake.pulling.limits import Limits
from orchestration.intake.pulling.server import Server
from orchestration.intake.pulling.state import Mark
from orchestration.intake.reading.first_bytes import DOCUMENTS, EXPECTED, NAMES

_NEXT_STEP = dict.fromkeys(DOCUMENTS, "Ask the partner for the right one.") | {
    "empty": "Ask the partner for the right one.",
    "web_page": "Open the address without logging in: it must give the file itself. A sheet is shared with "
    "File > Share > Publish to web.",
}
_OTHER_FILE = "If the partner now sends this, change `format` in the contract; else ask for the right file."


class Connection(Protocol):
    """A source's server during one pull, open until `close`.

    `is_folder`: whether its files have names of the partner's. `left` and `faults` are sentences about
    entries that `names` leaves out: known to be so, and refused.
    """

    is_folder: bool
    left: list[str]
    faults: list[str]

    def names(self) -> list[str]:
        """Return the names that the source's files have in the inbox."""
        ...

    def fetch(self, name: str, into: Path, mark: Mark) -> Mark | None:
        """Write a file whole to a path that exists; return its mark, None if the server has the same.

        Raises PullFailed, FileRefused and FileLeft.
        """
        ...

    def close(self) -> None: ...


# Connect to the server of a source: with its secret, within limits, and with the place of a new secret.
Kind = Callable[[Any, Contract, str | None, Limits, str], Connection]


class OneFile:
    """A source of one file on an HTTPS server, which has the contract's name for it in the inbox.

    `refused` and `missing` say what to do if the server refuses the secret or knows no such extract; the
    place of a new secret follows `refused`.
    """

    is_folder = False
    refused: ClassVar[str]
    missing: ClassVar[str]

    def __init__(
        self, source: Any, contract: Contract, secret: str | None, limits: Limits, place: str
    ) -> None:
        self.left: list[str] = []
        self.faults: list[str] = []
        self.source, self.secret, self._name = source, secret, contract.pulled_name
        web_page = other_kind("web_page", contract)
        self.server = Server(source.address, limits, f"{self.refused} {place}", self.missing, web_page)

    def names(self) -> list[str]:
        return [self._name]

    def fetch(self, name: str, into: Path, mark: Mark) -> Mark | None:
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
