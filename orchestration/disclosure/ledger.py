"""The ledger: every public cell ever printed, append-only, one file a release, each sealed by the hash of the
one before.

What was printed once stays known to whoever kept it, so the ledger outlives pruning and rollback. It holds
only what the public has seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from orchestration import durable
from orchestration.errors import NjiaError

# cell → every value ever printed of it, oldest first
Printed = Mapping[str, tuple[int, ...]]
_FIRST = "0" * 64


@dataclass(frozen=True)
class Ledger:
    """`printed` as above; `releases` in the order of printing; `head` seals all of it; `since` says of each
    cell on which day it was printed first."""

    printed: dict[str, tuple[int, ...]]
    releases: list[str]
    head: str
    since: Mapping[str, date] = field(default_factory=dict)

    def values(self) -> dict[str, int]:
        """What was printed last of each cell."""
        return {cell: values[-1] for cell, values in self.printed.items()}


def read_ledger(folder: Path, heads: Iterable[str] = ()) -> Ledger:
    """All that was printed; an empty ledger where there is none yet.

    `heads`: what the manifests of the releases say the ledger ended with. Raises NjiaError where a file is
    missing, was changed, or the ledger ends earlier than one of them: without it nobody can tell what may be
    printed.
    """
    printed: dict[str, list[int]] = {}
    releases: list[str] = []
    since: dict[str, date] = {}
    seals = [_FIRST]
    for number, path in enumerate(_files(folder), start=1):
        content = path.read_bytes()
        lines = content.decode("utf-8").splitlines()
        try:
            opening = json.loads(lines[0])
            is_next = opening["number"] == number and opening["previous"] == seals[-1]
            cells = [json.loads(line) for line in lines[1:]]
            is_whole = len(cells) == opening["cells"]
            day = datetime.fromisoformat(opening["printed_at"]).date()
        except (ValueError, KeyError, IndexError):
            is_next = is_whole = False
        if not (is_next and is_whole):
            raise NjiaError(
                f"The ledger of printed cells is not as it was written: {path.name} was changed, or the file "
                f"before it is gone. Put {folder} back from a backup; nothing can be published without it."
            )
        releases.append(opening["release_id"])
        for cell, value in cells:
            printed.setdefault(cell, []).append(value)
            since.setdefault(cell, day)
        seals.append(hashlib.sha256(content).hexdigest())
    if not set(heads) <= set(seals):
        raise NjiaError(
            f"The ledger of printed cells in {folder} ends before what a release was checked "
            "against. Put the folder back from a backup; nothing can be published without it."
        )
    return Ledger({cell: tuple(values) for cell, values in printed.items()}, releases, seals[-1], since)


def append_to_ledger(folder: Path, release_id: str, cells: Mapping[str, int], printed_at: datetime) -> str:
    """Note what a release prints, before it is switched to; returns the new head.

    Only what differs from the last value is written. The same release again changes nothing, so that a
    refresh that was killed between this and the switch can go on. Raises NjiaError for the same release
    with other cells.
    """
    ledger = read_ledger(folder)
    last = ledger.values()
    news = sorted((cell, value) for cell, value in cells.items() if last.get(cell) != value)
    if release_id in ledger.releases:
        if news:
            raise NjiaError(
                f"The ledger holds release {release_id} with other cells than these. A release is printed "
                "once; run `njia refresh` for a new one."
            )
        return ledger.head
    number = len(ledger.releases) + 1
    opening = {
        "number": number, "release_id": release_id, "printed_at": printed_at.isoformat(),
        "cells": len(news), "previous": ledger.head,
    }  # fmt: skip
    content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (opening, *news)).encode()
    durable.write_bytes(folder / f"{number:06d}-{release_id}.jsonl", content)
    return hashlib.sha256(content).hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.jsonl")) if folder.is_dir() else []
