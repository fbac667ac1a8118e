"""Crash-safe files: all of Njia's own writing to what it keeps passes here.

When a call returns, its change is on the disk: the content of the file and the entry of its folder. A power
cut before that leaves the old state or the new one. What can be made again (`work/`, temporary folders)
need not pass; other programs' files (DuckDB, Parquet, age) are written to the path that `replacing` yields.
"""

import hashlib
import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PARTIAL = ".tmp-"
_NAME_KEPT = 60  # characters, so that a partial name is no longer than file systems allow


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; after the block, sync it and rename it over `path`."""
    make_folder(path.parent)
    with _partial(path) as partial:
        yield partial
        sync(partial)
        rename(partial, path)


@contextmanager
def _partial(path: Path) -> Iterator[Path]:
    """Yield a path of this writer alone: two that write the same file do not write into each other's."""
    partial = path.with_name(f"{PARTIAL}{secrets.token_hex(4)}-{path.name[-_NAME_KEPT:]}")
    try:
        yield partial
    finally:
        with suppress(FileNotFoundError):
            os.unlink(partial)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes, mode: int = 0o666) -> None:
    with replacing(path) as partial:
        write_new(partial, content, mode)


def keep_last_lines(path: Path, number: int, also: Collection[bytes] = ()) -> int:
    """Drop all but the last lines of a file and those of `also`; return how many were dropped.

    Does nothing until a tenth more stand there.
    """
    lines = [line for line in path.read_bytes().split(b"\n") if line] if path.is_file() else []
    if len(lines) <= number + number // 10:
        return 0
    kept = [line for line in lines[:-number] if line in also] + lines[-number:]
    write_bytes(path, b"".join(line + b"\n" for line in kept))
    return len(lines) - len(kept)


def write_secret(path: Path, text: str) -> None:
    """Write a line to a new file (mode 0600), whole or not at all; raises FileExistsError where it exists."""
    with _partial(path) as partial:
        write_new(partial, f"{text}\n".encode(), 0o600)
        sync(partial)
        place(partial, path)


def append_line(path: Path, line: str, mode: int = 0o666) -> None:
    """Append a line; half a line, which a crash left before it was reported as written, is removed first."""
    make_folder(path.parent)
    is_new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT, mode)
    try:
        end = _end_of_whole_lines(handle)
        os.ftruncate(handle, end)
        os.lseek(handle, end, os.SEEK_SET)
        try:
            with _naming(path):
                _write_all(handle, f"{line}\n".encode())
                os.fsync(handle)
        except OSError:
            with suppress(OSError):
                os.ftruncate(handle, end)
            raise
    finally:
        os.close(handle)
    if is_new:
        sync(path.parent)


def rename(source: Path, target: Path) -> None:
    """Rename a file or folder; a file of that name is replaced, a folder must be empty."""
    os.replace(source, target)
    sync(target.parent)
    if source.parent != target.parent:
        sync(source.parent)


def place(source: Path, target: Path) -> None:
    """Rename a file to a name that is free; raises FileExistsError where it is taken.

    A rename would replace what is there, a hard link fails. File systems without hard links leave a moment
    between looking and renaming.
    """
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        rename(source, target)
        return
    sync(target.parent)
    remove(source)


def copy(source: Path, target: Path) -> None:
    """Give a file that is never changed in place a second name, or copy it; the target must not exist."""
    make_folder(target.parent)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)
        sync(target)
    sync(target.parent)


def point(link: Path, target: Path) -> None:
    """Make a symbolic link or point it elsewhere, in one step. The caller holds a lock."""
    fresh = link.with_name(f"{PARTIAL}{link.name}")
    with suppress(FileNotFoundError):
        os.unlink(fresh)
    os.symlink(target, fresh)
    try:
        rename(fresh, link)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(fresh)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder, and those above it, where it is missing."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        os.mkdir(folder, mode)
    except FileExistsError:
        if not folder.is_dir():
            raise
    sync(folder.parent)


def remove(path: Path) -> None:
    """Remove a file; one that is gone is no error."""
    with suppress(FileNotFoundError):
        os.unlink(path)
        sync(path.parent)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all it holds; one that is gone is no error."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
        sync(folder.parent)


def remove_empty_folder(folder: Path) -> None:
    """Remove a folder unless something lies in it."""
    with suppress(OSError):
        os.rmdir(folder)
        sync(folder.parent)


def set_mode(path: Path, mode: int) -> None:
    os.chmod(path, mode)
    sync(path)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Force a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        with _naming(path):
            os.fsync(handle)
    finally:
        os.close(handle)


def write_new(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a new file, which the caller syncs: the path that `replacing` yields."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with _naming(path):
            _write_all(handle, content)
    finally:
        os.close(handle)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the file in an error of its handle: the system does not."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise


def _write_all(handle: int, content: bytes) -> None:
    """Write to the end: a system call may take a part of what it is given."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _end_of_whole_lines(handle: int) -> int:
    size = os.fstat(handle).st_size
    if not size or os.pread(handle, 1, size - 1) == b"\n":
        return size
    return os.pread(handle, size, 0).rfind(b"\n") + 1
