"""Make a backup while everything runs: a signed list of one moment of the home, and the objects it names.

The files are looked at, the new ones copied, and looked at again; what changed, appeared or vanished
meanwhile is done again, until nothing has. So everything in the list was there between the last two looks,
and restoring it is like starting after a power cut at that moment. The second look holds the lock of the
decisions, so that none is caught between its file and its line in the audit log.

Of the inbox, a backup takes what the next refresh would take: a file that is still written is not complete.
"""

from __future__ import annotations

import base64
import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pyrage

from orchestration import intake
from orchestration.core import (
    PARTIAL,
    RefreshRunning,
    Settings,
    UsageError,
    durable,
    held_if_free,
    load_keys,
    load_release_key,
    machine_fault,
    require_encrypted_volume,
    sha256_of,
    write_json,
)
from orchestration.operations.backup.store import (
    Changed,
    Entry,
    FileList,
    Progress,
    Stamp,
    Store,
    refuse_unfinished_restore,
    stamp_of,
)
from orchestration.operations.check.checking import (
    ELSEWHERE,
    check_files,
    kept_files,
    name_of,
    place_of,
)
from orchestration.operations.check.kinds import kind_of

# At once again, since little is left to copy then; a pause waits for the end of a step that writes much.
LOOKS, LOOKS_BETWEEN_PAUSES, PAUSE = 60, 5, 2.0
SECONDS_BETWEEN_CHECKS = 2.0


@dataclass(frozen=True)
class Seen:
    """Files by name, modes of folders, the target of `current`."""

    files: dict[str, Stamp]
    folders: dict[str, int]
    current: str | None


@dataclass(frozen=True)
class Made:
    """A backup. `damaged`: files that a check finds, or that differ although nothing wrote them.

    Of the latter the list names the content of before, as far as the backup holds it. `is_noted`: whether
    the home could be written, to note there when and where this backup was made.
    """

    listed: FileList
    files: int
    bytes: int
    new_objects: int
    new_bytes: int
    looks: int
    lists_dropped: int
    damaged: list[str]
    is_noted: bool


def make_backup(
    settings: Settings, folder: Path, keep: timedelta, progress: Progress = lambda done, of: None
) -> Made:
    """Make one list and what it needs; then, where the home is whole, drop lists older than `keep`.

    Raises UsageError for a folder that cannot be used, RefreshRunning if the home kept changing.
    """
    store = Store(folder)
    _refuse_folder(settings, store.folder)
    try:
        with store.writing():
            return _make(settings, store, keep, progress)
    except Exception as error:
        if fault := machine_fault(error, store.folder):
            raise fault from None
        raise


def _make(settings: Settings, store: Store, keep: timedelta, progress: Progress) -> Made:
    key = load_release_key(settings)
    home = load_keys(settings).ids["record"]
    if any(one.home != home for one in store.lists()):
        raise UsageError(
            f"{store.folder} holds backups of another home. Choose a folder for this home alone."
        )
    last = next((one for one in store.lists() if one.is_signed(key.public)), None)
    copying = _Copying(settings, store, last, progress)
    seen = copying.until_nothing_changes()
    now = clock = datetime.now(UTC)
    if last:  # a clock that was put back leaves the order of lists as it is
        now = max(now, last.made_at + timedelta(seconds=1))
    made_at = now.isoformat(timespec="seconds")
    content = {
        "made_at": made_at,
        "njia": version("njia"),
        "home": home,
        "folders": seen.folders,
        "current": seen.current,
        **copying.listed(),
    }
    made = store.add_list(content, key, now)
    damaged = copying.damaged | _damaged_for_long(settings)
    # Older lists may hold what is damaged now.
    dropped = 0 if damaged else store.prune(clock, keep)
    is_noted = os.access(settings.home, os.W_OK)
    if is_noted:
        noted = {"list": made.name, "folder": str(store.folder), "made_at": made_at}
        write_json(settings.last_backup, noted)
    copied = copying.objects, copying.bytes, copying.looks
    size = sum(entry.bytes for entry in copying.taken.values())
    return Made(made, len(copying.taken), size, *copied, dropped, sorted(damaged), is_noted)


def look(settings: Settings) -> Seen:
    """Walk the durable files. What vanishes meanwhile is left out: the next look shows it."""
    files: dict[str, Stamp] = {}
    for name, path in kept_files(settings):
        is_not_in_use = name.startswith(ELSEWHERE) and path != place_of(settings, name)
        if is_not_in_use or name.startswith("inbox/"):
            continue
        if path == settings.current or not kind_of(name).in_backup:
            continue
        if path.is_symlink() and not name.startswith(ELSEWHERE):
            raise UsageError(
                f"{path} is a symbolic link, and a backup follows none. Move what it names here."
            )
        if stamp := stamp_of(path):
            files[name] = stamp
    for path in intake.files_ready(settings):
        if stamp := stamp_of(path):
            files[name_of(settings, path)] = stamp
    folders = {Path(name).parent for name in files}
    folders |= {path.relative_to(settings.home) for path in intake.partner_folders(settings)}
    folders |= {parent for folder in folders for parent in folder.parents}
    modes = {}
    for name in map(Path.as_posix, folders - {Path()}):
        with suppress(FileNotFoundError):
            modes[name] = stat.S_IMODE(place_of(settings, name).stat().st_mode)
    return Seen(files, modes, str(settings.current.readlink()) if settings.current.is_symlink() else None)


