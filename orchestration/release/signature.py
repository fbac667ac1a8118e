"""Sign manifests and check their signatures.

A manifest holds the hash of every file of its release, and the signature covers the manifest's exact bytes:
changing a file without the release key breaks one of the two. Erasure notes are signed in the same way.

Not here: checking file hashes (`verifying`), and the key files (`core.release_key`).
"""

from __future__ import annotations

from pathlib import Path

from orchestration.core import (
    NjiaError,
    PublicKey,
    ReleaseKey,
    Settings,
    durable,
    installed_public_key,
    write_bytes,
)
from orchestration.release.current import ERASURE, PUBLIC, Release, list_releases
from orchestration.release.manifest import ERASURE_SIGNATURE, MANIFEST, NEXT, SIGNATURE

SIGNED = {MANIFEST: SIGNATURE, ERASURE: ERASURE_SIGNATURE}


def manifests_of(folder: Path) -> list[Path]:
    """Return the manifests of a release and of its public edition, which may be copied and checked alone."""
    return [path for path in (folder / MANIFEST, folder / PUBLIC / MANIFEST) if path.is_file()]


def sign(folder: Path, name: str, content: bytes, key: ReleaseKey, suffix: str = "") -> None:
    """Sign the content of a manifest or an erasure note."""
    write_bytes(folder / (SIGNED[name] + suffix), key.sign(content))


def is_signed(folder: Path, name: str, content: bytes, key: PublicKey) -> bool:
    """Return whether this key signed the content; the waiting signature of a cut-short rotation counts."""
    signatures = (folder / SIGNED[name], folder / (SIGNED[name] + NEXT))
    return any(path.is_file() and key.has_signed(content, path.read_bytes()) for path in signatures)


def why_not_signed(settings: Settings, release: Release) -> str | None:
    """Return a sentence if a release's signature does not hold, else None. Its other files are not read."""
    try:
        if is_signed(release.path, MANIFEST, release.manifest_bytes, installed_public_key(settings)):
            return _why_misnamed(release)
    except NjiaError as error:
        return (
            f"The signature of the release {release.release_id} cannot be checked here, so the release may "
            f"have been changed. {error} Then run `njia verify {release.release_id} --key release.pub`."
        )
    if not (release.path / SIGNATURE).is_file():
        return (
            f"The release {release.release_id} is not signed: its signature was removed. The next release is "
            "signed."
        )
    return (
        f"The signature of the release {release.release_id} does not hold: its manifest was changed, or "
        f"{settings.keys} holds another key. `njia verify {release.release_id}` shows which. "
        "`njia rollback` returns to a release whose signature holds."
    )


def _why_misnamed(release: Release) -> str | None:
    signed = release.manifest.get("release_id")
    if signed == release.release_id:
        return None
    return (
        f"The release {release.release_id} was replaced: its signed manifest is that of {signed}. Restore "
        "it from a backup, or return with `njia rollback` to a release whose signature holds."
    )


def resign(settings: Settings, before: PublicKey | None, after: ReleaseKey) -> tuple[list[str], list[str]]:
    """Sign all releases with the key `after`; the signatures wait beside those in force.

    Returns the ids of the signed releases, and of those left alone because `before` did not sign them as
    they are: signing them would vouch for a change.
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
    """Put waiting signatures made by the key in force into force; drop the others."""
    for path in sorted(settings.releases.glob(f"*/**/*.sig{NEXT}")):
        signature = path.with_suffix("")
        content = signature.with_suffix(".json")
        if in_force and content.is_file() and in_force.has_signed(content.read_bytes(), path.read_bytes()):
            durable.rename(path, signature)
        else:
            durable.remove(path)
