"""Backups by restic: made of one moment of the home, and restored without the records forgotten since.

restic encrypts, verifies and prunes, and reaches folders, SFTP, S3 and more. Njia holds the lock, names what
belongs in, and gives it to restic as a folder of links that is laid out like a home. Snapshots carry the host
`njia` and a tag of the home, so that only the home's own are pruned.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from orchestration import intake
from orchestration.core import (
    HOME_JSON,
    MachineFault,
    NjiaError,
    RefreshLock,
    RefreshRunning,
    Settings,
    UsageError,
    check_home,
    durable,
    escaped,
    forget_work,
    full_disk,
    load_keys,
    locked_folder,
    partners_with_tombstones,
    unite,
    write_json,
)
from orchestration.operations import forget
from orchestration.operations.check import Fault, check_files, files_of, kind_of, place_of
from orchestration.operations.proofs import lost_marks
from orchestration.operations.rotation import finish_rotations
from orchestration.stewardship import copy_database

KEEP = "35d"
NIGHTS = 28  # in which every byte of the repository is read once
HOST = "njia"
SECONDS_TO_WAIT = 30
_LOCKED = "already locked"  # restic's words
INCOMPLETE = 3  # restic's exit code after a backup that lacks files

Say = Callable[[str], None]


@dataclass(frozen=True)
class Made:
    """A backup: its snapshot, all files with their bytes, and the bytes that were new."""

    snapshot: str
    made_at: str
    files: int
    bytes: int
    new_bytes: int


@dataclass(frozen=True)
class Restored:
    """A restored home. `erased`: number of forgotten records; `faults`: what its check found."""

    snapshot: str
    made_at: datetime
    erased: int
    faults: list[Fault]


@dataclass(frozen=True)
class _Snapshot:
    id: str
    time: datetime
    tags: frozenset[str]


class _NoRepository(UsageError):
    """There is no repository at this place."""


class _Restic:
    """restic with the password of the installation and a repository; None: the one of RESTIC_REPOSITORY."""

    def __init__(self, settings: Settings, repository: str | None, disk: Path) -> None:
        if shutil.which("restic") is None:
            raise UsageError("Backups are made by restic, which is missing. Run: apt-get install restic")
        path = settings.backup_password
        if path is None or not path.is_file():
            found = f"{path} is no file" if path else "NJIA_BACKUP_PASSWORD_FILE is not set"
            raise UsageError(
                f"{found}. Put a long password into a file outside the home, and name it there. Keep a copy "
                "elsewhere: without it no backup can be opened."
            )
        if path.is_relative_to(settings.home) or path.is_relative_to(settings.keys):
            raise UsageError(
                f"Move {path} out of the home and the keys' folder: whoever has one has the other."
            )
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise UsageError(f"Other accounts may read {path}. Close it:\n  chmod 600 '{path}'")
        self.password = path
        self.folder = local_folder(repository)
        place = str(self.folder or repository)
        self.options = ["--password-file", str(self.password), *(["--repo", place] if repository else [])]
        self.disk = disk

    def run(self, command: str, *arguments: str | Path, cwd: Path | None = None) -> str:
        """Return what restic prints; raises NjiaError. What it says of a home's files is never shown."""
        ran = self._ran(command, *arguments, cwd=cwd)
        if ran.returncode and _LOCKED in ran.stderr:
            self._ran("unlock")  # removes what a killed restic of this host left, and no other lock
            ran = self._ran(command, *arguments, cwd=cwd)
        if ran.returncode == 0:
            return ran.stdout
        raise self._fault(command, ran.returncode, ran.stdout + ran.stderr)

    def _ran(self, *arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        command, *more = map(str, arguments)
        return subprocess.run(  # noqa: S603
            ["restic", command, *self.options, *more],  # noqa: S607
            cwd=cwd,
            capture_output=True,
            text=True,
            errors="replace",
        )

    def snapshots(self) -> list[_Snapshot]:
        """Return the snapshots of homes, oldest first."""
        listed = json.loads(self.run("snapshots", "--host", HOST, "--json")) or []
        found = [
            _Snapshot(entry["id"], datetime.fromisoformat(entry["time"]), frozenset(entry.get("tags") or ()))
            for entry in listed
        ]
        return sorted(found, key=lambda snapshot: snapshot.time)

    def _fault(self, command: str, code: int, said: str) -> NjiaError:
        where = self.folder or "the repository"
        if "wrong password or no key found" in said:
            return UsageError(f"The password in {self.password} does not open {where}.")
        if "Is there a repository at the following location" in said:
            return _NoRepository(f"There is no repository of restic at {self.folder or 'this place'}.")
        if "Please specify repository location" in said:
            return UsageError("Name the repository of the backups, or set RESTIC_REPOSITORY.")
        if _LOCKED in said:
            return RefreshRunning(f"Another restic works in {where}. Try again when it has ended.")
        if re.search("no space left on device|disk quota exceeded", said):
            return full_disk(self.disk, *([self.folder] if self.folder and command != "restore" else []))
        if command == "check":
            return MachineFault(
                f"restic finds damage in {where}. The home is whole: make a repository on another disk, and "
                "see `restic repair --help` for this one."
            )
        if command == "backup" and code == INCOMPLETE:
            return MachineFault(
                "The backup lacks files that could not be read. `njia check` names them and what mends them."
            )
        last = said.strip().splitlines()[-1:] if command not in ("backup", "restore") else []
        reason = f": {escaped(last[0])}" if last else f" with exit code {code}."
        return NjiaError(f"restic ended its command `{command}`{reason}")


def local_folder(repository: str | None) -> Path | None:
    """Return the folder of a repository that lies on this machine, None for any other."""
    if repository and not re.match("(?!local:)[a-z0-9]+:", repository):
        return Path(repository.removeprefix("local:")).absolute()
    return None


def make_backup(settings: Settings, repository: str | None, say: Say = lambda step: None) -> Made:
    """Back up the home, drop snapshots older than KEEP and verify the repository.

    Raises UsageError for wrong use, RefreshRunning while another process holds the lock, MachineFault for a
    full disk and for damage.
    """
    if not (settings.home / HOME_JSON).is_file():
        raise UsageError(f"{settings.home} is no home of Njia yet. `njia refresh` makes it.")
    folder = local_folder(repository)
    if folder and (folder.is_relative_to(settings.home) or settings.home.is_relative_to(folder)):
        raise UsageError(f"{folder} cannot hold backups of {settings.home}: choose a folder on another disk.")
    restic = _Restic(settings, repository, folder or settings.home)
    lock = RefreshLock(settings)
    lock.take("backup")
    try:
        finish_rotations(settings)  # a snapshot holds no half of one
        of_home = "--host", HOST, "--tag", f"njia-{load_keys(settings).ids['record']}"
        with _links(settings, say) as links:
            say("Copying")
            asked = "backup", ".", *of_home, "--ignore-ctime", "--json"
            try:
                said = restic.run(*asked, cwd=links)
            except _NoRepository as error:
                if settings.last_backup.is_file():
                    raise UsageError(
                        f"{error} Earlier backups lie elsewhere. Is the disk mounted? `restic init` makes a "
                        "new one."
                    ) from None
                restic.run("init")
                said = restic.run(*asked, cwd=links)
        summary = json.loads(said.splitlines()[-1])
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(settings.last_backup, {"made_at": made_at, "snapshot": summary["snapshot_id"]})
        say(f"Removing what is older than {KEEP}")
        # Unused data goes too: it may be of forgotten records.
        older = "--group-by", "host,tags", "--keep-within", KEEP, "--prune", "--max-unused", "0"
        restic.run("forget", *of_home, *older)
        say("Verifying")
        restic.run("check", f"--read-data-subset={datetime.now(UTC).toordinal() % NIGHTS + 1}/{NIGHTS}")
    finally:
        lock.release()
    sizes = (summary[name] for name in ("total_files_processed", "total_bytes_processed", "data_added"))
    return Made(summary["snapshot_id"], made_at, *sizes)


def restore(
    settings: Settings,
    repository: str | None,
    folder: Path,
    name: str | None = None,
    private_key: str | None = None,
    say: Say = lambda step: None,
) -> Restored:
    """Restore the newest snapshot, or the one named, into a new folder, and check it.

    Records are forgotten in it that are by the marks of the present home or of the newest snapshot; without
    these marks nothing is restored. The folder appears when all is done.
    """
    folder = folder.resolve()
    if folder.is_mount():
        raise UsageError(f"{folder} is a disk. Name a new folder on it.")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(
            f"{folder} is not empty, and a restore replaces nothing. Name a new folder; then copy single "
            "files from it, or put it in the place of the home."
        )
    if not folder.parent.is_dir():
        raise UsageError(f"There is no folder {folder.parent}.")
    if folder != settings.home and folder.is_relative_to(settings.home):
        raise UsageError(f"{folder} lies in the home {settings.home}. Name a folder outside of it.")
    partial = folder.with_name(f".restoring-{folder.name}")
    new = replace(settings, home=partial, keys=partial / "keys")
    restic = _Restic(settings, repository, partial.parent)
    lock = RefreshLock(settings)
    is_home = (settings.home / HOME_JSON).is_file()
    if is_home:  # else nobody forgets a record in it meanwhile
        lock.take("restore")
    try:
        say("Opening the repository")
        chosen, newest = _chosen(restic.snapshots(), name)
        durable.remove_folder(partial)
        durable.make_folder(partial)
        say("Copying")
        restic.run("restore", chosen.id, "--target", partial)
        marks = new
        if newest is not chosen:
            marks = replace(new, home=new.work / "newest")
            only = (f"--include=/{name}" for name in ("forgotten", "audit", "njia.db"))
            restic.run("restore", newest.id, "--target", marks.home, *only)
        check_home(new, "write to")
        _unite_marks(new, [marks, *([settings] if is_home else [])])
        forget_work(new)
        say("Erasing what was forgotten")
        erased = forget.erase_again(new, load_keys(new), private_key, settings.as_of())
        say("Checking")
        faults = check_files(new).faults
        durable.rename(partial, folder)
    finally:
        durable.remove_folder(partial)
        lock.release()
    return Restored(chosen.id, chosen.time, sum(one.records for one in erased), faults)


@contextmanager
def _links(settings: Settings, say: Say) -> Iterator[Path]:
    """Yield a folder with all that belongs in a backup, laid out like a home, as of one moment."""
    folder = settings.backup_links
    busy = RefreshRunning("A message is being written for long. Try again in a moment.")
    durable.remove_folder(folder)
    try:
        say("Collecting")
        durable.make_folder(settings.notices, 0o700)
        with locked_folder(settings.notices, busy, SECONDS_TO_WAIT):
            # `audit/head` comes before `njia.db`: the line that it names is in the copy.
            for name, path in _belonging(settings):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                if path == settings.database:
                    copy_database(settings, folder / name)
                else:
                    _link(path, folder / name)
            for path in intake.partner_folders(settings):
                (folder / "inbox" / path.name).mkdir(parents=True, exist_ok=True)
            for parent, _, _ in os.walk(folder):
                shutil.copymode(place_of(settings, Path(parent).relative_to(folder).as_posix()), parent)
        yield folder
    finally:
        durable.remove_folder(folder)


def _belonging(settings: Settings) -> Iterator[tuple[str, Path]]:
    ready = set(intake.files_ready(settings))  # a file that is still written is not complete
    for name, path in files_of(settings):
        if kind_of(name).in_backup == "yes" and (not name.startswith("inbox/") or path in ready):
            yield name, path


def _link(path: Path, to: Path) -> None:
    """Link a file that is only ever replaced, copy any other: one that grows, on another disk."""
    if path.is_symlink() and path.is_dir():
        if path.name != "current":
            raise UsageError(f"{path} is a link to a folder, which no backup follows. Move the folder here.")
        to.symlink_to(path.readlink())
        return
    with suppress(FileNotFoundError):  # taken or removed meanwhile
        if path.suffix != ".jsonl" and not path.is_symlink():
            with suppress(OSError):
                os.link(path, to)
                return
        shutil.copy2(path, to)


def _chosen(snapshots: Sequence[_Snapshot], name: str | None) -> tuple[_Snapshot, _Snapshot]:
    """Return the snapshot to restore, and the newest of the same home."""
    fitting = [one for one in snapshots if name is None or one.id.startswith(name)]
    if not fitting:
        raise UsageError(
            f"The repository holds no snapshot {name or 'of a home'}. `restic snapshots` lists all."
        )
    chosen = fitting[-1]
    if len(fitting) > 1 and (name or any(one.tags != chosen.tags for one in fitting)):
        raise UsageError(
            "More than one snapshot fits. Name one with --snapshot: `restic snapshots` lists all."
        )
    return chosen, [one for one in snapshots if one.tags == chosen.tags][-1]


def _unite_marks(new: Settings, sources: Sequence[Settings]) -> None:
    """Add the marks of forgotten records from all sources; raises where one has lost some."""
    for source in sources:
        if lost := lost_marks(source):
            place = "The newest backup" if source.home.is_relative_to(new.home) else source.home
            raise NjiaError(
                f"{place} has lost marks of forgotten records ({', '.join(lost)}), which could come back. "
                "Nothing was restored. `njia check` names the file: put it back first."
            )
    for partner in {partner for source in sources for partner in partners_with_tombstones(source)}:
        unite(new, partner, [source.forgotten / f"{partner}.json" for source in sources])
