"""The candidate: a staged release that is not published yet, a folder of `releases`; at most one exists."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.core import NjiaError, Settings, durable
from orchestration.release.current import remove_folder
from orchestration.release.lineage import lineage_of
from orchestration.release.manifest import CANDIDATE, MANIFEST, read_object


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


def release_id(as_of: datetime, inputs_hash: str, taken: Collection[str] = ()) -> str:
    """Name a release by its UTC time and the first 8 hex digits of its inputs' hash.

    A name in `taken` is avoided by adding a second.
    """
    moment = as_of.astimezone(UTC)
    while (name := f"{moment:%Y%m%dT%H%M%SZ}-{inputs_hash[:8]}") in taken:
        moment += timedelta(seconds=1)
    return name


def candidate_folder(settings: Settings) -> Path | None:
    """Return the candidate's folder, complete or not; raise NjiaError if there are several."""
    folders = sorted(settings.releases.glob(f"{CANDIDATE}*"))
    if len(folders) > 1:
        raise NjiaError(
            f"There are {len(folders)} candidates in {settings.releases}. Run `njia refresh`: it clears them."
        )
    return folders[0] if folders else None


def read_candidate(settings: Settings) -> Candidate | None:
    """Read the candidate from disk; None if there is none or it is incomplete.

    Complete: it has its manifest, every file has the size noted there, and its lineage exists. Hashes are
    compared later, when the candidate is judged and when it is published.
    """
    folder = candidate_folder(settings)
    manifest = manifest_of(folder) if folder else None
    if folder is None or manifest is None or is_half_published(manifest):
        return None
    name = folder.name.removeprefix(CANDIDATE)
    is_complete = manifest.get("release_id") == name and all(
        (folder / path).is_file() and (folder / path).stat().st_size == file["bytes"]
        for path, file in manifest["files"].items()
    )
    return Candidate(name, folder, manifest) if is_complete and lineage_of(settings, name).is_dir() else None


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """Read a candidate's manifest, which is written last; None if it is missing or unreadable."""
    manifest = read_object(folder / MANIFEST)
    return manifest if manifest and "files" in manifest else None


def is_half_published(manifest: dict[str, Any]) -> bool:
    """Return whether publishing was interrupted: then the manifest is not the one that was judged."""
    return "published_at" in manifest


def discard_candidate(settings: Settings) -> None:
    """Remove the candidate and its lineage, where there is one: nothing is left to decide about it."""
    for folder in settings.releases.glob(f"{CANDIDATE}*"):
        durable.remove_folder(lineage_of(settings, folder.name.removeprefix(CANDIDATE)))
        remove_folder(folder)
