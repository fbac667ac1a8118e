"""Why a restore leaves a file in the backup: the home says that it is done with it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestration import intake
from orchestration.core import Settings, read_json

# Of settings, a file's path below the home and its SHA-256; returns None where the file comes back.
Leave = Callable[[Settings, str, str], str | None]
_EDITIONS = ("members", "partner")


def nothing(settings: Settings, name: str, sha256: str) -> str | None:
    return None


def landed_since(settings: Settings, name: str, sha256: str) -> str | None:
    landed = any(settings.landing.glob(f"*/{sha256[: intake.EXTRACT_ID_LENGTH]}.json"))
    return "files of the inbox that have landed since" if landed else None


def erased_edition(settings: Settings, name: str, sha256: str) -> str | None:
    _, release_id, edition = [*name.split("/"), ""][:3]
    erased = edition in _EDITIONS and (settings.releases / release_id / "erasure.json").is_file()
    return "tables of releases that held a record forgotten since" if erased else None


def destroyed_original(settings: Settings, name: str, sha256: str) -> str | None:
    note = note_of_extract(settings, name)
    destroyed = bool(note.get("original")) and note["original_sha256"] is None
    return "originals that were destroyed for a forgotten record" if destroyed else None


def no_folder_of_contracts(settings: Settings, name: str, sha256: str) -> str | None:
    if not settings.has_sample_partners and os.access(settings.partners, os.W_OK):
        return None
    return "contracts: set NJIA_PARTNERS to a folder that this account may write"


def note_of_extract(settings: Settings, name: str) -> dict[str, Any]:
    """Return the home's note of the extract that a file belongs to; empty where none can be read."""
    path = Path(name)
    try:
        note: dict[str, Any] = read_json(settings.landing / path.parent.name / f"{path.stem}.json")
    except (OSError, ValueError):
        return {}
    return note
