"""Verify a release: hash every file again and check the manifest's signature (`njia verify`).

Needs only the folder and the public key, so that a reader can verify a copy, also of the public edition
alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.core import PublicKey, UsageError, parsed
from orchestration.release.current import ERASURE
from orchestration.release.manifest import (
    ERASURE_SIGNATURE,
    MANIFEST,
    NEXT,
    NOT_HASHED,
    SIGNATURE,
    VERDICT,
    file_hashes,
    hash_file,
)
from orchestration.release.signature import is_signed, manifests_of

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


def verify(folder: Path, key: PublicKey, in_place_of: str | None = None) -> Verification:
    """Verify a release's folder; raise UsageError if it is not a release.

    `in_place_of`: the id by which readers find the release; None for a copy, which may have any name.
    """
    if not (folder / MANIFEST).is_file():
        raise UsageError(
            f"{folder} is not a release: it has no {MANIFEST}. Name a release (`njia releases`) or a folder."
        )
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = parsed(content, folder / MANIFEST)
        release_id, expected = str(manifest["release_id"]), file_hashes(manifest)
    except (ValueError, KeyError, TypeError, AttributeError):
        # Signed or not, an unreadable manifest says nothing about the files.
        return Verification(folder.name, folder, key.id, "does not hold", 0, changed=(MANIFEST,))
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
        key.id,
        signature,
        len(expected),
        changed=tuple(
            sorted(path for path in files & expected.keys() if hash_file(folder / path) != expected[path])
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


def _erasure(folder: Path, manifest: bytes, key: PublicKey) -> dict[str, Any] | None:
    """Read the erasure note if it is signed and names this manifest, else None."""
    content = (folder / ERASURE).read_bytes()
    if not is_signed(folder, ERASURE, content, key):
        return None
    note: dict[str, Any] = parsed(content, folder / ERASURE)
    return note if note.get("manifest_sha256") == hashlib.sha256(manifest).hexdigest() else None