def _damaged_for_long(settings: Settings) -> set[str]:
    """Return the damaged files that two checks find: one alone may meet a refresh that writes."""
    found: set[str] = {fault.path for fault in check_files(settings).faults}
    if found:
        time.sleep(SECONDS_BETWEEN_CHECKS)
        found &= {fault.path for fault in check_files(settings).faults}
    return found


def _refuse_folder(settings: Settings, folder: Path) -> None:
    inside = [one for one in (settings.home, settings.keys) if folder.is_relative_to(one)]
    if inside or settings.home.is_relative_to(folder):
        raise UsageError(
            f"{folder} cannot hold backups of {settings.home}: one lies in the other. Choose a folder on "
            "another disk."
        )
    if not folder.parent.is_dir():
        raise UsageError(f"There is no folder {folder.parent}. Is its disk mounted?")
    refuse_unfinished_restore(settings)
    if not (settings.home / "home.json").is_file():
        raise UsageError(f"{settings.home} is no home of Njia yet. `njia refresh` makes it.")
    require_encrypted_volume(replace(settings, home=folder))


@contextmanager
def _between_decisions(settings: Settings) -> Iterator[bool]:
    """Keep decisions from being written, and yield whether none is; a home that is read-only has no lock."""
    if not os.access(settings.home, os.W_OK):
        yield True
        return
    durable.make_folder(settings.decisions, 0o700)
    with held_if_free(settings.decisions / ".lock") as is_free:
        yield is_free


@dataclass
class _Copying:
    settings: Settings
    store: Store
    last: FileList | None
    progress: Progress
    taken: dict[str, Entry] = field(default_factory=dict)
    secret: dict[str, str] = field(default_factory=dict)
    objects: int = 0
    bytes: int = 0
    looks: int = 0
    damaged: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.keys = load_keys(self.settings)
        self.recipients = [pyrage.x25519.Recipient.from_str(self.keys.stewards_recipient)]

    def until_nothing_changes(self) -> Seen:
        seen = look(self.settings)
        while self.looks < LOOKS:
            self.looks += 1
            is_complete = self._copy(seen)
            with _between_decisions(self.settings) as is_free:
                again = look(self.settings)
                if is_complete and is_free and again == seen:
                    return again
            seen = again
            if self.looks % LOOKS_BETWEEN_PAUSES == 0:
                time.sleep(PAUSE)
                seen = look(self.settings)
        raise RefreshRunning(
            f"The home changed in each of {LOOKS} looks, so no backup of one moment could be made. A refresh "
            "or an import is writing. Run `njia backup` again later: what is copied stays, so it is quicker."
        )

    def listed(self) -> dict[str, object]:
        """Return what a list says of files. Names and hashes of secret ones stand there encrypted."""
        secret = {name: entry for name, entry in self.taken.items() if entry.plain}
        names = pyrage.encrypt(json.dumps(secret).encode(), self.recipients)
        objects = {entry.sha256 for entry in secret.values()}
        return {
            "files": {name: entry for name, entry in self.taken.items() if name not in secret},
            "secret": {mark: digest for mark, digest in self.secret.items() if digest in objects},
            "names": base64.b64encode(names).decode(),
        }

    def _copy(self, seen: Seen) -> bool:
        """Copy what is new; return whether everything was copied as it was seen."""
        self.taken = {name: one for name, one in self.taken.items() if one.stamp == seen.files.get(name)}
        todo = sorted(seen.files.keys() - self.taken.keys())
        for number, name in enumerate(todo, start=1):
            self.progress(number, len(todo))
            try:
                self.taken[name] = self._entry(name, seen.files[name])
            except (Changed, FileNotFoundError):
                continue
        return self.taken.keys() == seen.files.keys()

    def _entry(self, name: str, stamp: Stamp) -> Entry:
        file = place_of(self.settings, name)
        before = self.last.files.get(name) if self.last else None
        status = file.stat()
        size, mode = status.st_size, status.st_mode & 0o777
        digest = sha256_of(file)
        if before and before.stamp == stamp and digest != before.sha256:
            # No program wrote the file, and yet its content is another: its disk has damaged it.
            self.damaged.add(name)
            return before._replace(mode=mode)
        if kind_of(name).is_secret:
            entry = Entry(self._encrypted(name, file, digest), size, mode, stamp, digest)
        else:
            self._add(file, digest)
            entry = Entry(digest, size, mode, stamp)
        if stamp_of(file) != stamp:
            raise Changed
        return entry

    def _add(self, file: Path, digest: str) -> None:
        if self.store.add(file, digest):
            self.objects += 1
            self.bytes += file.stat().st_size

    def _encrypted(self, name: str, file: Path, digest: str) -> str:
        """Return the object that holds a file encrypted to the stewards; make it where there is none.

        The list knows its content by a keyed hash: that of a password alone could be guessed.
        """
        mark = f"{self.keys.number('backup', self.keys.stewards_recipient, name, digest) % (1 << 64):016x}"
        known = self.secret.get(mark) or (self.last.secret.get(mark) if self.last else None)
        if not (known and self.store.has(known)):
            partial = self.store.objects_folder / f"{PARTIAL}object"
            try:
                with file.open("rb") as plain, partial.open("wb") as encrypted:
                    pyrage.encrypt_io(plain, encrypted, self.recipients)
                known = sha256_of(partial)
                self._add(partial, known)
            finally:
                partial.unlink(missing_ok=True)
        self.secret[mark] = known
        return known
