"""Stage: write the complete candidate release with both editions, byte for byte as it will be published.

Not here: judging the candidate (the release gate) and switching to it (`publishing`)."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.core import (
    PARTIAL,
    NjiaError,
    Settings,
    durable,
    load_publication_policy,
    machine_fault,
    require_room,
    sync,
    write_json,
)
from orchestration.release.candidate import count_checks, release_id
from orchestration.release.earlier import Carried, never_current
from orchestration.release.evidence_base import STORAGE_VERSION, EvidenceBase, combined, uniqueness
from orchestration.release.lineage import sweep_lineage
from orchestration.release.published_tables import (
    CHECK_RESULTS_TABLE,
    COLUMNS_TABLE,
    DUCKDB_TYPES,
    POLICY_TABLE,
    PUBLISHED,
    RELEASE_TABLE,
    WAIVERS_TABLE,
    columns_table,
    read_published_models,
    release_table,
    waivers_table,
    with_agreed_columns,
)
from orchestration.release.releases import (
    CANDIDATE,
    EVIDENCE_BASE,
    MANIFEST,
    MEMBERS,
    PUBLIC,
    PUBLIC_EVIDENCE_BASE,
    ROW_SUMS,
    SCHEMA_VERSION,
    Release,
    current_release,
    file_entries,
    list_releases,
    manifest_extracts,
    remove_folder,
    switching,
)

READ_ONLY = 0o444
UNTIL_PUBLISHED = 0o700  # readers of releases may not read what the gate has not passed
MOVEMENTS = "marts.fct_movements"
RECONCILIATION = "quality.reconciliation"
TERMS = "meta.terms"


def stage(
    settings: Settings,
    dbt_manifest: Path,
    inputs: Mapping[str, Any],
    check_results: pa.Table,
    waivers: Sequence[Mapping[str, Any]],
    carried: Carried,
    write_pages: Callable[[Path, Mapping[str, Any]], object] = lambda folder, manifest: None,
) -> Release:
    """Write a candidate from the work file, replacing any other; equal inputs give equal tables.

    `inputs`: what the manifest says of them, with `as_of` as datetime; of extracts it keeps EXTRACT_FIELDS.
    `check_results` has the columns of CHECK_RESULTS; `waivers` are the active ones. `carried`: the public
    rows of closed years. `write_pages` gets the candidate's folder and its manifest so far, after the
    evidence base is closed and before files are sealed.
    """
    with switching(settings):
        sweep(settings)
    releases = list_releases(settings)
    current = current_release(settings)
    # A candidate takes about as much as the last release, or twice the work file.
    last = sum(file["bytes"] for file in current.manifest["files"].values()) if current else 0
    work_file = settings.warehouse.stat().st_size if settings.warehouse.is_file() else 0
    require_room(settings.home, max(last, 2 * work_file), "staging a release")
    as_of: datetime = inputs["as_of"]
    name = release_id(as_of, inputs["inputs_hash"], {release.release_id for release in releases})
    folder = settings.releases / f"{CANDIDATE}{name}"
    manifest: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "edition": MEMBERS,
        "release_id": name,
        "sequence": 1 + max((release.manifest["sequence"] for release in releases), default=0),
        **inputs,
        "as_of": as_of.isoformat(),
        "extracts": manifest_extracts(inputs["extracts"]),
        "previous_release": current.release_id if current else None,
        "storage_version": STORAGE_VERSION,
        "versions": {program: version(program) for program in ("njia", "duckdb", "dbt-core")},
        "periods": {},
    }
    try:
        checks = with_agreed_columns(check_results)
        models = read_published_models(dbt_manifest)
        durable.make_folder(folder, UNTIL_PUBLISHED)
        durable.make_folder(folder / MEMBERS)
        with EvidenceBase(settings, folder / EVIDENCE_BASE, MEMBERS) as base:
            for model in models:
                base.copy_model(model)
            base.add(CHECK_RESULTS_TABLE, checks)
            base.add(WAIVERS_TABLE, waivers_table(waivers))
            manifest["microdata"] = _microdata(base)
            manifest |= add_release_tables(base, manifest)
            manifest["undescribed"] = base.undescribed()
            manifest["rows"] = base.row_sums(RECONCILIATION, ROW_SUMS)
            # Record grains are never added up: `movements` is only the length of the table.
            manifest["movements_by_grain"] = base.counts(MOVEMENTS, "record_grain")
            manifest["terms"] = base.rows(TERMS)
            manifest["movements"] = manifest["tables"].get(MOVEMENTS, {}).get("rows")
            manifest["waivers"] = [str(waiver["id"]) for waiver in waivers]
            manifest["checks"] = count_checks(checks.to_pylist())
            base.export_parquet(folder / MEMBERS / "parquet")
        manifest["public"], periods = write_public_edition(settings, folder, dbt_manifest, manifest)
        manifest["periods"] = carried.notes(periods, name)
        write_pages(folder, manifest)
        write_public_manifest(folder, manifest)
        _seal(folder)
        manifest["files"] = file_entries(folder)
        write_json(folder / MANIFEST, manifest)
    except BaseException as error:
        with suppress(OSError):  # the error that stopped the staging is the one to show
            durable.remove_folder(folder)  # on a full disk, leftovers would keep the disk full
        if not isinstance(error, duckdb.Error):
            raise
        # The engine's text may quote a cell.
        raise machine_fault(error, settings.home) or NjiaError(
            f"The candidate release could not be written ({type(error).__name__}). The current release "
            f"stays. Make sure that nothing else has {settings.warehouse} open, then run `njia refresh` "
            "again."
        ) from None
    return Release(name, folder, manifest)


def sweep(settings: Settings) -> None:
    """Remove what a killed refresh left: candidates, partial files, releases never current, their lineage."""
    for leftover in (*settings.releases.glob(f"{CANDIDATE}*"), *settings.releases.glob(f"{PARTIAL}*")):
        if leftover.is_dir():
            remove_folder(leftover)
        else:
            durable.remove(leftover)
    durable.remove(settings.home / f"{PARTIAL}current")
    for release in never_current(settings):
        remove_folder(release.path)
    sweep_lineage(settings)


def add_release_tables(base: EvidenceBase, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Add policy, dictionary and release row to an edition whose other tables are complete.

    Returns `content_hash` and `tables` (rows, hash and key of each) for the manifest.
    """
    rules = manifest["policy"].get("rows", [])
    base.add(POLICY_TABLE, pa.Table.from_pylist(rules, schema=POLICY_TABLE.arrow))
    described = [*base.tables, COLUMNS_TABLE, RELEASE_TABLE]
    types = dict(base.types)
    for table in (COLUMNS_TABLE, RELEASE_TABLE):
        types[table.full_name] = {column.name: DUCKDB_TYPES[column.type] for column in table.arrow}
    base.add(COLUMNS_TABLE, columns_table(described, types))
    content_hash = combined({name: table["hash"] for name, table in base.hashes().items()})
    base.add(RELEASE_TABLE, release_table({**manifest, "content_hash": content_hash}))
    return {"content_hash": content_hash, "tables": base.hashes()}


def _microdata(base: EvidenceBase) -> dict[str, Any]:
    policy = load_publication_policy()
    columns = policy.microdata_quasi_identifiers
    if missing := set(columns) - base.types.get(MOVEMENTS, {}).keys():
        return {"not_measured": f"{MOVEMENTS} has no {', '.join(sorted(missing))}"}
    return uniqueness(base.con, f"release.{MOVEMENTS}", columns, policy["microdata_least_class"])


def _seal(folder: Path) -> None:
    """Make every file read-only, and sync files and folders."""
    logs = sorted(path.name for path in folder.rglob("*.wal"))
    if logs:
        raise NjiaError(
            f"The candidate's database was not closed ({', '.join(logs)}). Run `njia refresh` again."
        )
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():
            path.chmod(READ_ONLY)
        sync(path)
    sync(folder)


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
