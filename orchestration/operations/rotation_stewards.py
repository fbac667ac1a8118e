"""Replace the stewards' key pair: seal originals to the new key if the old private key opens them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyrage

from orchestration import intake
from orchestration.core import (
    STEWARDS_RECIPIENT,
    Settings,
    UsageError,
    durable,
    note_sums,
    write_secret,
)
from orchestration.operations.rotation import rotating, waiting


@dataclass(frozen=True)
class Resealed:
    """Originals, as `partner/extract_id`, that are sealed to the new key, and those left alone."""

    resealed: tuple[str, ...]
    left: tuple[str, ...]


def rotate_stewards(
    settings: Settings,
    recipient: str,
    private_key: str | None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Resealed:
    """Put another recipient in force; with the old private key, seal the originals to it.

    Raises UsageError if the key opens none of them. Meanwhile the originals are on the disk twice. The caller
    holds the refresh lock.
    """
    key = settings.keys / STEWARDS_RECIPIENT
    _check_recipient(recipient)
    left: list[str] = []
    with rotating(settings, "stewards", key):
        originals = sorted(settings.sealed.glob("*/[!.]*.age"))
        write_secret(
            waiting(key), recipient
        )  # public, but every file of the folder is private to the account
        if private_key:
            folder = waiting(settings.sealed.resolve())
            durable.make_folder(folder, 0o700)
            for number, original in enumerate(originals, start=1):
                progress(number, len(originals))
                if not _reseal(original, folder, private_key, recipient):
                    left.append(_named(original))
            if originals and len(left) == len(originals):
                raise UsageError(
                    f"This key opens none of the {len(originals)} sealed originals. Nothing was changed."
                )
        else:
            left = [_named(original) for original in originals]
    return Resealed(tuple(name for name in map(_named, originals) if name not in left), tuple(left))


def _named(original: Path) -> str:
    return f"{original.parent.name}/{original.stem}"


def _check_recipient(text: str) -> None:
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise UsageError(
            "The new public key is no age recipient: one line that begins with age1 is needed, as age-keygen "
            "prints it. Nothing was changed."
        ) from None


def _reseal(original: Path, folder: Path, private_key: str, recipient: str) -> bool:
    """Seal an original to the new key, or link it unchanged if the old key does not open it."""
    partner, extract_id = original.parent.name, original.stem
    try:
        with intake.opened(original, private_key) as opened:
            intake.seal(opened, folder, partner, extract_id, recipient)
        return True
    except UsageError:
        target = intake.sealed_path(folder, partner, extract_id)
        durable.copy(original, target)
        note_sums(target.parent)
        return False
