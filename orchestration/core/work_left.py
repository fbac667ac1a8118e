"""Clearing `work/` after a refresh, where the installation asks for it (NJIA_DELETE_WORK).

Kept are the fates of extracts, the outcome of the refresh and the parsed dbt project: `njia status` and the
next refresh read them. Everything else is made of records; the next refresh makes it again.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

from orchestration.core import durable
from orchestration.core.durable import PARTIAL
from orchestration.core.errors import UsageError
from orchestration.core.lock import held_if_free
from orchestration.core.settings import Settings

PROJECT = {"dbt/parsed", "dbt/manifest.json"}
# The outcome of a refresh: files by their shown names, checks and counts.
ENDED = {f"artifacts/{name}.json" for name in ("take_in", "candidate", "release_gate")}
KEPT = PROJECT | ENDED | {"gates/in_force.json", "gates/in_force.parquet"}
KEPT_SECONDS = 24 * 3600.0  # of a partial file, which another process may be writing
BESIDE, BESIDE_LOCK = "without", "without.lock"


def clear_work(settings: Settings) -> None:
    """Delete what was made of records, where the installation asks for it.

    The caller holds the refresh lock. A running `njia diff --without` keeps its folder.
    """
    if not settings.delete_work or not settings.work.is_dir():
        return
    beside = {BESIDE, BESIDE_LOCK} if _is_building_beside(settings) else set()
    _delete_all_but(settings.work, KEPT | beside)


def forget_work(settings: Settings) -> None:
    """Delete all of `work/` but the parsed dbt project, which holds no records and takes seconds to parse."""
    if settings.work.is_dir():
        _delete_all_but(settings.work, PROJECT)


def _delete_all_but(folder: Path, names: set[str]) -> None:
    for path in list(_outermost_without(folder, {folder / name for name in names})):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def clear_partial(settings: Settings) -> None:
    """Remove what killed writers left of files that are kept, after a day. The caller holds the refresh lock.

    The folders of the inbox, of releases and of landings have sweeps of their own, which know more.
    """
    durable.remove_folder(settings.backup_links)
    elsewhere = {settings.inbox, settings.releases, settings.work, settings.dagster_home}
    folders = [path for path in settings.home.iterdir() if path.is_dir() and path not in elsewhere]
    left = settings.home.glob(f"{PARTIAL}*"), *(folder.rglob(f"{PARTIAL}*") for folder in folders)
    for path in {*chain(*left), *settings.keys.glob(f"{PARTIAL}*")}:
        if path.is_file() and abs(time.time() - path.stat().st_mtime) >= KEPT_SECONDS:
            durable.remove(path)


def clear_work_left_behind(settings: Settings) -> None:
    """Run `clear_work` after a killed refresh; does nothing while a refresh runs."""
    if not settings.delete_work or not settings.work.is_dir():
        return
    with suppress(OSError), held_if_free(settings.lock) as is_free:  # OSError: a read-only account
        if is_free:
            clear_work(settings)


@contextmanager
def building_beside(settings: Settings) -> Iterator[Path]:
    """Yield a folder of `work/` for one build beside the refreshes; it is removed afterwards.

    Raises UsageError where such a build already runs.
    """
    folder = settings.work / BESIDE
    settings.work.mkdir(parents=True, exist_ok=True)
    with held_if_free(settings.work / BESIDE_LOCK) as is_free:
        if not is_free:
            raise UsageError("Another `njia diff --without` is running. Try again when it has ended.")
        shutil.rmtree(folder, ignore_errors=True)  # what a killed process left
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _is_building_beside(settings: Settings) -> bool:
    with held_if_free(settings.work / BESIDE_LOCK) as is_free:
        return not is_free


def _outermost_without(folder: Path, kept: set[Path]) -> Iterator[Path]:
    """Yield the fewest files and folders that cover a folder except `kept`."""
    for path in sorted(folder.iterdir()):
        if path in kept:
            continue
        if any(name.is_relative_to(path) for name in kept):
            yield from _outermost_without(path, kept)
        else:
            yield path
