"""The signature beside a manifest: over its exact bytes, which hold the hash of every file of the release.

So whoever changes a file has to mend its hash in the manifest, and cannot mend the signature without the
release key. An erasure note is signed the same way, and names the manifest it belongs to.

What does not belong here: the files' hashes (`verifying`), and the key's own files (`release_key`).
"""

from __future__ import annotations

from pathlib import Path

from orchestration.core import (
    PublicKey,
    ReleaseKey,
    Settings,
    UsageError,
    installed_public_key,
    sync,
    write_bytes,
)
from orchestration.release.current import ERASURE, PUBLIC, Release, list_releases
from orchestration.release.manifest import ERASURE_SIGNATURE, MANIFEST, NEXT, SIGNATURE

SIGNED = {MANIFEST: SIGNATURE, ERASURE: ERASURE_SIGNATURE}


def manifests_of(folder: Path) -> list[Path]:
    """The manifest of a release, and that of its public edition, which may be copied and checked alone."""
    return [path for path in (folder / MANIFEST, folder / PUBLIC / MANIFEST) if path.is_file()]


def sign(folder: Path, name: str, content: bytes, key: ReleaseKey, suffix: str = "") -> None:
    """Sign the content of the manifest or the erasure note of a release."""
    write_bytes(folder / (SIGNED[name] + suffix), key.sign(content))


def is_signed(folder: Path, name: str, content: bytes, key: PublicKey) -> bool:
    """Whether this key has signed what was read; by the waiting signature, where a rotation was cut short."""
    beside = (folder / SIGNED[name], folder / (SIGNED[name] + NEXT))
    return any(path.is_file() and key.has_signed(content, path.read_bytes()) for path in beside)


def why_not_signed(settings: Settings, release: Release) -> str | None:
    """A sentence where the signature of a release does not hold; its files, which take long, are not read."""
    try:
        if is_signed(release.path, MANIFEST, release.manifest_bytes, installed_public_key(settings.keys)):
            return _why_misnamed(release)
    except UsageError as error:
        return (
            f"The signature of the release {release.release_id} cannot be checked here, so nobody says that "
            f"it is what was published. {error} With it, `njia verify {release.release_id} --key "
            "release.pub` tells."
        )
    if not (release.path / SIGNATURE).is_file():
        return (
            f"The release {release.release_id} is not signed: it is older than signatures, or somebody took "
            "its signature away. The next release is signed."
        )
    return (
        f"The signature of the release {release.release_id} does not hold: its manifest was changed, or "
        f"{settings.keys} holds another key. `njia verify {release.release_id}` says what, and "
        "`njia rollback` goes back to one that holds."
    )


def _why_misnamed(release: Release) -> str | None:
    signed = release.manifest.get("release_id")
    if signed == release.release_id:
        return None
    return (
        f"The release {release.release_id} is another one under its name: its signed manifest is that of "
        f"{signed}. Restore it from a backup, or go back with `njia rollback` to one that holds."
    )


def resign(settings: Settings, before: PublicKey | None, after: ReleaseKey) -> tuple[list[str], list[str]]:
    """Sign with another key what `before` had signed; the signatures wait beside those in force.

    Returns the ids of the releases signed so, and of those left alone because the earlier key has not signed
    them as they are: signing them would vouch for what somebody changed.
    """
    signed, left = [], []
    for release in list_releases(settings):
        contents = {
            path: path.read_bytes()
            for path in (*manifests_of(release.path), release.path / ERASURE)
            if path.is_file()
        }
        if before and all(
            is_signed(path.parent, path.name, content, before) for path, content in contents.items()
        ):
            for path, content in contents.items():
                sign(path.parent, path.name, content, after, NEXT)
            signed.append(release.release_id)
        else:
            left.append(release.release_id)
    return signed, left


def settle_signatures(settings: Settings, in_force: PublicKey | None) -> None:
    """Put the waiting signatures in force that the key in force has made; drop the others."""
    for path in sorted(settings.releases.glob(f"*/**/*.sig{NEXT}")):
        signature = path.with_suffix("")
        content = signature.with_suffix(".json")
        if in_force and content.is_file() and in_force.has_signed(content.read_bytes(), path.read_bytes()):
            path.replace(signature)
        else:
            path.unlink()
        sync(path.parent)
