"""The public edition of a candidate: its own evidence base and Parquet, of the public rows of `published`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.core import Settings, write_json
from orchestration.release.current import PUBLIC, PUBLIC_EVIDENCE_BASE
from orchestration.release.manifest import MANIFEST, hash_files
from orchestration.release.staging import added_tables
from orchestration.release.staging.content_hash import combined
from orchestration.release.staging.evidence_base import EvidenceBase
from orchestration.release.staging.published_models import PUBLISHED, read_published_models


def write_public_edition(
    settings: Settings, folder: Path, dbt_manifest: Path, manifest: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Write `public/`; returns what the manifest says of it (tables and their hash), and its periods."""
    parquet = folder / PUBLIC / "parquet"
    parquet.mkdir(parents=True)
    own = {**manifest, "edition": PUBLIC}
    with EvidenceBase(settings, folder / PUBLIC_EVIDENCE_BASE, PUBLIC, (PUBLISHED, "meta")) as base:
        for model in read_published_models(dbt_manifest, (PUBLISHED,)):
            base.copy_model(model)
        base.add(added_tables.POLICY_TABLE, added_tables.policy(manifest["policy"]))
        later = {
            table.full_name: added_tables.schema_types(schema)
            for table, schema in (
                (added_tables.COLUMNS_TABLE, added_tables.COLUMNS),
                (added_tables.RELEASE_TABLE, added_tables.RELEASE),
            )
        }
        described = [*base.tables, added_tables.COLUMNS_TABLE, added_tables.RELEASE_TABLE]
        base.add(added_tables.COLUMNS_TABLE, added_tables.columns(described, {**base.types, **later}))
        tables = base.hashes()
        own["content_hash"] = combined({name: table["hash"] for name, table in tables.items()})
        base.add(added_tables.RELEASE_TABLE, added_tables.release(own))
        base.export_parquet(parquet)
        periods = [str(row["period_id"]) for row in base.rows(f"{PUBLISHED}.periods")]
        return {"content_hash": own["content_hash"], "tables": base.hashes()}, periods


def write_public_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write `public/manifest.json`: what is needed to tell which release these files are of and that they are
    whole. It goes where the public edition goes, so it names no partner and counts nobody.
    """
    public = folder / PUBLIC
    own = {
        "schema_version": manifest["schema_version"],
        "edition": PUBLIC,
        "release_id": manifest["release_id"],
        "as_of": manifest["as_of"],
        "content_hash": manifest["public"]["content_hash"],
        # Each closed period with the release that first published it.
        "periods": manifest["periods"],
        "policy": manifest["policy"],
        "files": {
            path: {"sha256": digest, "bytes": (public / path).stat().st_size}
            for path, digest in hash_files(public).items()
        },
    }
    write_json(public / MANIFEST, own)
