"""Delete the members' edition of releases that hold a forgotten record.

The signed manifest stays: it records what was published, when and from what. A signed erasure note explains
the missing tables, so tampering cannot pass for an erasure. The public edition has no records and stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.core import (
    PARTIAL,
    Due,
    ReleaseKey,
    Settings,
    due_erasures,
    load_release_key,
    settle,
    sha256_of,
    sync,
    write_json,
)
from orchestration.release.releases import (
    ERASURE,
    ERASURE_SIGNATURE,
    MANIFEST,
    MEMBERS,
    Release,
    erasure_of,
    list_releases,
    remove_folder,
)
from orchestration.release.signature import sign

IN_FORCE = "in_force"


def erase_editions(settings: Settings, today: date) -> list[str]:
    """Delete the members' edition of every earlier release made from forgotten cells; return their ids.

    The current release is erased once another one is published. The caller holds `switching`.
    """
    due = due_erasures(settings)
    key = load_release_key(settings) if due else None
    erased, held = [], set()
    for release in list_releases(settings):
        cells = _cells_of(release.manifest)
        owed = [one for one in due if set(one.cells) & cells]
        if not owed or _is_erased(release):
            continue
        if release.is_current:
            held |= cells
        elif key:
            _erase(release, owed, today, key)
            erased.append(release.release_id)
    settle(settings, held)
    return erased


def still_held(settings: Settings) -> str | None:
    """Return the current release's id if it holds a forgotten record, else None."""
    for release in list_releases(settings):
        if release.is_current and holds_forgotten(settings, release):
            return release.release_id
    return None


def holds_forgotten(settings: Settings, release: Release) -> bool:
    """Return whether a release was made from cells of a record that was forgotten since."""
    due = {cell for one in due_erasures(settings) for cell in one.cells}
    return bool(due & _cells_of(release.manifest))


def _erase(release: Release, owed: Iterable[Due], today: date, key: ReleaseKey) -> None:
    note = {
        "manifest_sha256": sha256_of(release.path / MANIFEST),
        "erased_on": today.isoformat(),
        "why": "it held a record that was forgotten",
        "records": sum(one.records for one in owed),
        "edition": MEMBERS,
    }
    write_json(release.path / ERASURE, note)
    sign(release.path, ERASURE, (release.path / ERASURE).read_bytes(), key)
    for folder in _editions(release):
        if folder.is_dir():
            remove_folder(folder)
    sync(release.path)


def _is_erased(release: Release) -> bool:
    """Return whether the erasure is complete: a kill may have come after the note."""
    is_noted = bool(erasure_of(release)) and (release.path / ERASURE_SIGNATURE).is_file()
    return is_noted and not any(folder.exists() for folder in _editions(release))


def _editions(release: Release) -> list[Path]:
    """Return the folders of the members' edition, half-removed ones included."""
    return [release.path / f"{start}{MEMBERS}" for start in (PARTIAL, "")]


def _cells_of(manifest: Mapping[str, Any]) -> set[str]:
    """Return the SHA-256 of the landed cells of each extract in force."""
    return {
        extract["parquet_sha256"]
        for extract in manifest["extracts"]
        if extract["fate"] == IN_FORCE and extract.get("parquet_sha256")
    }
