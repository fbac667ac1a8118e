"""Replace a key that was lost, seen or is old: completely, or not at all.

The new key waits beside the old one (`.next`) while the files that depend on it are written beside the
present ones. Then home.json notes the check values of both keys, and the rename of the key is the commit
point. A kill before it changes nothing; after it, the next holder of the refresh lock finishes. The record
key is never rotated: WHY_NO_RECORD_KEY.

Does not belong here: making the first keys (`core`).
"""

import secrets
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pyrage

from orchestration import intake, release
from orchestration.core import (
    LINK_KEY,
    RELEASE_KEY,
    STEWARDS_RECIPIENT,
    NjiaError,
    Settings,
    UsageError,
    durable,
    expect_key,
    forget_work,
    installed_public_key,
    is_replaced,
    load_keys,
    note_sums,
    settle_checks,
    write_new_release_key,
    write_public_part,
    write_secret,
)

FILES = {"stewards": STEWARDS_RECIPIENT, "link": LINK_KEY, "release": RELEASE_KEY}
NEXT = ".next"
WHY_NO_RECORD_KEY = (
    "The record key is not rotated. It turns the partner's reference, which is kept nowhere, into the "
    "record's id. With another key every id would change: decisions and marks of forgotten records would "
    "match no record, and forgotten records would come back. Who has seen the key can confirm a guessed "
    "reference, and with a copy of the home read the texts of places; keep both, and the members' edition, "
    "from them. For a new key, start a new home and "
    "have every extract sent again."
)


Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Rotated:
    """What belongs to the new key, and what does not: release ids, or extracts as `partner/extract_id`."""

    done: list[str]
    left: list[str]


def waiting(path: Path) -> Path:
    """Return where the successor of a key or folder waits."""
    return path.with_name(path.name + NEXT)


def rotate(
    settings: Settings,
    kind: str,
    private_key: str | None = None,
    recipient: str = "",
    progress: Progress = lambda done, of: None,
) -> Rotated:
    """Put a new key in force, for stewards the `recipient`.

    The caller holds the refresh lock, and has called `finish_rotations` and `refuse_unfit_key`.

    `release`: releases are signed again if the installed key, or its public part, signed them as they are.
    With the stewards' private key, `stewards`: originals are sealed again, and lie on the disk twice
    meanwhile; `link`: link codes are made again from them. Without it, originals stay sealed to the old key,
    and link codes are destroyed.
    """
    key = settings.keys / FILES[kind]
    if kind == "stewards":
        try:
            pyrage.x25519.Recipient.from_str(recipient)
        except pyrage.RecipientError:
            raise UsageError(
                "The new public key is no age recipient: one line that begins with age1 is needed, as "
                "age-keygen prints it. Nothing was changed."
            ) from None
    with release.switching(settings) if kind == "release" else nullcontext():
        try:
            if kind == "release":
                before = None
                with suppress(NjiaError):
                    before = installed_public_key(settings)
                rotated = Rotated(*release.resign(settings, before, write_new_release_key(waiting(key))))
            else:
                rotated = _remake(settings, kind, waiting(key), private_key, recipient, progress)
            expect_key(settings, kind, waiting(key))
            durable.rename(waiting(key), key)
        finally:
            finish_rotations(settings)
    if kind == "link":
        forget_work(settings)  # it holds links found with the old codes
    return rotated


def refuse_unfit_key(settings: Settings, kind: str, private_key: str) -> None:
    """Raise UsageError if the stewards' private key opens none of the originals that a rotation needs."""
    extracts = _extracts(settings, kind)
    for original in (intake.sealed_path(settings.sealed, *extract) for extract in extracts):
        with suppress(UsageError, FileNotFoundError), intake.opened(original, private_key):
            return
    if extracts:
        raise UsageError(
            f"This key opens none of the originals of {len(extracts)} extracts, or these are gone. "
            "Nothing was changed."
        )


def _extracts(settings: Settings, kind: str) -> list[tuple[str, str]]:
    """Return partner and id of the extracts with an original, or with link codes."""
    if kind == "link":
        return intake.extracts_with_codes(settings)
    return [(path.parent.name, path.stem) for path in sorted(settings.sealed.glob("*/[!.]*.age"))]


def _remake(
    settings: Settings,
    kind: str,
    new_key: Path,
    private_key: str | None,
    recipient: str,
    progress: Progress,
) -> Rotated:
    """Write the new key, then the folder of originals or link codes that belongs to it."""
    extracts, folder = _extracts(settings, kind), waiting(_folders(settings)[kind])
    secret, keys = recipient, None
    if kind == "link":
        secret = secrets.token_hex(32)
        keys = replace(load_keys(settings, replaced=kind), link_key=bytes.fromhex(secret))
    # A recipient is public, but every file of the folder is private to the account.
    write_secret(new_key, secret)
    done = []
    if private_key or kind == "link":
        durable.make_folder(folder, 0o700)
        for number, extract in enumerate(extracts if private_key else [], start=1):
            progress(number, len(extracts))
            if keys:
                is_done = intake.remake_codes(settings, keys, *extract, str(private_key), folder)
            else:
                is_done = _reseal(settings, *extract, str(private_key), folder, recipient)
            done += [extract] if is_done else []
    left = [extract for extract in extracts if extract not in done]
    return Rotated(["/".join(extract) for extract in done], ["/".join(extract) for extract in left])


def _reseal(
    settings: Settings, partner: str, extract_id: str, private_key: str, folder: Path, recipient: str
) -> bool:
    """Seal an original to the new key, or link it unchanged if the old key does not open it."""
    original = intake.sealed_path(settings.sealed, partner, extract_id)
    try:
        with intake.opened(original, private_key) as opened:
            intake.seal(opened, folder, partner, extract_id, recipient)
        return True
    except UsageError:
        target = intake.sealed_path(folder, partner, extract_id)
        durable.copy(original, target)
        note_sums(target.parent)
        return False


def finish_rotations(settings: Settings) -> None:
    """Complete or undo an interrupted rotation. The caller holds the refresh lock.

    A backup finishes rotations before it begins, so no restored home dates from the middle of one.
    """
    for kind, folder in _folders(settings).items():
        new_key, successor = waiting(settings.keys / FILES[kind]), waiting(folder)
        if successor.is_dir():
            if not new_key.exists() and is_replaced(settings, kind):
                durable.remove_folder(folder)  # a rename needs an empty target
                durable.rename(successor, folder)
            else:
                durable.remove_folder(successor)
        durable.remove(new_key)
    # With a new release key, its signatures come into force; those of one that never came are dropped.
    is_new = is_replaced(settings, "release")
    release.settle_signatures(settings, installed_public_key(settings) if is_new else None)
    durable.remove(waiting(settings.keys / RELEASE_KEY))
    if is_new:
        write_public_part(settings, replaces=True)
    settle_checks(settings)


def _folders(settings: Settings) -> dict[str, Path]:
    """Return the folder that depends on each key: its own place, where a link leads to another disk."""
    return {"stewards": settings.sealed.resolve(), "link": settings.link_codes.resolve()}
