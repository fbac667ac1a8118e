"""Is a release what was published? Every file hashed again, and the manifest's signature checked.

Needs the folder and the public key, nothing of an installation: so a copy can be checked where it is read, of
a whole release or of its public edition alone.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.core import PublicKey, UsageError
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

_ALL_OF_A_PUBLISHED_RELEASE = NOT_HASHED - {VERDICT}


@dataclass(frozen=True)
class Verification:
    """What was found. Files are named by their path in the release; `key_id` is the public key's.

    `signature`: `holds`, `does not hold` or `missing`. `erased_on` where the members' edition was deleted
    because it held a forgotten record, and the note that says so is signed. `lies_as`: the id in whose place
    it lies among the releases, where that is not its own.
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
    """Check a release's folder, in place or copied. Raises UsageError where it is none.

    `in_place_of`: the id by which readers find it, of a release in its place; a copy may be called anything.
    """
    if not (folder / MANIFEST).is_file():
        raise UsageError(
            f"{folder} is no release: there is no {MANIFEST}. Name a release (`njia releases`) or its folder."
        )
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = json.loads(content)
        release_id, expected = str(manifest["release_id"]), file_hashes(manifest)
    except (ValueError, KeyError, TypeError, AttributeError):
        # Whether it was signed like this or not: nothing can be said of its files.
        return Verification(folder.name, folder, key.id, "does not hold", 0, changed=(MANIFEST,))
    signature = "missing"
    if (folder / SIGNATURE).is_file():
        signature = "holds" if is_signed(folder, MANIFEST, content, key) else "does not hold"
    for one in manifests_of(folder)[1:]:
        if not is_signed(one.parent, MANIFEST, one.read_bytes(), key):
            signature = "does not hold"
    found, strange = _files(folder)
    erasure = _erasure(folder, content, key) if ERASURE in found else None
    if erasure:
        found -= {ERASURE, ERASURE_SIGNATURE, ERASURE_SIGNATURE + NEXT}
        gone = f"{erasure['edition']}/"
        expected = {path: digest for path, digest in expected.items() if not path.startswith(gone)}
    same = found & expected.keys()
    return Verification(
        release_id,
        folder,
        key.id,
        signature,
        len(expected),
        changed=tuple(sorted(path for path in same if hash_file(folder / path) != expected[path])),
        missing=tuple(sorted(expected.keys() - found)),
        added=tuple(sorted((found - expected.keys()) | strange)),
        erased_on=erasure["erased_on"] if erasure else None,
        lies_as=in_place_of if in_place_of != release_id else None,
    )


def _files(folder: Path) -> tuple[set[str], set[str]]:
    """Plain files that are hashed; and what is neither file nor folder: a link may lead anywhere."""
    files, strange = set(), set()
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            strange.add(name)
        elif path.is_file() and name not in _ALL_OF_A_PUBLISHED_RELEASE:
            files.add(name)
    return files, strange


def _erasure(folder: Path, manifest: bytes, key: PublicKey) -> dict[str, Any] | None:
    """The note of an erasure, if it is signed and about the very release of this manifest."""
    content = (folder / ERASURE).read_bytes()
    if not is_signed(folder, ERASURE, content, key):
        return None
    note: dict[str, Any] = json.loads(content)
    return note if note.get("manifest_sha256") == hashlib.sha256(manifest).hexdigest() else None
