"""The manifest of a candidate or release: what it was made from, what it holds, and hashes of its files."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
VERDICT = "verdict.json"
SIGNATURE, ERASURE_SIGNATURE = "manifest.sig", "erasure.sig"
NEXT = ".next"  # behind the name of a signature by a key that is not in force yet, see `rotation`
NOT_HASHED = {
    MANIFEST, VERDICT, SIGNATURE, SIGNATURE + NEXT,
    # The folder that may be published alone has a manifest and a signature of its own.
    f"public/{SIGNATURE}", f"public/{SIGNATURE}{NEXT}",
}  # fmt: skip
SCHEMA_VERSION = 2
ROW_SUMS = ("landed", "current", "superseded", "quarantined", "withdrawn", "held", "embargoed")
# What of an extract is printed: never the partner's name or the name of its file.
EXTRACT_FIELDS = (
    "extract_id", "partner_code", "fate", "reason", "sha256", "parquet_sha256",
    "contract_version", "contract_hash", "period_from", "period_to", "round", "received_on",
    "rows_read", "rows_refused", "rows_landed",
)  # fmt: skip


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file that is published, by path inside the candidate or release.

    The manifest (which holds these hashes), its signature and the verdict (which judges them) are not among
    them.
    """
    return {
        path.relative_to(folder).as_posix(): hash_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).as_posix() not in NOT_HASHED
    }


def changed_files(folder: Path, hashes: dict[str, str]) -> list[str]:
    """Paths that differ from `hashes`: changed, missing or added."""
    found = hash_files(folder)
    return sorted(path for path in found.keys() | hashes.keys() if found.get(path) != hashes.get(path))


def file_hashes(manifest: dict[str, Any]) -> dict[str, str]:
    """The hashes of a manifest's files, in the form that `hash_files` gives."""
    return {path: file["sha256"] for path, file in manifest["files"].items()}


def versions(others: dict[str, str] | None = None) -> dict[str, str]:
    """Versions of what made the release."""
    return {**{name: version(name) for name in ("njia", "duckdb", "dbt-core")}, **(others or {})}


def printed_extracts(extracts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The extracts as the manifest prints them, in a fixed order."""
    printed = [
        {name: extract[name] for name in EXTRACT_FIELDS if extract.get(name) is not None}
        for extract in extracts
    ]
    return sorted(printed, key=lambda extract: (extract["partner_code"], extract["extract_id"]))
