"""The original file, encrypted (age) to the stewards' public key. Only their private key opens it again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyrage

from orchestration.core import STEWARDS_RECIPIENT, UsageError, replacing


def sealed_path(folder: Path, partner: str, extract_id: str) -> Path:
    return folder / partner / f"{extract_id}.age"


def seal(original: Path, folder: Path, partner: str, extract_id: str, recipient: str) -> Path:
    """Encrypt a file in a stream and sync it; the name says nothing of the original's name."""
    try:
        key = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise UsageError(
            f"The stewards' key in {STEWARDS_RECIPIENT} is no age recipient (age1…). Put the public key "
            "there."
        ) from None
    path = sealed_path(folder, partner, extract_id)
    with replacing(path) as partial:
        pyrage.encrypt_file(str(original), str(partial), [key])
    return path


@contextmanager
def opened(sealed: Path, private_key: str, suffix: str = "") -> Iterator[Path]:
    """Give a path at which the original can be read while the block lasts; raises UsageError."""
    identities = identities_of(private_key)
    with in_memory(f"original{suffix}") as path:
        _decrypt(sealed, path, identities)
        yield path


@contextmanager
def in_memory(name: str) -> Iterator[Path]:
    """Give a path for a file that nobody may find afterwards.

    Its bytes lie in memory that ends with this process, however it ends: a crash leaves an empty folder with
    a link to nothing. (Memory may be swapped out: encrypt the swap.) Where the system knows no such memory,
    they lie in a folder that only this account reads, and a crash leaves them there.
    """
    with tempfile.TemporaryDirectory(prefix="njia-") as folder:  # 0700
        path = Path(folder) / name
        handle = os.memfd_create("original") if hasattr(os, "memfd_create") else None
        try:
            if handle is not None:
                path.symlink_to(f"/proc/{os.getpid()}/fd/{handle}")
            yield path
        finally:
            if handle is not None:
                os.close(handle)


def identities_of(private_key: str) -> list[pyrage.x25519.Identity]:
    """The keys in a text: lines `AGE-SECRET-KEY-1…`, alone or among the comments that age writes.

    More than one, as age's own files may hold: after a rotation, originals may be sealed to an older key.
    """
    lines = [line.strip() for line in private_key.splitlines()]
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError:
        keys = []
    if keys:
        return keys
    raise UsageError("This is no private key of age: a line that begins with AGE-SECRET-KEY-1 is needed.")


def _decrypt(sealed: Path, path: Path, identities: list[pyrage.x25519.Identity]) -> None:
    try:
        pyrage.decrypt_file(str(sealed), str(path), identities)
    except (pyrage.DecryptError, OSError) as error:
        if isinstance(error, OSError) and error.errno:  # the system's own; pyrage raises it without a number
            raise
        if "No matching keys" in str(error):
            raise UsageError(
                f"This key does not open {sealed.name}. It was sealed to another key, or its beginning is "
                "damaged."
            ) from None
        raise UsageError(
            f"{sealed.name} is damaged: it cannot be opened whole. Restore it from a backup."
        ) from None
