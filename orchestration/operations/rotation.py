"""Replace a key that was lost, seen or is old: completely, or not at all.

The new key waits beside the old one (`.next`) while the files that depend on it are written beside the
present ones. Then home.json notes the check values of both keys, and the rename of the key is the commit
point. A kill before it changes nothing; after it, the next holder of the refresh lock finishes. The record
key is never rotated: WHY_NO_RECORD_KEY.

Does not belong here: the files that depend on each key (`rotation_stewards`, `rotation_link`,
`rotation_release`), and making the first keys (`core`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration import release
from orchestration.core import (
    LINK_KEY,
    RELEASE_KEY,
    STEWARDS_RECIPIENT,
    Settings,
    durable,
    expect_key,
    installed_public_key,
    is_replaced,
    read_json,
    settle_checks,
    write_json,
    write_public_part,
)

NEXT = ".next"
MARK = ".whole.json"  # lies in a waiting folder that is complete
WHY_NO_RECORD_KEY = (
    "The record key is not rotated. It turns the partner's reference, which is kept nowhere, into the "
    "record's id. With another key every id would change: decisions and marks of forgotten records would "
    "match no record, and forgotten records would come back. Who has seen the key can confirm a guessed "
    "reference, and with a copy of the home read the texts of places; keep both, and the members' edition, "
    "from them. For a new key, start a new home and "
    "have every extract sent again."
)


def waiting(path: Path) -> Path:
    """Return where the successor of a key or folder waits."""
    return path.with_name(path.name + NEXT)


@contextmanager
def rotating(settings: Settings, name: str, key: Path) -> Iterator[None]:
    """Commit the new key of this name if the block succeeds; otherwise leave everything as before.

    The block first writes `waiting(key)`, then everything that depends on it. The caller holds the refresh
    lock.
    """
    finish_rotations(settings)
    try:
        yield
        folder = _folders_by_key(settings).get(key.name)
        if folder and waiting(folder).is_dir():
            _mark_whole(waiting(folder), waiting(key))
        expect_key(settings, name, waiting(key))
        durable.rename(waiting(key), key)
    finally:
        finish_rotations(settings)


def finish_rotations(settings: Settings) -> None:
    """Complete or undo an interrupted rotation. The caller holds the refresh lock.

    A restored backup may date from the middle of a rotation. So a folder is put in place only if the
    installed key made it and it is complete.
    """
    for name, folder in _folders_by_key(settings).items():
        key, successor = settings.keys / name, waiting(folder)
        if successor.is_dir():
            if not waiting(key).exists() and _is_whole(successor, key):
                _put_in_place(folder)
            else:
                durable.remove_folder(successor)
        durable.remove(folder / MARK)
        durable.remove(waiting(key))
    _finish_signing(settings)
    settle_checks(settings)


def _folders_by_key(settings: Settings) -> dict[str, Path]:
    """Return the folder that depends on each key: its own place, where a link leads to another disk."""
    return {STEWARDS_RECIPIENT: settings.sealed.resolve(), LINK_KEY: settings.link_codes.resolve()}


def _mark_whole(folder: Path, key: Path) -> None:
    """Record which key made the folder and its files: the last step before the commit."""
    write_json(folder / MARK, {"key_sha256": _sha256_of(key), "files": _files_in(folder)})


def _is_whole(folder: Path, key: Path) -> bool:
    try:
        mark = read_json(folder / MARK)
        return bool(mark["key_sha256"] == _sha256_of(key) and set(mark["files"]) <= set(_files_in(folder)))
    except (FileNotFoundError, ValueError):  # no mark, no key, or half a mark, as a backup may have it
        return False


def _files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _sha256_of(key: Path) -> str:
    """Hash a key. That is safe, because it has 256 random bits or is public."""
    return hashlib.sha256(key.read_bytes()).hexdigest()


def _put_in_place(folder: Path) -> None:
    """Replace a folder by its successor. It is removed first, because a rename needs an empty target."""
    durable.remove_folder(folder)
    durable.rename(waiting(folder), folder)


def _finish_signing(settings: Settings) -> None:
    """Put the signatures of a new key in force, and its public part; drop those of a key that never came."""
    is_new = is_replaced(settings, "release")
    release.settle_signatures(settings, installed_public_key(settings) if is_new else None)
    durable.remove(waiting(settings.keys / RELEASE_KEY))
    if is_new:
        write_public_part(settings, replaces=True)
