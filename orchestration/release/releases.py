"""Kept releases: list, find, open and switch them; the parts of their manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.core import (
    PARTIAL,
    Damaged,
    NjiaError,
    Settings,
    UsageError,
    durable,
    locked_folder,
    open_duckdb,
    parsed,
    read_json,
    sha256_of,
)

if TYPE_CHECKING:
    import duckdb


MEMBERS, PUBLIC = "members", "public"
EDITIONS = (MEMBERS, PUBLIC)
EVIDENCE_BASE = f"{MEMBERS}/evidence_base.duckdb"
PUBLIC_EVIDENCE_BASE = f"{PUBLIC}/evidence_base.duckdb"
ERASURE = "erasure.json"


@dataclass(frozen=True)
class Release:
    """A published release or a candidate. `path` is its own folder, never the link `current`.

    `manifest_bytes` is the text that `manifest` was parsed from; the signature is checked against it.
    """

    release_id: str
    path: Path
    manifest: dict[str, Any]
    is_current: bool = False
    manifest_bytes: bytes = field(default=b"", repr=False)

    def edition(self, name: str) -> Path:
        return self.path / name

    @property
    def evidence_base(self) -> Path:
        return self.edition(MEMBERS) / "evidence_base.duckdb"

    @property
    def is_erased(self) -> bool:
        """Whether the members' edition was deleted, because it held a record that was forgotten."""
        return (self.path / ERASURE).is_file()


def current_release(settings: Settings) -> Release | None:
    """Return the current release, or None before the first."""
    if not settings.current.is_symlink():
        return None
    folder = settings.releases / settings.current.readlink().name  # `releases` may be a link itself
    if not (folder / MANIFEST).is_file():
        raise Damaged(
            settings.current,
            f"it names the release {folder.name}, which is missing",
            "Copy it from a backup (`njia restore`); or remove the link: `njia refresh` publishes again.",
        )
    return _read(folder, folder.name)


def list_releases(settings: Settings) -> list[Release]:
    """Return every release kept, newest first."""
    current = settings.current.resolve().name if settings.current.is_symlink() else None
    folders = [path.parent for path in settings.releases.glob(f"[!.]*/{MANIFEST}")]
    return sorted(
        (_read(folder, current) for folder in folders),
        key=lambda release: (release.manifest["sequence"], release.release_id),
        reverse=True,
    )


def find_release(settings: Settings, name: str) -> Release:
    """Find a release by its id, an unambiguous beginning of its id, or `current`.

    Raises UsageError if none or several match, NjiaError if the link `current` is broken.
    """
    releases = list_releases(settings)
    if name == "current" or not releases:
        # A broken link raises an error of its own, also where no release is left.
        matches = [release for release in [current_release(settings)] if release]
    else:
        matches = [release for release in releases if release.release_id == name] or [
            release for release in releases if name and release.release_id.startswith(name)
        ]
    if len(matches) == 1:
        return matches[0]
    if not releases and name == "current":
        raise UsageError(_no_release(settings))
    if not releases:
        raise UsageError(f"There is no release {name}. {_no_release(settings)}")
    problem = "There is no release" if not matches else "More than one release begins with"
    raise UsageError(
        f"{problem} {name}. The releases are: {', '.join(release.release_id for release in releases)}."
    )


def _no_release(settings: Settings) -> str:
    return f"There is no release yet in {settings.home}. `njia refresh` publishes the first."


def erasure_of(release: Release) -> dict[str, Any] | None:
    """Return the erasure note of a release whose members' edition was deleted, else None."""
    path = release.path / ERASURE
    note: dict[str, Any] | None = read_json(path) if path.is_file() else None
    return note


def refuse_erased(release: Release) -> None:
    """Raise UsageError if the release's members' edition was deleted."""
    if note := erasure_of(release):
        raise UsageError(
            f"The tables of the release {release.release_id} were deleted on {note['erased_on']}, because "
            "they held a record that was forgotten. Its manifest remains. Choose another release "
            "(`njia releases`)."
        )


