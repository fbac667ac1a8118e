"""What was forgotten: keyed tombstones by partner, and the editions of releases that still have to go.

A tombstone is a keyed hash of a record's id. It lets a later extract's row be told apart, and tells nobody
anything without the record key; whoever has that key can confirm a guess at a reference, no more.

What does not belong here: erasing anything (each room erases what is its own).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from orchestration.core.durable import PARTIAL, write_json
from orchestration.core.errors import NjiaError
from orchestration.core.keys import Keys
from orchestration.core.settings import Settings

FORGOTTEN = "withheld:forgotten"


class Original(NamedTuple):
    """What became of a sealed original that held a forgotten record; SHA-256 of what is sealed now."""

    what: str
    sha256: str | None = None


@dataclass(frozen=True)
class Tombstones:
    """Which records of one partner were forgotten.

    `done`: by extract id, originals that hold none of them any more, while their cells still may.
    """

    keys: Keys
    partner: str
    marks: frozenset[int] = frozenset()
    done: Mapping[str, Original] = field(default_factory=dict)

    def has(self, record_id: int) -> bool:
        return bool(self.marks) and self.keys.tombstone(self.partner, record_id) in self.marks

    def among(self, record_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """For each record id whether its record was forgotten."""
        if not self.marks or not len(record_ids):
            return np.zeros(len(record_ids), bool)
        return np.isin(self.keys.tombstones(self.partner, record_ids), np.array(sorted(self.marks)))


@dataclass(frozen=True)
class Due:
    """Editions that hold what was forgotten: those made from landed cells of these SHA-256."""

    asked_on: date
    records: int
    cells: tuple[str, ...]


@dataclass
class _Page:
    """What is kept of one partner."""

    tombstones: set[str] = field(default_factory=set)
    due: list[Due] = field(default_factory=list)
    done: dict[str, Original] = field(default_factory=dict)


def tombstones_of(settings: Settings, keys: Keys, partner: str) -> Tombstones:
    page = _read(settings, partner)
    return Tombstones(keys, partner, frozenset(_signed(mark) for mark in page.tombstones), page.done)


def bury(
    settings: Settings,
    keys: Keys,
    partner: str,
    record_ids: Iterable[int],
    due: Due | None = None,
    done: Mapping[str, Original] | None = None,
) -> None:
    """Set tombstones, so that no row about these records lands any more, and note whose editions have to go.

    The point of no return: what a stop leaves undone, the next refresh does, from this page alone. `done`
    are the originals it has to leave as they are.
    """
    page = _read(settings, partner)
    page.tombstones |= {_shown(keys.tombstone(partner, record_id)) for record_id in record_ids}
    page.due += [due] if due and due.cells else []
    page.done = dict(done or {})
    _write(settings, partner, page)


def all_erased(settings: Settings, partner: str) -> None:
    """Note that landing holds nothing of the forgotten records, so that the next original is looked at."""
    page = _read(settings, partner)
    if page.done:
        page.done = {}
        _write(settings, partner, page)


def partners_with_tombstones(settings: Settings) -> list[str]:
    return [path.stem for path in _pages(settings)]


def all_due(settings: Settings) -> list[Due]:
    return [due for path in _pages(settings) for due in _read(settings, path.stem).due]


def settle(settings: Settings, still_held: Collection[str]) -> None:
    """Drop what is owed, as far as no kept edition was made of those cells any more."""
    for path in _pages(settings):
        page = _read(settings, path.stem)
        left = [due for due in page.due if set(due.cells) & set(still_held)]
        if left != page.due:
            page.due = left
            _write(settings, path.stem, page)


def _pages(settings: Settings) -> list[Path]:
    found = sorted(settings.forgotten.glob("*.json")) if settings.forgotten.is_dir() else []
    return [path for path in found if not path.name.startswith(PARTIAL)]


def _read(settings: Settings, partner: str) -> _Page:
    path = settings.forgotten / f"{partner}.json"
    if not path.is_file():
        return _Page()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        due = [
            Due(date.fromisoformat(one["asked_on"]), int(one["records"]), tuple(one["cells"]))
            for one in content["due"]
        ]
        done = {extract: Original(*one) for extract, one in content.get("done", {}).items()}
        return _Page(set(content["tombstones"]), due, done)
    except (ValueError, KeyError, TypeError):
        raise NjiaError(
            f"{path} cannot be read. Restore it from a backup: without it, records that were forgotten would "
            "come back with the next extract."
        ) from None


def _write(settings: Settings, partner: str, page: _Page) -> None:
    content: dict[str, Any] = {
        "tombstones": sorted(page.tombstones),
        "due": [
            {"asked_on": due.asked_on.isoformat(), "records": due.records, "cells": sorted(due.cells)}
            for due in page.due
        ],
        "done": page.done,
    }
    settings.forgotten.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_json(settings.forgotten / f"{partner}.json", content)


def _shown(mark: int) -> str:
    return f"{mark % (1 << 64):016x}"


def _signed(shown: str) -> int:
    unsigned = int(shown, 16)
    return unsigned - (1 << 64) if unsigned >= 1 << 63 else unsigned
