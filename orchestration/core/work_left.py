"""What a refresh leaves in `work/`: all of it, or only what tells of no record (NJIA_DELETE_WORK).

What stays names extracts and their fates, and the dbt project as parsed: `njia status` and the next refresh
read it. All else there is made of records, and is made again by the next refresh that needs it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.core.errors import UsageError
from orchestration.core.settings import Settings

PROJECT = {"dbt/parsed", "dbt/manifest.json"}
# What a refresh came to: files by their shown names, checks and counts.
ENDED = {f"artifacts/{name}.json" for name in ("take_in", "candidate", "release_gate")}
KEPT = PROJECT | ENDED | {"gates/in_force.json", "gates/in_force.parquet"}
BESIDE, BESIDE_LOCK = "without", "without.lock"


def clear_work(settings: Settings) -> None:
    """Delete what was made of records, where the installation asks for it.

    The caller holds the lock of refreshes. A build beside it (`njia diff --without`) is left alone.
    """
    if not settings.delete_work or not settings.work.is_dir():
        return
    beside = {BESIDE, BESIDE_LOCK} if _is_building_beside(settings) else set()
    _delete_all_but(settings.work, KEPT | beside)


def forget_work(settings: Settings) -> None:
    """Delete all of `work/` but the parsed dbt project: it tells of nobody, and parsing takes seconds."""
    if settings.work.is_dir():
        _delete_all_but(settings.work, PROJECT)


def _delete_all_but(folder: Path, names: set[str]) -> None:
    for path in list(_outermost_without(folder, {folder / name for name in names})):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def clear_work_left_behind(settings: Settings) -> None:
    """The same for what a killed refresh left; nothing while one runs."""
    if not settings.delete_work or not settings.work.is_dir():
        return
    try:
        with FileLock(settings.lock, timeout=0):
            clear_work(settings)
    except (Timeout, OSError):  # OSError: an account that may only read
        return


@contextmanager
def building_beside(settings: Settings) -> Iterator[Path]:
    """A folder of `work/` for one build beside the refreshes; removed at the end.

    Raises UsageError where there is such a build already.
    """
    folder = settings.work / BESIDE
    settings.work.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(settings.work / BESIDE_LOCK, timeout=0):
            shutil.rmtree(folder, ignore_errors=True)  # what a killed process left
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except Timeout:
        raise UsageError(
            "Somebody else builds a release beside this one. Ask again when that has ended."
        ) from None


def _is_building_beside(settings: Settings) -> bool:
    try:
        with FileLock(settings.work / BESIDE_LOCK, timeout=0):
            return False
    except Timeout:
        return True


def _outermost_without(folder: Path, kept: set[Path]) -> Iterator[Path]:
    """The fewest files and folders that are all of a folder but what is kept."""
    for path in sorted(folder.iterdir()):
        if path in kept:
            continue
        if any(one.is_relative_to(path) for one in kept):
            yield from _outermost_without(path, kept)
        else:
            yield path