def edition_in_force(settings: Settings, edition: str) -> tuple[Release, Path]:
    """Return the current release and the real path of its evidence base of an edition.

    The path behind `current` would not do: within one process DuckDB opens one path once, so a program that
    runs for days would keep reading the first release.

    Raises UsageError if there is no such edition, NjiaError before the first release.
    """
    if edition not in EDITIONS:
        raise UsageError(f"There is no edition {edition!r}. The editions are: {', '.join(EDITIONS)}.")
    release = current_release(settings)
    if release is None:
        raise NjiaError(_no_release(settings))
    path = release.edition(edition) / "evidence_base.duckdb"
    if not path.is_file():
        if edition == MEMBERS:
            refuse_erased(release)
        raise UsageError(
            f"The release {release.release_id} has no {edition} edition. `njia refresh` publishes both."
        )
    return release, path.resolve()


def open_edition(settings: Settings, edition: str) -> duckdb.DuckDBPyConnection:
    """Open an edition of the current release for reading; the connection stays on that release."""
    _, path = edition_in_force(settings, edition)
    return open_duckdb(path)


@contextmanager
def switching(settings: Settings) -> Iterator[None]:
    """Hold the lock that every change of the current release needs."""
    durable.make_folder(settings.releases)
    busy = NjiaError("Another release is being switched. Try again in a moment.")
    with locked_folder(settings.releases, busy):
        yield


def switch_current(settings: Settings, release_id: str) -> None:
    """Make a complete, synced release current: the only commit point. Call within `switching`."""
    # Relative, so that a home can be moved.
    durable.point(settings.current, Path(settings.releases.name) / release_id)


def remove_folder(folder: Path) -> None:
    """Remove a folder of `releases`; it is renamed first, so that a half-removed one is recognised."""
    if not folder.name.startswith(PARTIAL):
        renamed = folder.with_name(f"{PARTIAL}{folder.name}")
        durable.remove_folder(renamed)
        durable.rename(folder, renamed)
        folder = renamed
    durable.remove_folder(folder)


def _read(folder: Path, current: str | None) -> Release:
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = parsed(content, folder / MANIFEST)
    except (OSError, ValueError):
        raise Damaged(
            folder / MANIFEST,
            "it cannot be read",
            f"Copy it from a backup (`njia restore`); or move {folder} out of the releases folder.",
        ) from None
    return Release(folder.name, folder, manifest, folder.name == current, content)


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
SCHEMA_VERSION = 3
ROW_SUMS = ("landed", "current", "superseded", "quarantined", "withdrawn", "held", "embargoed")
# The fields of an extract that a manifest holds: never the partner's name or the name of its file.
EXTRACT_FIELDS = (
    "extract_id", "partner_code", "fate", "reason", "sha256", "parquet_sha256",
    "contract_version", "contract_hash", "period_from", "period_to", "round", "received_on",
    "rows_read", "rows_refused", "rows_landed",
)  # fmt: skip


def alerts_of(release: Any, edition: str = MEMBERS) -> list[dict[str, Any]]:
    """Return the alerts in force that an edition of a release or candidate shows; none without a release."""
    import pyarrow.parquet as pq

    path = release.path / edition / "parquet" / "published.alerts.parquet" if release else None
    return pq.read_table(path).to_pylist() if path and path.is_file() else []


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


def hash_files(folder: Path) -> dict[str, str]:
    """Hash every published file (SHA-256), by its path inside the candidate or release.

    Left out: the manifest, which holds these hashes, its signature, and the verdict, which judges them.
    """
    return {
        path.relative_to(folder).as_posix(): sha256_of(path)
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


def manifest_extracts(extracts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the extracts as a manifest holds them, in a fixed order."""
    entries = [
        {name: extract[name] for name in EXTRACT_FIELDS if extract.get(name) is not None}
        for extract in extracts
    ]
    return sorted(entries, key=lambda extract: (extract["partner_code"], extract["extract_id"]))
