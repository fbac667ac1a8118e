"""The append-only files `decisions/<kind>.jsonl`: one line a decision or revocation, checked when read.

A line is never changed; a decision is taken back by a later line that revokes it. A line that cannot be read
stops the caller: skipping it would silently undo what a steward decided. One exception to append-only: a line
about a forgotten record goes whole, with those that revoke or confirm it; the others keep their bytes.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from orchestration.core import (
    PARTIAL,
    Damaged,
    NjiaError,
    Settings,
    durable,
    line_of,
    locked_folder,
    without_sum,
    write_text,
)
from orchestration.stewardship.audit import log_all
from orchestration.stewardship.kinds.decision import Confirmation, Decision, Entry, Revocation, same_author
from orchestration.stewardship.kinds.registry import KINDS, read_entry

_RECORDS = ("record", "record_a", "record_b")  # fields of decisions that name one


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    durable.make_folder(settings.decisions)
    busy = NjiaError("Another decision is being written. Try again in a moment.")
    with locked_folder(settings.decisions, busy):
        yield


def _path(settings: Settings, kind: str) -> Path:
    return settings.decisions / f"{kind}.jsonl"


def plain(entry: Entry) -> dict[str, Any]:
    """Return an entry as its line holds it."""
    return entry.model_dump(mode="json")


def append_all(settings: Settings, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Add lines and log them; earlier lines keep their bytes. The caller holds the lock.

    Where one file cannot be written, those that were are put back.

    The lines of one kind come together or not at all, whatever happens. A process that is killed between the
    files of two kinds leaves those of the first, which `njia decide list` shows.
    """
    by_kind: dict[str, list[Entry]] = {}
    for entry in entries:
        by_kind.setdefault(entry.kind, []).append(entry)
    before = {
        path: path.read_text(encoding="utf-8") if path.is_file() else None
        for path in (_path(settings, kind) for kind in by_kind)
    }
    try:
        for kind, own in by_kind.items():
            path = _path(settings, kind)
            earlier = before[path] or ""
            if earlier and not earlier.endswith("\n"):
                earlier += "\n"
            lines = (line_of(plain(entry)) for entry in own)
            # The file is replaced whole, not written in place: a full disk cannot leave half a line.
            write_text(path, earlier + "".join(f"{line}\n" for line in lines))
    except OSError:
        for path, text in before.items():
            if text is None:
                durable.remove(path)
            elif path.read_text(encoding="utf-8") != text:
                write_text(path, text)
        raise
    log_all(settings, entries)
    return [plain(entry) for entry in entries]


def read_kind(settings: Settings, kind: str) -> list[Entry]:
    path = _path(settings, kind)
    if not path.is_file():
        if path.exists() or path.is_symlink():
            raise Damaged(path, "it is no file")
        return []
    entries: list[Entry] = []
    active: dict[str, Entry] = {}
    seen: set[str] = set()
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        entry = _read_line(path, number, line, kind)
        if entry.id in seen:
            raise _bad_line(path, number, "its id stands in an earlier line too")
        seen.add(entry.id)
        if isinstance(entry, Revocation):
            if entry.revokes in seen and entry.revokes not in active:
                raise _bad_line(path, number, "it revokes a decision that an earlier line revokes")
            active.pop(entry.revokes, None)  # one that has gone from this file is taken back, too
        elif isinstance(entry, Confirmation):
            if fault := why_not_confirmed(entry, active.get(entry.confirms)):
                raise _bad_line(path, number, fault)
        else:
            active[entry.id] = entry
        entries.append(entry)
    return entries


def why_not_confirmed(confirmation: Entry, decision: Entry | None) -> str | None:
    """Say why a confirmation cannot stand; `decision` is the active one that it names."""
    if not isinstance(decision, Decision):
        return "it confirms a decision that no earlier line holds active"
    if not decision.needs_second:
        return "it confirms a decision that needs no second person"
    if same_author(decision.author, confirmation.author):
        return "it confirms a decision of the same person, and a second one is needed"
    return None


def _read_line(path: Path, number: int, line: bytes, kind: str) -> Entry:
    if not line.strip():
        raise _bad_line(path, number, "it is empty")
    try:
        content = json.loads(line.decode("utf-8-sig"), object_pairs_hook=_each_name_once)
    except _TwiceNamed:
        raise _bad_line(path, number, "a name stands in it twice") from None
    except (ValueError, RecursionError):  # also what bad UTF-8 raises
        content = None
    if not isinstance(content, dict):
        raise _bad_line(path, number, "it is not a JSON object in UTF-8")
    content = without_sum(content, path, f"line {number}")
    if content.get("kind") != kind:
        raise _bad_line(path, number, f"its kind is not {kind}, which the file's name says")
    try:
        return read_entry(content)
    except ValidationError as error:
        raise _bad_line(path, number, in_words(error)) from None


class _TwiceNamed(Exception):
    """JSON takes the last of two values, which may not be the one that was meant."""


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise _TwiceNamed
    return content


def _bad_line(path: Path, number: int, what: str) -> Damaged:
    return Damaged(path, f"line {number} cannot be read: {what}")


def in_words(error: ValidationError) -> str:
    """Return field and complaint of each problem, without the value that was given."""
    problems = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        where = ".".join(str(part) for part in problem["loc"])
        is_empty = problem["type"] in ("string_too_short", "missing")
        message = "is empty, and is needed" if is_empty else problem["msg"].removeprefix("Value error, ")
        problems.append(f"{where}: {message}" if where else message)
    return "; ".join(problems)


def refuse_unknown_files(settings: Settings) -> None:
    for path in sorted(settings.decisions.glob("*.jsonl")):
        if path.stem not in KINDS and not path.name.startswith(PARTIAL):
            raise NjiaError(
                f"{path} belongs to no kind of decision, so it would have no effect. Rename it to one of "
                f"{', '.join(kind + '.jsonl' for kind in KINDS)}, or move it out of the folder."
            )


def erase_decisions(settings: Settings, records: Collection[str], texts: Collection[str] = ()) -> list[str]:
    """Remove the lines about records (`r-…`), and aliases of texts that only they said; returns their ids."""
    removed: list[str] = []
    named = set(records)
    with locked(settings):
        for kind in KINDS:
            path, entries = _path(settings, kind), [plain(entry) for entry in read_kind(settings, kind)]
            doomed = {
                entry["id"]
                for entry in entries
                if not named.isdisjoint(entry.get(name) for name in _RECORDS) or entry.get("text") in texts
            }
            goes = [
                bool({entry["id"], entry.get("revokes"), entry.get("confirms")} & doomed) for entry in entries
            ]
            if any(goes):
                lines = [line.decode() for line in path.read_bytes().splitlines()]
                left = (f"{line}\n" for line, is_gone in zip(lines, goes, strict=True) if not is_gone)
                write_text(path, "".join(left))
                removed += [entry["id"] for entry, is_gone in zip(entries, goes, strict=True) if is_gone]
    return removed
