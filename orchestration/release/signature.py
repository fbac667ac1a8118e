"""Sign releases with the release key, and verify them: files, hashes and signatures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.core import (
    NjiaError,
    Settings,
    UsageError,
    durable,
    has_signed,
    installed_public_key,
    key_id,
    parsed,
    sha256_of,
    write_bytes,
)
from orchestration.release.releases import (
    ERASURE,
    ERASURE_SIGNATURE,
    MANIFEST,
    NEXT,
    NOT_HASHED,
    PUBLIC,
    SIGNATURE,
    VERDICT,
    Release,
    file_hashes,
    list_releases,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNED = {MANIFEST: SIGNATURE, ERASURE: ERASURE_SIGNATURE}


def manifests_of(folder: Path) -> list[Path]:
    """Return the manifests of a release and of its public edition, which may be copied and checked alone."""
    return [path for path in (folder / MANIFEST, folder / PUBLIC / MANIFEST) if path.is_file()]


def sign(folder: Path, name: str, content: bytes, key: Ed25519PrivateKey, suffix: str = "") -> None:
    """Sign the content of a manifest or an erasure note."""
    write_bytes(folder / (SIGNED[name] + suffix), key.sign(content))


def is_signed(folder: Path, name: str, content: bytes, key: Ed25519PublicKey) -> bool:
    """Return whether this key signed the content; the waiting signature of a cut-short rotation counts."""
    signatures = (folder / SIGNED[name], folder / (SIGNED[name] + NEXT))
    return any(path.is_file() and has_signed(key, content, path.read_bytes()) for path in signatures)


def why_not_signed(settings: Settings, release: Release) -> str | None:
    """Return a sentence if a release's signature does not hold, else None. Its other files are not read."""
    try:
        if is_signed(release.path, MANIFEST, release.manifest_bytes, installed_public_key(settings)):
            signed = release.manifest.get("release_id")
            if signed == release.release_id:
                return None
            return (
                f"The release {release.release_id} was replaced: its signed manifest is that of {signed}. "
                "Restore it from a backup, or return with `njia rollback` to a release whose signature holds."
            )
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


def resign(
    settings: Settings, before: Ed25519PublicKey | None, after: Ed25519PrivateKey
) -> tuple[list[str], list[str]]:
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


def settle_signatures(settings: Settings, in_force: Ed25519PublicKey | None) -> None:
    """Put waiting signatures made by the key in force into force; drop the others."""
    for path in sorted(settings.releases.glob(f"*/**/*.sig{NEXT}")):
        signature = path.with_suffix("")
        content = signature.with_suffix(".json")
        if in_force and content.is_file() and has_signed(in_force, content.read_bytes(), path.read_bytes()):
            durable.rename(path, signature)
        else:
            durable.remove(path)


_NOT_HASHED_AFTER_PUBLISHING = NOT_HASHED - {VERDICT}


@dataclass(frozen=True)
class Verification:
    """The result of verifying a release; files are named by their path in it.

    `signature`: `holds`, `does not hold` or `missing`. `erased_on`: when the members' edition was deleted for
    a forgotten record, by a signed note. `lies_as`: the id whose place the release takes, if not its own.
    """

    release_id: str
    folder: Path
    key_id: str
    signature: str
    files: int
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    erased_on: str | None = None
    lies_as: str | None = None

    @property
    def ok(self) -> bool:
        faults = self.changed or self.missing or self.added or self.lies_as
        return self.signature == "holds" and not faults

    def as_dict(self) -> dict[str, Any]:
        outcome = "verified" if self.ok else "tampered"
        return {"outcome": outcome, **vars(self), "folder": str(self.folder)}


def verify(folder: Path, key: Ed25519PublicKey, in_place_of: str | None = None) -> Verification:
    """Verify a release's folder; raise UsageError if it is not a release.

    `in_place_of`: the id by which readers find the release; None for a copy, which may have any name.
    """
    if not (folder / MANIFEST).is_file():
        raise UsageError(
            f"{folder} is not a release: it has no {MANIFEST}. Name a release (`njia releases`) or a folder."
        )
    id_of_key = key_id("release", key.public_bytes_raw())
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = parsed(content, folder / MANIFEST)
        release_id, expected = str(manifest["release_id"]), file_hashes(manifest)
    except (ValueError, KeyError, TypeError, AttributeError):
        # Signed or not, an unreadable manifest says nothing about the files.
        return Verification(folder.name, folder, id_of_key, "does not hold", 0, changed=(MANIFEST,))
    signature = "missing"
    if (folder / SIGNATURE).is_file():
        signature = "holds" if is_signed(folder, MANIFEST, content, key) else "does not hold"
    for path in manifests_of(folder)[1:]:
        if not is_signed(path.parent, MANIFEST, path.read_bytes(), key):
            signature = "does not hold"
    files, others = _files(folder)
    erasure = _erasure(folder, content, key) if ERASURE in files else None
    if erasure:
        files -= {ERASURE, ERASURE_SIGNATURE, ERASURE_SIGNATURE + NEXT}
        gone = f"{erasure['edition']}/"
        expected = {path: digest for path, digest in expected.items() if not path.startswith(gone)}
    return Verification(
        release_id,
        folder,
        id_of_key,
        signature,
        len(expected),
        changed=tuple(
            sorted(path for path in files & expected.keys() if sha256_of(folder / path) != expected[path])
        ),
        missing=tuple(sorted(expected.keys() - files)),
        added=tuple(sorted((files - expected.keys()) | others)),
        erased_on=erasure["erased_on"] if erasure else None,
        lies_as=in_place_of if in_place_of != release_id else None,
    )


def _files(folder: Path) -> tuple[set[str], set[str]]:
    """Return the hashed files, and links and other entries, which no release has."""
    files, others = set(), set()
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            others.add(name)
        elif path.is_file() and name not in _NOT_HASHED_AFTER_PUBLISHING:
            files.add(name)
    return files, others


def _erasure(folder: Path, manifest: bytes, key: Ed25519PublicKey) -> dict[str, Any] | None:
    """Read the erasure note if it is signed and names this manifest, else None."""
    content = (folder / ERASURE).read_bytes()
    if not is_signed(folder, ERASURE, content, key):
        return None
    note: dict[str, Any] = parsed(content, folder / ERASURE)
    return note if note.get("manifest_sha256") == hashlib.sha256(manifest).hexdigest() else None
