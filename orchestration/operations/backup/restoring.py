"""Restore: put back what is missing or damaged in a home. What is whole in the home stays.

Files that belong together come back together where they changed since (`brings` of their kind). What was
forgotten since stays forgotten: the marks of the home and of all lists are united before anything else is
written, and then what they mark is erased from what came back. A mark in the home keeps refreshes out until
all files are back, and makes the next refresh erase what a restore without keys could not.

What to put back: `planning`.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from orchestration import release
from orchestration.core import (
    HOME_JSON,
    OWN_SUM,
    SUMS,
    Damaged,
    Settings,
    UsageError,
    drop_rotated_checks,
    durable,
    forget_work,
    key_faults,
    load_keys,
    note_sums,
    parsed,
    partners_with_tombstones,
    read_json,
    replacing,
    require_room,
    set_sums,
    sha256_of,
    unite,
    write_json,
)
from orchestration.operations import forget
from orchestration.operations.backup.planning import FORGOTTEN, Lost, Plan, Source, damaged_backup
from orchestration.operations.backup.store import (
    RESTORED,
    WITH_KEY,
    Progress,
    refuse_unfinished_restore,
    unfinished_restore,
)
from orchestration.operations.check.checking import place_of
from orchestration.operations.check.kinds import kind_of


def put_back(
    settings: Settings, source: Source, made: Plan, progress: Progress = lambda done, of: None
) -> tuple[list[forget.Erased], list[str]]:
    """Write what is planned, then erase what was forgotten.

    Return what was erased, and the names of files that the backup holds damaged. The caller holds the refresh
    lock. A kill is harmless: refreshes wait until the same command has been run again.
    """
    unfinished = unfinished_restore(settings)
    if unfinished and WITH_KEY in unfinished and not source.private_key:
        raise UsageError(unfinished)
    for name, digest in source.marks():
        # Marks of a home are never fewer than those of its backup.
        if not source.store.is_whole(digest) and not _has_marks(settings, name):
            raise damaged_backup(
                source.store, f"{name} is damaged in it: records that were forgotten could come back"
            )
    files, mark = source.chosen.files, settings.home / RESTORED
    require_room(settings.home, sum(files[name].bytes for name in made.back), "the restore")
    noted = {
        "list": source.chosen.name,
        "backup": str(source.store.folder),
        "with_key": bool(source.private_key),
    }
    write_json(mark, {**noted, "is_whole": False})
    for name in (name for name in made.back if Path(name).name == SUMS):
        durable.remove(place_of(settings, name))  # made again from the files that lie there in the end
    _unite_marks(settings, source, made)
    _make_folders(settings, source, made)
    names = [name for name in made.back if Path(name).name != SUMS and not name.startswith(FORGOTTEN)]
    lost = []
    for number, name in enumerate(sorted(names, key=_order), start=1):
        progress(number, len(names))
        try:
            _write(settings, source, name)
        except Lost:
            lost.append(name)
    _note_sums(settings, source, made.back.keys() - lost)
    if made.current:
        with release.switching(settings):
            release.switch_current(settings, Path(made.current).name)
    forget_work(settings)
    write_json(mark, {**noted, "is_whole": True})
    # The name of a partner's file may be that of a person.
    lost = [f"{Path(name).parent}/…" if name.startswith("inbox/") else name for name in lost]
    if any(key_faults(settings)):  # the next refresh names them, or erases
        return [], lost
    try:
        return finish_restore(settings, settings.as_of(), source.private_key), lost
    except UsageError as error:
        raise UsageError(
            f"The files are restored, and records among them that were forgotten are not erased yet. {error} "
            "Several keys may stand in one file, a line each: run the same command with it before the next "
            "refresh, which destroys these originals."
        ) from None


def finish_restore(settings: Settings, now: datetime, private_key: str | None = None) -> list[forget.Erased]:
    """Erase forgotten records from what a restore brought back. The caller holds the refresh lock.

    Raises NjiaError where the restore was interrupted: a refresh would publish what is back, without the
    rest.
    """
    if not (settings.home / RESTORED).is_file():
        return []
    refuse_unfinished_restore(settings)
    erased = forget.erase_again(settings, load_keys(settings), private_key, now)
    durable.remove(settings.home / RESTORED)
    return erased


def _order(name: str) -> tuple[bool, bool, bool, str]:
    """Layout and keys first, notes and manifests last: who reads the home meets whole extracts."""
    return name != HOME_JSON, not name.startswith("keys/"), name.endswith(".json"), name


def _has_marks(settings: Settings, name: str) -> bool:
    """Return whether the home has the marks of this partner, whole."""
    try:
        return bool(read_json(place_of(settings, name)))
    except (OSError, Damaged):
        return False


def _unite_marks(settings: Settings, source: Source, made: Plan) -> None:
    copies: dict[str, list[Path]] = {partner: [] for partner in partners_with_tombstones(settings)}
    for name, digest in source.marks():
        if not source.store.is_whole(digest):
            continue
        copies.setdefault(Path(name).stem, []).append(source.store.object(digest))
    restored = {Path(name).stem for name in made.back if name.startswith("landing/")}
    for partner, pages in copies.items():
        unite(settings, partner, dict.fromkeys(pages), restored)


def _make_folders(settings: Settings, source: Source, made: Plan) -> None:
    """Make missing folders with their modes; those of a release only where it comes back."""
    parents = {parent.as_posix() for name in made.back for parent in Path(name).parents}
    for name, mode in sorted(source.chosen.folders.items()):
        folder = place_of(settings, name)
        if not folder.exists() and (name in parents or name.startswith("inbox")):
            durable.make_folder(folder)
            durable.set_mode(folder, mode)


def _write(settings: Settings, source: Source, name: str) -> None:
    file, entry, kind = place_of(settings, name), source.chosen.files[name], kind_of(name)
    with replacing(file) as partial:
        source.copy(entry, partial)
        if name == HOME_JSON:
            drop_rotated_checks(settings, partial)
        if file.is_file() and file.suffix == ".jsonl":
            if kind.grows == "lines":
                _append_newer(partial, file)
            elif kind.grows == "chain":  # its last lines may be the only ones of their time
                durable.copy(file, file.with_name(f"{file.stem}.damaged-{sha256_of(file)[:8]}"))
        durable.set_mode(partial, entry.mode)
        os.utime(partial, ns=(entry.stamp[1], entry.stamp[1]))


def _append_newer(partial: Path, file: Path) -> None:
    """Append the whole lines of a damaged file that the backup does not have: they may be newer."""
    known = partial.read_bytes().splitlines()
    for line in file.read_bytes().splitlines():
        with suppress(Damaged):
            if line not in known and isinstance(parsed(line, file), dict):
                durable.append_line(partial, line.decode())


def _note_sums(settings: Settings, source: Source, names: Collection[str]) -> None:
    """Note the sums of what was written, and where a list of them was lost, of whatever lies there."""
    written: dict[str, dict[str, str]] = defaultdict(dict)
    for name in names:
        written[str(Path(name).parent)][Path(name).name] = source.chosen.files[name].content
    for folder, sums in written.items():
        if f"{folder}/{SUMS}" not in source.chosen.files:  # its files have their own sums, or are keys
            continue
        is_lost, place = sums.pop(SUMS, None), place_of(settings, folder)
        set_sums(place, {name: digest for name, digest in sums.items() if not name.endswith(OWN_SUM)})
        if is_lost:
            note_sums(place)
