"""Taking editions away that hold a forgotten record. What remains of such a release says so.

The manifest stays, and with it what was published when and from what; the tables of its partner edition do
not. The public edition has no records, and what was printed cannot be called back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from orchestration.durable import sync, write_json
from orchestration.forgotten import Due, all_due, settle
from orchestration.release.current import ERASURE, Release, erasure_of, list_releases, remove_folder
from orchestration.settings import Settings

PARTNER_EDITION, IN_FORCE = "partner", "in_force"


def erase_editions(settings: Settings, today: date) -> list[str]:
    """Delete the partner edition of each release but the current one that was made of cells now forgotten.

    Returns the ids. What the current release holds stays owed until another one is published. The caller
    holds `switching`.
    """
    due = all_due(settings)
    erased, held = [], set()
    for release in list_releases(settings):
        cells = _cells_of(release.manifest)
        owed = [one for one in due if set(one.cells) & cells]
        if not owed or erasure_of(release):
            continue
        if release.is_current:
            held |= cells
        else:
            _erase(release, owed, today)
            erased.append(release.release_id)
    settle(settings, held)
    return erased


def still_held(settings: Settings) -> str | None:
    """The id of the current release where it holds a forgotten record."""
    due = {cell for one in all_due(settings) for cell in one.cells}
    for release in list_releases(settings):
        if release.is_current and due & _cells_of(release.manifest):
            return release.release_id
    return None


def _erase(release: Release, owed: Iterable[Due], today: date) -> None:
    note = {
        "erased_on": today.isoformat(),
        "why": "it held a record that was forgotten",
        "records": sum(one.records for one in owed),
        "edition": PARTNER_EDITION,
    }
    write_json(release.path / ERASURE, note)
    edition = release.path / PARTNER_EDITION
    if edition.is_dir():
        remove_folder(edition)
    sync(release.path)


def _cells_of(manifest: Mapping[str, Any]) -> set[str]:
    """SHA-256 of the landed cells of the extracts that a release was made of."""
    return {
        extract["parquet_sha256"]
        for extract in manifest["extracts"]
        if extract["fate"] == IN_FORCE and extract.get("parquet_sha256")
    }
