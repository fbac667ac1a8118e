"""The candidate: a staged release that is not published, as a folder of `releases`. There is at most one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.core import NjiaError, Settings
from orchestration.release.current import remove_folder
from orchestration.release.identity import CANDIDATE
from orchestration.release.lineage.files import lineage_of
from orchestration.release.manifest import MANIFEST


@dataclass(frozen=True)
class Candidate:
    """A staged release."""

    release_id: str
    path: Path
    manifest: dict[str, Any]

    @property
    def undescribed(self) -> list[str]:
        """Tables and columns without a description, as `schema.table` or `schema.table.column`."""
        return list(self.manifest["undescribed"])


def candidate_folder(settings: Settings) -> Path | None:
    """Where the candidate lies, whole or not; raises NjiaError where there are several."""
    found = sorted(settings.releases.glob(f"{CANDIDATE}*"))
    if len(found) > 1:
        raise NjiaError(
            f"There are {len(found)} candidates in {settings.releases}. Run `njia refresh`: it clears them."
        )
    return found[0] if found else None


def read_candidate(settings: Settings) -> Candidate | None:
    """The candidate as it lies on the disk; None where there is none that is whole and can be judged.

    Whole: its manifest, each of its files with the size noted there, and its lineage. What is in the files is
    held against their hashes when it is judged and when it is published.
    """
    folder = candidate_folder(settings)
    manifest = manifest_of(folder) if folder else None
    if folder is None or manifest is None or is_half_published(manifest):
        return None
    name = folder.name.removeprefix(CANDIDATE)
    is_whole = manifest.get("release_id") == name and all(
        (folder / path).is_file() and (folder / path).stat().st_size == file["bytes"]
        for path, file in manifest["files"].items()
    )
    return Candidate(name, folder, manifest) if is_whole and lineage_of(settings, name).is_dir() else None


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """The manifest of a candidate, which is written last; None where it is missing or cannot be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and "files" in manifest else None


def is_half_published(manifest: dict[str, Any]) -> bool:
    """Whether publishing it was stopped half way: then its manifest is not the one that was judged."""
    return "published_at" in manifest


def discard(candidate: Candidate) -> None:
    """Remove a candidate that is not to be judged."""
    remove_folder(candidate.path)
