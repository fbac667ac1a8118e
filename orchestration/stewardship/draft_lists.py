"""The stewards' lists while a refresh runs: drafts beside those in force, which they replace in one step.

The step is the rename of the drafts' folder: from then on every reader finds the new lists first, and moving
them to their usual place is tidying. A refresh that was killed or failed before leaves its drafts unread, and
the lists as of the refresh before; the next one sweeps.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from orchestration.core import Settings, durable

_DRAFTS, _ENDED = ".drafts", ".ended"


def drafting(settings: Settings) -> Settings:
    """As the refresh under way sees the installation: lists are written, and read first, as drafts."""
    return replace(settings, drafts_lists=True)


def written_to(settings: Settings) -> Path:
    """The folder in which a list is written now."""
    return settings.review / _DRAFTS if settings.drafts_lists else settings.review


def text_of(settings: Settings, name: str) -> str | None:
    """A list as it stands, None where there is none. What a refresh did not rewrite stays as it was.

    The order of the looks is that of a file's way, so that none is missed while it is moved.
    """
    folders = [settings.review / _ENDED, settings.review]
    if settings.drafts_lists:
        folders.insert(0, settings.review / _DRAFTS)
    for folder in folders:
        try:
            return (folder / name).read_bytes().decode("utf-8")
        except (FileNotFoundError, NotADirectoryError):
            continue
    return None


def sweep(settings: Settings) -> None:
    """Finish a switch that was broken off, and remove drafts that nobody ended. The caller holds the lock."""
    _tidy(settings.review)
    shutil.rmtree(settings.review / _DRAFTS, ignore_errors=True)


def switch(settings: Settings) -> None:
    """Put the drafts in force, all in one step; nothing happens where there are none."""
    _tidy(settings.review)
    drafts = settings.review / _DRAFTS
    if not drafts.is_dir():
        return
    drafts.rename(settings.review / _ENDED)
    durable.sync(settings.review)
    _tidy(settings.review)


def _tidy(review: Path) -> None:
    ended = review / _ENDED
    if not ended.is_dir():
        return
    for path in sorted(ended.iterdir()):
        path.replace(review / path.name)
    durable.sync(review)
    shutil.rmtree(ended)
