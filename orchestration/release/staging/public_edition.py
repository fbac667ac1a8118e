"""Write a candidate's public edition: evidence base, Parquet and manifest, with the public rows only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.core import Settings, durable, write_json
from orchestration.release.current import PUBLIC, PUBLIC_EVIDENCE_BASE
from orchestration.release.manifest import MANIFEST, file_entries
from orchestration.release.staging.added_tables import add_release_tables
from orchestration.release.staging.evidence_base import EvidenceBase
from orchestration.release.staging.published_models import PUBLISHED, read_published_models


def write_public_edition(
    settings: Settings, folder: Path, dbt_manifest: Path, manifest: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Write the tables of `public/`; return its entry in the manifest, and its periods."""
    durable.make_folder(folder / PUBLIC)
    with EvidenceBase(settings, folder / PUBLIC_EVIDENCE_BASE, PUBLIC, (PUBLISHED, "meta")) as base:
        for model in read_published_models(dbt_manifest, (PUBLISHED,)):
            base.copy_model(model)
        own = add_release_tables(base, {**manifest, "edition": PUBLIC})
        base.export_parquet(folder / PUBLIC / "parquet")
        periods = [str(row["period_id"]) for row in base.rows(f"{PUBLISHED}.periods")]
    return own, periods


def write_public_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write `public/manifest.json`, which identifies the release and lists the hashes of its public files.

    It is published with the edition, so it holds no partner and no counts of movements.
    """
    public = folder / PUBLIC
    own = {
        "schema_version": manifest["schema_version"],
        "edition": PUBLIC,
        "release_id": manifest["release_id"],
        "as_of": manifest["as_of"],
        "content_hash": manifest["public"]["content_hash"],
        # Each closed period, with the release that first published it.
        "periods": manifest["periods"],
        "policy": manifest["policy"],
        "files": file_entries(public),
    }
    write_json(public / MANIFEST, own)
