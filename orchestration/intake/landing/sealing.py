"""Encrypt original files (age) to the stewards' public key, and open them with their private key."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyrage

from orchestration.core import UsageError, summed


def sealed_path(folder: Path, partner: str, extract_id: str) -> Path:
    return folder / partner / f"{extract_id}.age"


def seal(original: Path, folder: Path, partner: str, extract_id: str, recipient: str) -> None:
    """Encrypt a file in a stream and sync it, under a name that hides the original's name."""
    with summed(sealed_path(folder, partner, extract_id)) as partial:
        pyrage.encrypt_file(str(original), str(partial), [pyrage.x25519.Recipient.from_str(recipient)])


@contextmanager
def opened(sealed: Path, private_key: str, suffix: str = "") -> Iterator[Path]:
    """Yield a path where the decrypted original can be read within the block; raise UsageError."""
    identities = identities_of(private_key)
    with in_memory(f"original{suffix}") as path:
        try:
            pyrage.decrypt_file(str(sealed), str(path), identities)
        except (pyrage.DecryptError, OSError) as error:
            if isinstance(error, OSError) and error.errno:  # of the system: pyrage's own have no number
                raise
            if "No matching keys" in str(error):
                raise UsageError(
                    f"This key does not open {sealed.name}: it is sealed to another key, or its beginning is "
                    "damaged."
                ) from None
            raise UsageError(
                f"{sealed.name} is damaged and cannot be decrypted. Restore it from a backup."
            ) from None
        yield path


@contextmanager
def in_memory(name: str) -> Iterator[Path]:
    """Yield a path for a file that must leave no trace.

    Its bytes lie in memory of this process; a crash leaves only an empty folder with a dead link. (Memory may
    be swapped out: encrypt the swap.) On systems without such memory they lie in a folder readable by this
    account only, and a crash leaves them there.
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
    """Parse the private keys of a text: lines `AGE-SECRET-KEY-1…`, with or without age's comments.

    There may be several, because originals may still be sealed to a key from before a rotation.
    """
    lines = [line.strip() for line in private_key.splitlines()]
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError:
        keys = []
    if keys:
        return keys
    raise UsageError("This is not an age private key: it needs a line that begins with AGE-SECRET-KEY-1.")
