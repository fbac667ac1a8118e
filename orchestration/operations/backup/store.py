"""The folder of a backup: objects named by the hash of their content, and signed lists that name them.

`objects/ab/<sha256>` is complete or absent, and never overwritten. `lists/<UTC time>-<8 hex>.json` describes
one moment of a home; its signature, `.sig` beside it, is written first. What a list describes: `making`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from orchestration.core import (
    PARTIAL,
    NjiaError,
    PublicKey,
    ReleaseKey,
    UsageError,
    disk_fault,
    durable,
    held_if_free,
    replacing,
    sha256_of,
    write_bytes,
)

FORMAT = 1
LISTS, OBJECTS = "lists", "objects"
SIGNATURE = ".sig"
_DAMAGED = ".damaged-"  # an object that was found damaged; the next backup writes it again, and drops this

Progress = Callable[[int, int], None]
Stamp = tuple[int, int, int]  # bytes, time of the last write (ns) and inode of a file


class BackupDamaged(NjiaError):
    """A list or an object is damaged or missing."""

    exit_code = 6


class Entry(NamedTuple):
    """A file in a list. `sha256`: of its object; `sealed`: of the file, where the object is encrypted."""

    sha256: str
    bytes: int
    mode: int
    stamp: Stamp
    sealed: str | None = None


@dataclass(frozen=True)
class FileList:
    """One moment of a home: files by path below it, folders with their modes, the target of `current`.

    `keys`: the object that holds the keys, encrypted, and the hash of what is in it.
    """

    name: str
    made_at: datetime
    layout: int
    njia: str
    signed_by: str
    files: dict[str, Entry]
    folders: dict[str, int]
    current: str | None
    keys: tuple[str, str]
    raw: bytes
    signature: bytes

    @classmethod
    def read(cls, path: Path) -> FileList:
        """Raise ValueError, KeyError or TypeError for what is no list of a format that this version reads."""
        raw, signature = path.read_bytes(), path.with_suffix(SIGNATURE)
        content = json.loads(raw)
        if content["format"] != FORMAT or not all(map(is_below, [*content["files"], *content["folders"]])):
            raise ValueError
        return cls(
            path.stem,
            datetime.fromisoformat(content["made_at"]),
            int(content["layout"]),
            str(content["njia"]),
            str(content["signed_by"]),
            {
                name: Entry(one[0], one[1], one[2], (one[3][0], one[3][1], one[3][2]), one[4])
                for name, one in content["files"].items()
            },
            content["folders"],
            content["current"],
            tuple(content["keys"]),
            raw,
            signature.read_bytes() if signature.is_file() else b"",
        )

    def is_signed(self, keys: Sequence[PublicKey]) -> bool:
        return any(key.has_signed(self.raw, self.signature) for key in keys)

    @property
    def objects(self) -> dict[str, str]:
        """Return the objects that the list names, each with the path of a file that it holds."""
        return {self.keys[0]: "the keys"} | {entry.sha256: path for path, entry in self.files.items()}


class Store:
    """One folder. Its lists and objects are for this account only: they hold what the home holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.lists_folder, self.objects_folder = self.folder / LISTS, self.folder / OBJECTS

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder for one backup, and sweep what a killed one left."""
        for folder in (self.lists_folder, self.objects_folder):
            durable.make_folder(folder, 0o700)
            durable.set_mode(folder, 0o700)
        with held_if_free(self.folder / ".lock") as is_free:
            if not is_free:
                raise UsageError(f"Another backup into {self.folder} runs. Try again when it has ended.")
            for partial in (
                *self.objects_folder.rglob(f"{PARTIAL}*"),
                *self.lists_folder.glob(f"{PARTIAL}*"),
            ):
                durable.remove(partial)
            yield

    def object(self, digest: str) -> Path:
        return self.objects_folder / digest[:2] / digest

    def has(self, digest: str) -> bool:
        return self.object(digest).is_file()

    def is_whole(self, digest: str) -> bool:
        return self.has(digest) and sha256_of(self.object(digest)) == digest

    def add(self, source: Path, digest: str) -> bool:
        """Copy a file with this hash, and return whether it was new. Raises Changed where it has another."""
        path = self.object(digest)
        if path.is_file() and path.stat().st_size == source.stat().st_size:
            return False
        durable.make_folder(path.parent, 0o700)
        with replacing(path) as partial:
            shutil.copyfile(source, partial)
            durable.set_mode(partial, 0o600)
            if sha256_of(partial) != digest:
                raise Changed
        return True

    def add_bytes(self, content: bytes) -> str:
        digest = sha256(content).hexdigest()
        durable.make_folder(self.object(digest).parent, 0o700)
        write_bytes(self.object(digest), content, 0o600)
        return digest

    def add_list(self, content: dict[str, Any], key: ReleaseKey, now: datetime) -> FileList:
        raw = (json.dumps(content, sort_keys=True, indent=0) + "\n").encode()
        path = self.lists_folder / f"{now:%Y%m%dT%H%M%SZ}-{sha256(raw).hexdigest()[:8]}.json"
        write_bytes(path.with_suffix(SIGNATURE), key.sign(raw), 0o600)
        write_bytes(path, raw, 0o600)
        return FileList.read(path)

    def names(self) -> list[str]:
        """Return the names of all lists, newest first."""
        return sorted((path.stem for path in self.lists_folder.glob("[!.]*.json")), reverse=True)

    def read(self, name: str) -> FileList | None:
        """Return a list; None where it cannot be read."""
        try:
            return FileList.read(self.lists_folder / f"{name}.json")
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            return None

    def lists(self) -> list[FileList]:
        """Return the lists that can be read, newest first."""
        return [one for one in map(self.read, self.names()) if one]

    def prune(self, now: datetime, keep: timedelta) -> int:
        """Remove older lists, and objects that no list names; return how many lists went."""
        old = [name for name in self.names() if _time_of(name) < now - keep]
        for name in old:
            durable.remove(self.lists_folder / f"{name}.json")
        for signature in self.lists_folder.glob(f"*{SIGNATURE}"):
            if not signature.with_suffix(".json").exists():
                durable.remove(signature)
        lists = self.lists()
        if len(lists) == len(self.names()):  # otherwise it is not known what a list names
            named = {digest for one in lists for digest in one.objects}
            for path in self.objects_folder.glob("*/*"):
                if path.name not in named:
                    durable.remove(path)
        return len(old)

    def shut_away(self, digest: str) -> None:
        """Take a damaged object away, so that the next backup writes it again."""
        path = self.object(digest)
        with suppress(OSError):  # missing, or a folder that this account may only read
            durable.rename(path, path.with_name(f"{_DAMAGED}{digest}"))


class Changed(Exception):
    """A file was written while it was copied."""


@dataclass(frozen=True)
class Verified:
    """`faults`: a sentence for each damaged list or object."""

    lists: int
    objects: int
    bytes: int
    faults: list[str]


def verify_backup(
    store: Store, keys: Sequence[PublicKey], progress: Progress = lambda done, of: None
) -> Verified:
    """Check every list's signature, that its objects are there, and every object's hash."""
    faults: list[str] = []
    owners: dict[str, tuple[str, str]] = {}
    for name in store.names():
        one = store.read(name)
        if one is None:
            faults.append(f"The list {name} is damaged, or of a later version of Njia.")
        elif not one.is_signed(keys):
            ids = ", ".join(key.id for key in keys)
            faults.append(
                f"The list {name} is not signed by the key {ids}: it was changed, or it is of another key "
                f"({one.signed_by}); give its release.pub with --key."
            )
        else:
            # The newest list that names an object comes last.
            owners |= {digest: (path, name) for digest, path in one.objects.items() if digest not in owners}
    size = 0
    for number, (digest, (path, name)) in enumerate(sorted(owners.items()), start=1):
        progress(number, len(owners))
        there = store.has(digest)
        if there and store.is_whole(digest):
            size += store.object(digest).stat().st_size
            continue
        store.shut_away(digest)
        what = "damaged" if there else "missing"
        faults.append(f"{shown(path)} of the list {name}: its object {digest[:12]}… is {what}.")
    return Verified(len(store.names()), len(owners), size, faults)


def is_below(name: str) -> bool:
    """Return whether a path of a list stays in the home: a list may have been forged."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.as_posix() == name


def shown(path: str) -> str:
    """Return a path of a list for people; the name of a partner's file may be that of a person."""
    if not path.startswith("inbox/"):
        return path
    from orchestration.intake import shown_file

    folder, _, name = path.rpartition("/")
    return f"{folder}/{shown_file(name)}"


@contextmanager
def naming_a_full_disk(folder: Path) -> Iterator[None]:
    """Turn the error of a full disk, of whatever library, into the sentence that names this disk."""
    try:
        yield
    except Exception as error:
        if fault := disk_fault(error, folder):
            raise fault from None
        raise


def _time_of(name: str) -> datetime:
    try:
        return datetime.strptime(name.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:  # no list of ours
        return datetime.max.replace(tzinfo=UTC)
