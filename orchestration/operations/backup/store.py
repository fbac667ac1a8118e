"""The folder of a backup: objects named by the hash of their content, and signed lists that name them.

`objects/ab/<sha256>` is complete or absent, and never overwritten. `lists/<UTC time>-<8 hex>.json` describes
one moment of a home; its signature, `.sig` beside it, is written first. What a list describes: `making`.
"""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from orchestration.core import (
    LAYOUT_VERSION,
    PARTIAL,
    NjiaError,
    PublicKey,
    ReleaseKey,
    Settings,
    UsageError,
    durable,
    held_if_free,
    read_json,
    refuse_earlier_layout,
    replacing,
    sha256_of,
    write_bytes,
)

FORMAT = 2
LISTS, OBJECTS = "lists", "objects"
SIGNATURE = ".sig"
WITH_KEY = "--key FILE"
RESTORED = "restored.json"  # in the home: a restore was interrupted, or has still to erase records
_DAMAGED = ".damaged-"  # an object that was found damaged; the next backup writes it again, and drops this

Progress = Callable[[int, int], None]
Stamp = tuple[int, int, int]  # bytes, time of the last write (ns) and inode of a file


class Entry(NamedTuple):
    """A file in a list. `sha256`: of its object; `plain`: of the file, where the object is encrypted."""

    sha256: str
    bytes: int
    mode: int
    stamp: Stamp
    plain: str | None = None

    @property
    def content(self) -> str:
        """The hash of the file."""
        return self.plain or self.sha256


@dataclass(frozen=True)
class FileList:
    """One moment of a home: files by name, folders with their modes, the target of `current`.

    `signed_by`: the public key, which proves nothing by itself. `secret`: objects that are encrypted to the
    stewards, by a keyed hash of what is in each; `names` is their files and entries, encrypted likewise.
    `home`: the id of the home's record key.
    """

    name: str
    raw: bytes
    signature: bytes
    made_at: datetime
    njia: str
    home: str
    signed_by: PublicKey
    files: dict[str, Entry]
    folders: dict[str, int]
    current: str | None
    secret: dict[str, str]
    names: str

    @classmethod
    def read(cls, path: Path) -> FileList:
        """Raise ValueError, KeyError or TypeError for what is no list, UsageError for an earlier layout."""
        raw, signature = path.read_bytes(), path.with_suffix(SIGNATURE)
        content = json.loads(raw)
        layout = content.pop("layout")
        refuse_earlier_layout(path, layout)
        is_newer = content.pop("format") != FORMAT or layout > LAYOUT_VERSION
        if is_newer or not all(map(_is_below, content["folders"])):
            raise ValueError
        content["made_at"] = datetime.fromisoformat(content["made_at"])
        if path.stem != _name_of(raw, content["made_at"]):  # an older one under a newer name
            raise ValueError
        content["signed_by"] = PublicKey.of_pem(content["signed_by"].encode())
        content["files"] = entries_of(content["files"])
        return cls(path.stem, raw, signature.read_bytes() if signature.is_file() else b"", **content)

    def is_signed(self, key: PublicKey) -> bool:
        return key.has_signed(self.raw, self.signature)

    @property
    def objects(self) -> dict[str, str]:
        """Return the objects that the list names, each with the name of a file that it holds."""
        secret = dict.fromkeys(self.secret.values(), "a key, or a file of the inbox,")
        return secret | {entry.sha256: name for name, entry in self.files.items()}


def entries_of(files: dict[str, Any]) -> dict[str, Entry]:
    """Return the entries of a list; raises ValueError for a name that no backup of a home has."""
    from orchestration.operations.check.kinds import (
        kind_of,
    )  # slow to load, and `njia status` reads this module

    if not all(_is_below(name) and kind_of(name).in_backup for name in files):
        raise ValueError
    return {
        name: Entry(sha256, size, mode & 0o777, (stamp[0], stamp[1], stamp[2]), plain)
        for name, (sha256, size, mode, stamp, plain) in files.items()
    }


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

    def add_list(self, content: dict[str, Any], key: ReleaseKey, now: datetime) -> FileList:
        read_by = {"format": FORMAT, "layout": LAYOUT_VERSION, "signed_by": key.public.pem.decode()}
        content = content | read_by
        raw = (json.dumps(content, sort_keys=True, indent=0) + "\n").encode()
        path = self.lists_folder / f"{_name_of(raw, now)}.json"
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
            faults.append(f"The list {name} is damaged, or of another version of Njia.")
        elif not any(map(one.is_signed, keys)):
            faults.append(not_signed(one, keys[0], "--key"))
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
        faults.append(f"{path} of the list {name}: its object {digest[:12]}… is {what}.")
    return Verified(len(store.names()), len(owners), size, faults)


def not_signed(one: FileList, key: PublicKey, option: str) -> str:
    return (
        f"The list {one.name} is not signed by the key {key.id}: it was changed, or it is of another key "
        f"({one.signed_by.id}); give its release.pub with {option}."
    )


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of an ordinary file; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_size, status.st_mtime_ns, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def unfinished_restore(settings: Settings) -> str | None:
    """Return a sentence about a restore that was interrupted, with the command that ends it."""
    mark = settings.home / RESTORED
    noted = read_json(mark) if mark.is_file() else {"is_whole": True}
    if noted["is_whole"]:
        return None
    key = f" {WITH_KEY}" if noted.get("with_key") else ""
    return (
        f"A restore of {noted['list']} was interrupted, so this home is not complete. Run "
        f"`njia restore {noted['backup']} --at {noted['list']}{key}` again; it goes on from there."
    )


def refuse_unfinished_restore(settings: Settings) -> None:
    """Raise NjiaError where a restore was interrupted: what is missing must not be made anew."""
    if unfinished := unfinished_restore(settings):
        raise NjiaError(unfinished)


def _is_below(name: str) -> bool:
    """Return whether a path of a list stays in the home: a list may have been forged."""
    path = PurePosixPath(name)
    is_plain = name != "." and "\0" not in name and path.as_posix() == name
    return is_plain and not path.is_absolute() and ".." not in path.parts


def _name_of(raw: bytes, made_at: datetime) -> str:
    return f"{made_at:%Y%m%dT%H%M%SZ}-{sha256(raw).hexdigest()[:8]}"


def _time_of(name: str) -> datetime:
    try:
        return datetime.strptime(name.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:  # no list of ours
        return datetime.max.replace(tzinfo=UTC)
