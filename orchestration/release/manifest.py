"""Parts of a release's manifest: file hashes, versions, extracts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.core import read_json

MANIFEST = "manifest.json"
CANDIDATE = ".candidate-"  # a candidate's folder is called that and its release id
VERDICT, CHANGES = "verdict.json", "changes.json"
SIGNATURE, ERASURE_SIGNATURE = "manifest.sig", "erasure.sig"
NEXT = ".next"  # suffix of a signature by a key that is not in force yet, see `operations.rotation`
NOT_HASHED = {
    MANIFEST, VERDICT, CHANGES, SIGNATURE, SIGNATURE + NEXT,
    # The public edition may be copied alone, so it has its own manifest and signature.
    f"public/{SIGNATURE}", f"public/{SIGNATURE}{NEXT}",
}  # fmt: skip
SCHEMA_VERSION = 2
ROW_SUMS = ("landed", "current", "superseded", "quarantined", "withdrawn", "held", "embargoed")
# The fields of an extract that a manifest holds: never the partner's name or the name of its file.
EXTRACT_FIELDS = (
    "extract_id", "partner_code", "fate", "reason", "sha256", "parquet_sha256",
    "contract_version", "contract_hash", "period_from", "period_to", "round", "received_on",
    "rows_read", "rows_refused", "rows_landed",
)  # fmt: skip


def alert_count(manifest: Mapping[str, Any]) -> int:
    """Return how many alerts in force members are shown."""
    rows = manifest.get("tables", {}).get("published.alerts", {}).get("rows", 0)
    return int(rows)


def read_object(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None if the file is missing, unreadable or something else."""
    try:
        content = read_json(path)
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_files(folder: Path) -> dict[str, str]:
    """Hash every published file (SHA-256), by its path inside the candidate or release.

    Left out: the manifest, which holds these hashes, its signature, and the verdict, which judges them.
    """
    return {
        path.relative_to(folder).as_posix(): hash_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).as_posix() not in NOT_HASHED
    }


def changed_files(folder: Path, hashes: dict[str, str]) -> list[str]:
    """Return the paths that differ from `hashes`: changed, missing or added."""
    actual = hash_files(folder)
    return sorted(path for path in actual.keys() | hashes.keys() if actual.get(path) != hashes.get(path))


def file_hashes(manifest: dict[str, Any]) -> dict[str, str]:
    """Return the hashes of a manifest's files in the form of `hash_files`."""
    return {path: file["sha256"] for path, file in manifest["files"].items()}


def file_entries(folder: Path) -> dict[str, dict[str, Any]]:
    """Return hash and size of every published file, as a manifest holds them."""
    return {
        path: {"sha256": digest, "bytes": (folder / path).stat().st_size}
        for path, digest in hash_files(folder).items()
    }


def versions(others: dict[str, str] | None = None) -> dict[str, str]:
    """Return the versions of the programs that made the release."""
    return {**{name: version(name) for name in ("njia", "duckdb", "dbt-core")}, **(others or {})}


def manifest_extracts(extracts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the extracts as a manifest holds them, in a fixed order."""
    entries = [
        {name: extract[name] for name in EXTRACT_FIELDS if extract.get(name) is not None}
        for extract in extracts
    ]
    return sorted(entries, key=lambda extract: (extract["partner_code"], extract["extract_id"]))
