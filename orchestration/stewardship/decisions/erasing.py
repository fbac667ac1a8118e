"""Erase decisions about forgotten records from their files: the one exception to append-only.

A line about such a record goes whole, with those that revoke or confirm it; the others keep their bytes.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from orchestration.core import Settings, parsed, write_text
from orchestration.stewardship.decisions.files import locked, read_kind
from orchestration.stewardship.kinds.registry import KINDS

_RECORD_FIELDS = ("record", "record_a", "record_b")
_ITEM = "item"  # of an assignment, which may name a pair by its records


def erase_decisions(settings: Settings, records: Collection[str], texts: Collection[str] = ()) -> list[str]:
    """Remove the lines about records (`r-…`), and aliases of texts that only they said; returns their ids."""
    removed: list[str] = []
    with locked(settings):
        for kind in KINDS:
            read_kind(settings, kind)  # an unreadable file is reported, not rewritten
            path = settings.decisions / f"{kind}.jsonl"
            if not path.is_file():
                continue
            lines = [line.decode() for line in path.read_bytes().splitlines()]
            entries = [parsed(line, path) for line in lines]
            doomed = {
                entry["id"] for entry in entries if _named(entry) & set(records) or entry.get("text") in texts
            }
            stays = [
                not {entry["id"], entry.get("revokes"), entry.get("confirms")} & doomed for entry in entries
            ]
            kept = [line for line, is_kept in zip(lines, stays, strict=True) if is_kept]
            if len(kept) < len(lines):
                removed += [entry["id"] for entry, is_kept in zip(entries, stays, strict=True) if not is_kept]
                write_text(path, "".join(f"{line}\n" for line in kept))
    return removed


def _named(entry: dict[str, Any]) -> set[str]:
    """Return the records that an entry is about."""
    return {*(str(entry.get(name)) for name in _RECORD_FIELDS), *str(entry.get(_ITEM, "")).split(":")}
