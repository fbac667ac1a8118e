"""Make a backup while everything runs: a signed list of one moment of the home, and the objects it names.

The files are looked at, the new ones copied, and looked at again; what changed, appeared or vanished
meanwhile is done again, until nothing has. So everything in the list was there between the last two looks,
and restoring it is like starting after a power cut at that moment. The second look holds the lock of the
decisions, so that none is caught between its file and its line in the audit log.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyrage

from orchestration.core import (
    LAYOUT_VERSION,
    PARTIAL,
    STEWARDS_RECIPIENT,
    RefreshRunning,
    Settings,
    UsageError,
    durable,
    earlier_layout,
    held_if_free,
    load_keys,
    load_release_key,
    read_json,
    require_encrypted_volume,
    sha256_of,
    write_json,
)
from orchestration.operations.backup.moment import RESTORED, Seen, is_sqlite, look, stamp_of
from orchestration.operations.backup.store import (
    FORMAT,
    Changed,
    Entry,
    FileList,
    Progress,
    Store,
    naming_a_full_disk,
)
from orchestration.operations.check.checking import check_files

# At once again, since little is left to copy then; a pause waits for the end of a step that writes much.
LOOKS, LOOKS_BETWEEN_PAUSES, PAUSE = 60, 5, 2.0
SECONDS_BETWEEN_CHECKS = 2.0


@dataclass(frozen=True)
class Made:
    """A backup. `damaged`: files that a check finds, or that differ although nothing wrote them.

    Of the latter the list names the content of before, as far as the backup holds it.
    """

    listed: FileList
    new_objects: int
    new_bytes: int
    looks: int
    lists_dropped: int
    damaged: list[str]


def make_backup(
    settings: Settings, folder: Path, keep: timedelta, progress: Progress = lambda done, of: None
) -> Made:
    """Make one list and what it needs; then, where the home is whole, drop lists older than `keep`.

    Raises UsageError for a folder that cannot be used, RefreshRunning if the home kept changing.
    """
    store = Store(folder)
    _refuse_folder(settings, store.folder)
    key = load_release_key(settings.keys)
    with naming_a_full_disk(store.folder), store.writing():
        lists = store.lists()
        last = next((one for one in lists if one.is_signed([key.public])), None)
        copying = _Copying(settings, store, last, progress)
        seen = copying.until_nothing_changes()
        now = datetime.now(UTC)
        if lists:  # a clock that was put back leaves the order of lists as it is
            now = max(now, lists[0].made_at + timedelta(seconds=1))
        content = {
            "format": FORMAT,
            "made_at": now.isoformat(timespec="seconds"),
            "layout": LAYOUT_VERSION,
            "njia": version("njia"),
            "signed_by": key.public.id,
            "files": copying.taken,
            "folders": seen.folders,
            "current": seen.current,
            "keys": copying.keys,
        }
        made = store.add_list(content, key, now)
        damaged = copying.damaged | _damaged_for_long(settings)
        # Older lists may hold what is damaged now.
        dropped = 0 if damaged else store.prune(now, keep)
    if earlier_layout(settings) is None:  # an earlier home stays as it is
        noted = {"list": made.name, "folder": str(store.folder), "made_at": now.isoformat(timespec="seconds")}
        write_json(settings.last_backup, noted)
    return Made(made, copying.objects, copying.bytes, copying.looks, dropped, sorted(damaged))


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
    if not (settings.home / "home.json").is_file():
        raise UsageError(f"{settings.home} is no home of Njia yet. `njia refresh` makes it.")
    refuse_unencrypted(settings, folder)
    mark = settings.home / RESTORED
    if mark.is_file() and not read_json(mark)["is_whole"]:
        raise UsageError(f"A restore into {settings.home} was interrupted. Run it again before a backup.")


def refuse_unencrypted(settings: Settings, folder: Path) -> None:
    """Raise UsageError where the installation requires an encrypted volume, and the backup lies on none."""
    require_encrypted_volume(replace(settings, home=folder))


@dataclass
class _Copying:
    settings: Settings
    store: Store
    last: FileList | None
    progress: Progress
    taken: dict[str, Entry] = field(default_factory=dict)
    keys: tuple[str, str] = ("", "")
    objects: int = 0
    bytes: int = 0
    looks: int = 0
    damaged: set[str] = field(default_factory=set)

    def until_nothing_changes(self) -> Seen:
        seen = look(self.settings)
        while self.looks < LOOKS:
            self.looks += 1
            is_complete = self._copy(seen)
            durable.make_folder(self.settings.decisions, 0o700)
            with held_if_free(self.settings.decisions / ".lock") as is_free:
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

    def _copy(self, seen: Seen) -> bool:
        """Copy what is new; return whether everything was copied as it was seen."""
        self.taken = {path: entry for path, entry in self.taken.items() if path in seen.files}
        todo = [path for path, stamp in seen.files.items() if not self._is_taken(path, stamp)]
        for number, path in enumerate(todo, start=1):
            self.progress(number, len(todo))
            try:
                self.taken[path] = self._entry(path, seen.files[path])
            except (Changed, FileNotFoundError):
                self.taken.pop(path, None)
        try:
            self.keys = self._copied_keys(seen)
        except FileNotFoundError:  # a key is being replaced
            return False
        return self.taken.keys() == seen.files.keys()

    def _is_taken(self, path: str, stamp: tuple[int, int, int]) -> bool:
        return path in self.taken and self.taken[path].stamp == stamp

    def _entry(self, path: str, stamp: tuple[int, int, int]) -> Entry:
        file = self.settings.home / path
        before = self.last.files.get(path) if self.last else None
        status = file.stat()
        size, mode = status.st_size, status.st_mode & 0o777
        if is_sqlite(path):
            try:
                return Entry(self._copied_database(file), size, mode, stamp)
            except sqlite3.Error:
                self.damaged.add(path)  # taken as it is
        digest = sha256_of(file)
        if before and before.stamp == stamp and digest != (before.sealed or before.sha256):
            # No program wrote the file, and yet its content is another: its disk has damaged it.
            self.damaged.add(path)
            return before._replace(mode=mode)
        if path.startswith("inbox/"):
            entry = Entry(self._sealed(file, digest, before), size, mode, stamp, digest)
        else:
            self._add(file, digest)
            entry = Entry(digest, size, mode, stamp)
        if stamp_of(file) != stamp and not is_sqlite(path):
            raise Changed
        return entry

    def _add(self, file: Path, digest: str) -> None:
        if self.store.add(file, digest):
            self.objects += 1
            self.bytes += file.stat().st_size

    def _sealed(self, file: Path, digest: str, before: Entry | None) -> str:
        """Encrypt a file that is not minimised yet to the stewards; return the hash of what that gives."""
        if before and before.sealed == digest and self.store.has(before.sha256):
            return before.sha256
        return self._by_way_of(lambda partial: pyrage.encrypt_file(str(file), str(partial), self._recipients))

    def _copied_database(self, file: Path) -> str:
        def copy(partial: Path) -> None:
            with (
                closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=30)) as source,
                closing(sqlite3.connect(partial)) as copied,
            ):
                source.backup(copied)

        return self._by_way_of(copy)

    def _by_way_of(self, write: Any) -> str:
        partial = self.store.objects_folder / f"{PARTIAL}object"
        durable.remove(partial)
        try:
            write(partial)
            digest = sha256_of(partial)
            self._add(partial, digest)
        finally:
            durable.remove(partial)
        return digest

    @property
    def _recipients(self) -> list[pyrage.x25519.Recipient]:
        recipient = load_keys(self.settings.keys).stewards_recipient
        try:
            return [pyrage.x25519.Recipient.from_str(recipient)]
        except pyrage.RecipientError:
            raise UsageError(
                f"{self.settings.keys / STEWARDS_RECIPIENT} holds no age recipient (age1…), so the keys "
                "cannot be encrypted. Put the stewards' public key there."
            ) from None

    def _copied_keys(self, seen: Seen) -> tuple[str, str]:
        """Encrypt the keys folder whole: keys, passwords and tokens of sources."""
        folder = self.settings.keys
        files = {name: folder / name for name in seen.keys}
        held = {
            name: [
                (folder / name).stat().st_mode & 0o777,
                base64.b64encode((folder / name).read_bytes()).decode(),
            ]
            for name, file in files.items()
        }
        content = json.dumps(held, sort_keys=True).encode()
        # The hash gives nothing away: the content has some hundred random bytes.
        digest = hashlib.sha256(content).hexdigest()
        for known in (self.keys, self.last.keys if self.last else ("", "")):
            if known[1] == digest and self.store.has(known[0]):
                return known
        return self.store.add_bytes(pyrage.encrypt(content, self._recipients)), digest
