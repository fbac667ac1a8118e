"""Forgotten records: keyed tombstones by partner, and the editions of releases that must still be erased.

A tombstone is a keyed hash of a record id: it recognises the record in a later extract. That of a
submission's code recognises it in an extract of any partner. Without the record key they reveal nothing; with
it, one can confirm a guessed reference. Each room erases its own files.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from orchestration.core.durable import make_folder
from orchestration.core.errors import Damaged
from orchestration.core.keys import Keys, record_of, shown_record
from orchestration.core.settings import Settings
from orchestration.core.sums import json_of, read_json, summed_files, write_summed

FORGOTTEN = "withheld:forgotten"


class Original(NamedTuple):
    """Outcome for a sealed original that held a forgotten record, with the SHA-256 of its new content."""

    what: str
    sha256: str | None = None


@dataclass(frozen=True)
class Tombstones:
    """The forgotten records of one partner.

    `submissions`: marks of forgotten submissions, of all partners. `done`: by extract id, originals from
    which they are erased already, while landed cells may still hold them.
    """

    keys: Keys
    partner: str
    marks: frozenset[int] = frozenset()
    submissions: frozenset[int] = frozenset()
    done: Mapping[str, Original] = field(default_factory=dict)

    def has(self, record_id: int) -> bool:
        return bool(self.marks) and self.keys.tombstone(self.partner, record_id) in self.marks

    def has_submission(self, code: str) -> bool:
        return bool(self.submissions) and submission_mark(self.keys, code) in self.submissions

    def among(self, record_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Return for each record id whether its record was forgotten."""
        if not self.marks or not len(record_ids):
            return np.zeros(len(record_ids), bool)
        return np.isin(self.keys.tombstones(self.partner, record_ids), np.array(sorted(self.marks)))


def submission_mark(keys: Keys, code: str) -> int:
    """Return the 64-bit keyed hash (signed) that recognises the code of a forgotten submission."""
    return keys.number("forgotten submission", code)


@dataclass(frozen=True)
class Due:
    """Editions to erase: those made from landed cells with these SHA-256."""

    asked_on: date
    records: int
    cells: tuple[str, ...]


@dataclass
class _Page:
    """The stored state of one partner."""

    tombstones: set[str] = field(default_factory=set)
    submissions: set[str] = field(default_factory=set)
    due: list[Due] = field(default_factory=list)
    done: dict[str, Original] = field(default_factory=dict)


def tombstones_of(settings: Settings, keys: Keys, partner: str) -> Tombstones:
    page = _read(settings, partner)
    submissions = {mark for path in _pages(settings) for mark in _read(settings, path.stem).submissions}
    of_records, of_submissions = (frozenset(map(record_of, one)) for one in (page.tombstones, submissions))
    return Tombstones(keys, partner, of_records, of_submissions, page.done)


def set_tombstones(
    settings: Settings,
    keys: Keys,
    partner: str,
    record_ids: Iterable[int],
    due: Due | None = None,
    done: Mapping[str, Original] | None = None,
    submissions: Iterable[str] = (),
) -> None:
    """Set tombstones, so that these records never land again, and note the editions to erase.

    No record with one of the codes `submissions` lands again, from any partner.

    From here forgetting completes: if the process stops, the next refresh finishes from this file. `done` are
    the originals that need no further change.
    """
    page = _read(settings, partner)
    page.tombstones |= {_hex(keys.tombstone(partner, record_id)) for record_id in record_ids}
    page.submissions |= {_hex(submission_mark(keys, code)) for code in submissions}
    page.due += [due] if due and due.cells else []
    page.done = dict(done or {})
    _write(settings, partner, page)


def mark_erased(settings: Settings, partner: str) -> None:
    """Note that the landing holds no forgotten record, so that later originals are checked again."""
    page = _read(settings, partner)
    if page.done:
        page.done = {}
        _write(settings, partner, page)


def partners_with_tombstones(settings: Settings) -> list[str]:
    return [path.stem for path in _pages(settings)]


def due_erasures(settings: Settings) -> list[Due]:
    return [due for path in _pages(settings) for due in _read(settings, path.stem).due]


def settle(settings: Settings, still_held: Collection[str]) -> None:
    """Drop due erasures whose cells no kept edition was made from."""
    for path in _pages(settings):
        page = _read(settings, path.stem)
        remaining = [due for due in page.due if set(due.cells) & set(still_held)]
        if remaining != page.due:
            page.due = remaining
            _write(settings, path.stem, page)


def unite(settings: Settings, partner: str, pages: Collection[Path]) -> None:
    """Add what copies of this partner's file say to a restored home, whose originals are checked again."""
    try:
        page = _read(settings, partner)
    except Damaged:
        if not pages:
            raise
        page = _Page()  # the copies take its place
    for other in map(_page_of, pages):
        page.tombstones |= other.tombstones
        page.submissions |= other.submissions
        page.due += [due for due in other.due if due not in page.due]
    page.done = {}
    _write(settings, partner, page)


def _pages(settings: Settings) -> list[Path]:
    """Return the files of all partners, also of one whose file was lost: reading it says so."""
    names = {path.name for path in settings.forgotten.glob("[!.]*.json")}
    return [settings.forgotten / name for name in sorted(names | summed_files(settings.forgotten).keys())]


def _read(settings: Settings, partner: str) -> _Page:
    return _page_of(settings.forgotten / f"{partner}.json")


def _page_of(path: Path) -> _Page:
    if not path.is_file():
        if path.name in summed_files(path.parent):
            raise Damaged(path, "it is missing, and forgotten records would come back")
        return _Page()
    try:
        content = read_json(path)
        due = [
            Due(date.fromisoformat(entry["asked_on"]), int(entry["records"]), tuple(entry["cells"]))
            for entry in content["due"]
        ]
        done = {extract: Original(*original) for extract, original in content.get("done", {}).items()}
        return _Page(set(content["tombstones"]), set(content.get("submissions", ())), due, done)
    except (KeyError, TypeError):
        raise Damaged(path, "it lists no forgotten records") from None


def _write(settings: Settings, partner: str, page: _Page) -> None:
    content: dict[str, Any] = {
        "tombstones": sorted(page.tombstones),
        "submissions": sorted(page.submissions),
        "due": [
            {"asked_on": due.asked_on.isoformat(), "records": due.records, "cells": sorted(due.cells)}
            for due in page.due
        ],
        "done": page.done,
    }
    make_folder(settings.forgotten, 0o700)
    write_summed(settings.forgotten / f"{partner}.json", json_of(content))


def _hex(tombstone: int) -> str:
    return shown_record(tombstone).removeprefix("r-")
