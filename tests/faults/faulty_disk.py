"""A disk that fails at one call of `core.durable`, or loses at a power cut what was not synced.

Put in the place of `os` and `shutil` in that module: everything else in the process works on.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestration.core import durable

# A kill before the call; a power cut before it; a full disk and an error of the disk; a write that takes a part of
# what it is given; the same, with a power cut.
KILL, CUT, FULL, BROKEN, SHORT, TORN = FAULTS = ("kill", "cut", "full", "broken", "short", "torn")
GROWS = {"create", "write", "mkdir", "symlink", "link", "fsync", "replace"}
CALLS = {"fsync", "replace", "unlink", "rmdir", "mkdir", "symlink", "link", "chmod", "ftruncate", "write"}
# What is left as it is: it may be lost, or SQLite writes and syncs it itself.
MADE_AGAIN = ("work", "dagster", "njia.db", "njia.db-wal", "njia.db-shm")


def can_happen(fault: str, call: str) -> bool:
    """Whether a fault is one of this call: a write alone is shortened, a removal needs no room."""
    if fault in (SHORT, TORN):
        return call == "write"
    return call in GROWS if fault == FULL else True


def failed(number: int, args: tuple[Any, ...]) -> OSError:
    """Return the system's error, which names the file of a call unless that was given a handle."""
    return OSError(number, os.strerror(number), *([] if isinstance(args[0], int) else [str(args[0])]))


class FaultyDisk:
    """Counts the calls; at number `at` (from 1) the fault happens. `calls` are their names so far."""

    def __init__(self, home: Path, at: int = 0, fault: str = KILL) -> None:
        self.calls: list[str] = []
        self._at, self._fault, self._is_full = at, fault, False
        self._kept = Kept(home) if fault in (CUT, TORN) else None

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        # What is kept is noted here, so that nothing waits for the real disk.
        return self._counted(name, real if name != "fsync" else int) if name in CALLS else real

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        if not flags & os.O_CREAT:
            return os.open(path, flags, mode)
        return int(self._counted("create", os.open)(path, flags, mode))

    def rmtree(self, folder: Path) -> None:
        self._counted("rmtree", shutil.rmtree)(folder)

    def copy2(self, source: Path, target: Path) -> None:
        self._counted("create", shutil.copy2)(source, target)

    def install(self) -> None:
        setattr(durable, "os", self)  # noqa: B010
        setattr(durable, "shutil", self)  # noqa: B010

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            if self._is_full and name in GROWS - {"fsync", "replace"}:
                raise failed(errno.ENOSPC, args)
            if len(self.calls) == self._at:
                self._happen(name, call, args)
                if self._fault == SHORT and name == "write":
                    return os.write(args[0], bytes(args[1])[: max(1, len(args[1]) // 2)])
            answer = call(*args, **kwargs)
            if self._kept:
                self._kept.note(name, args)
            return answer

        return counted

    def _happen(self, name: str, call: Callable[..., Any], args: tuple[Any, ...]) -> None:
        if not can_happen(self._fault, name):
            return
        if self._fault == FULL:
            self._is_full = True
            raise failed(errno.ENOSPC, args)
        if self._fault == BROKEN:
            raise failed(errno.EIO, args)
        if self._fault == TORN:
            call(args[0], bytes(args[1])[: len(args[1]) // 2])
        if self._fault != SHORT:
            self.cut()

    def cut(self) -> None:
        """Lose what is not kept, and end this process."""
        if self._kept:
            self._kept.cut(with_contents=self._fault == TORN)
        os.kill(os.getpid(), signal.SIGKILL)


class Kept:
    """What a disk surely holds: contents of synced files, and entries of synced folders, by inode."""

    def __init__(self, home: Path) -> None:
        self._home, self._store = home, home.with_name(f"{home.name}-store")
        self._store.mkdir()
        self._folders: dict[int, dict[str, tuple[str, int | str]]] = {}
        self._sizes: dict[int, int] = {}
        for folder, names, files in os.walk(home):
            if Path(folder) == home:
                names[:] = [name for name in names if name not in MADE_AGAIN]
            self._list(Path(folder))
            for name in files:
                self._content(Path(folder, name))

    def note(self, call: str, args: tuple[Any, ...]) -> None:
        if call == "mkdir":
            self._folders[Path(args[0]).stat().st_ino] = {}
        if call == "fsync":
            path = Path(f"/proc/self/fd/{args[0]}").readlink()
            self._list(path) if path.is_dir() else self._content(path)

    def cut(self, with_contents: bool) -> None:
        """Write what is left to a folder beside the home; what is unsynced is empty, or there `with_contents`."""
        after = self._home.with_name(f"{self._home.name}-after")
        self._restore(self._home.stat().st_ino, after, with_contents)
        for name in MADE_AGAIN:
            if (self._home / name).exists():
                (self._home / name).rename(after / name)

    def _list(self, folder: Path) -> None:
        entries: dict[str, tuple[str, int | str]] = {}
        for path in folder.iterdir():
            if path.is_symlink():
                entries[path.name] = ("link", str(path.readlink()))
            elif path.is_dir():
                entries[path.name] = ("folder", path.stat().st_ino)
            else:
                entries[path.name] = ("file", path.stat().st_ino)
                self._keep(path)
        self._folders[folder.stat().st_ino] = entries

    def _content(self, path: Path) -> None:
        if path.is_file() and not path.is_symlink():
            self._keep(path)
            self._sizes[path.stat().st_ino] = path.stat().st_size

    def _keep(self, path: Path) -> None:
        kept = self._store / str(path.stat().st_ino)
        if not kept.exists():
            os.link(path, kept)

    def _restore(self, number: int, folder: Path, with_contents: bool) -> None:
        folder.mkdir()
        for name, (kind, what) in self._folders.get(number, {}).items():
            if kind == "link":
                (folder / name).symlink_to(what)
            elif kind == "folder" and name not in MADE_AGAIN:
                self._restore(int(what), folder / name, with_contents)
            elif kind == "file":
                kept = self._store / str(what)
                content = kept.read_bytes()
                (folder / name).write_bytes(
                    content if with_contents else content[: self._sizes.get(int(what), 0)]
                )
                shutil.copystat(kept, folder / name)
