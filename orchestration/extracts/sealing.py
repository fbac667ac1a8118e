"""The original file, encrypted (age) to the stewards' public key. Nobody here can open it again."""

from __future__ import annotations

from pathlib import Path

import pyrage

from orchestration.durable import replacing
from orchestration.errors import UsageError
from orchestration.keys import STEWARDS_RECIPIENT


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
