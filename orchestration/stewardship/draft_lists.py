"""The stewards' lists while a refresh runs: drafts, which replace those in force in one step.

The step renames the drafts' folder: from then on readers find the new lists first, and moving them to their
usual place is tidying. A refresh that was killed or failed before leaves the earlier lists in force; the next
one sweeps its drafts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from orchestration.core import Settings, add_sums_of, durable

_DRAFTS, _ENDED = ".drafts", ".ended"
Found = TypeVar("Found")


def drafting(settings: Settings) -> Settings:
    """Return settings under which lists are written, and read first, as drafts."""
    return replace(settings, drafts_lists=True)


def written_to(settings: Settings) -> Path:
    """Return the folder in which a list is written now."""
    return settings.review / _DRAFTS if settings.drafts_lists else settings.review


def text_of(settings: Settings, name: str) -> str | None:
    """Return a list, None where there is none. What a refresh did not rewrite stays as it was."""
    content = content_of(settings, name)
    return None if content is None else content.decode("utf-8")


def content_of(settings: Settings, name: str) -> bytes | None:
    """Return the bytes of a file of lists, None where there is none."""
    return _first(settings, name, Path.read_bytes)


def stamp_of(settings: Settings, name: str) -> tuple[int, ...]:
    """Return what changes whenever the list does; empty where there is none."""
    found = _first(settings, name, Path.stat)
    return (found.st_ino, found.st_mtime_ns, found.st_size) if found else ()


def _first(settings: Settings, name: str, look: Callable[[Path], Found]) -> Found | None:
    """Look into the folders in the order in which a file moves through them, so that none is missed."""
    folders = [settings.review / _ENDED, settings.review]
    if settings.drafts_lists:
        folders.insert(0, settings.review / _DRAFTS)
    for folder in folders:
        try:
            return look(folder / name)
        except (FileNotFoundError, NotADirectoryError):
            continue
    return None


def sweep(settings: Settings) -> None:
    """Finish an interrupted switch, and remove abandoned drafts. The caller holds the lock."""
    _tidy(settings.review)
    durable.remove_folder(settings.review / _DRAFTS)


def switch(settings: Settings) -> None:
    """Put the drafts in force in one step, if there are any."""
    _tidy(settings.review)
    drafts = settings.review / _DRAFTS
    if not drafts.is_dir():
        return
    add_sums_of(drafts, settings.review)
    durable.rename(drafts, settings.review / _ENDED)
    _tidy(settings.review)


def _tidy(review: Path) -> None:
    ended = review / _ENDED
    if not ended.is_dir():
        return
    for path in sorted(ended.iterdir()):
        durable.rename(path, review / path.name)
    durable.remove_folder(ended)
