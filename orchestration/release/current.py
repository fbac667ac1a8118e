"""Which releases there are, which is current, and how to open one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from orchestration.core import PARTIAL, NjiaError, Settings, UsageError, sync
from orchestration.release.manifest import MANIFEST

if TYPE_CHECKING:
    import duckdb

MEMBERS, PUBLIC = "members", "public"
EDITIONS = (MEMBERS, PUBLIC)
EVIDENCE_BASE = f"{MEMBERS}/evidence_base.duckdb"
PUBLIC_EVIDENCE_BASE = f"{PUBLIC}/evidence_base.duckdb"
MEMBERS_IN_0_1 = "partner"  # the folder of the members' edition in releases of version 0.1.0
ERASURE = "erasure.json"
LOCK_SECONDS = 10


@dataclass(frozen=True)
class Release:
    """A published release. `path` is its own folder, never the link `current`.

    `manifest_bytes`: what `manifest` was read from, so that a signature is checked of that and nothing else.
    """

    release_id: str
    path: Path
    manifest: dict[str, Any]
    is_current: bool
    manifest_bytes: bytes = field(default=b"", repr=False)

    def edition(self, name: str) -> Path:
        """The folder of an edition."""
        return edition_folder(self.path, name)

    @property
    def evidence_base(self) -> Path:
        return self.edition(MEMBERS) / "evidence_base.duckdb"

    @property
    def public_evidence_base(self) -> Path:
        return self.path / PUBLIC_EVIDENCE_BASE


def edition_folder(release: Path, name: str) -> Path:
    """The folder of an edition. In a release of version 0.1.0 the members' lies under its old name."""
    old = release / MEMBERS_IN_0_1
    return old if name == MEMBERS and old.is_dir() else release / name


def current_release(settings: Settings) -> Release | None:
    """The release in force, or None before the first."""
    if not settings.current.is_symlink():
        return None
    folder = settings.current.resolve()
    if not (folder / MANIFEST).is_file():
        raise NjiaError(
            f"{settings.current} names the release {folder.name}, which is not there. Restore {folder} from "
            "a backup, or remove the link: the next `njia refresh` publishes a release again."
        )
    return _read(folder, folder.name)


def list_releases(settings: Settings) -> list[Release]:
    """Every release kept, the newest first."""
    if not settings.releases.is_dir():
        return []
    current = settings.current.resolve().name if settings.current.is_symlink() else None
    folders = [path.parent for path in settings.releases.glob(f"[!.]*/{MANIFEST}")]
    return sorted(
        (_read(folder, current) for folder in folders),
        key=lambda release: (release.manifest["sequence"], release.release_id),
        reverse=True,
    )


def find_release(settings: Settings, name: str) -> Release:
    """A release by its id, by the beginning of its id where that fits one only, or as `current`.

    Raises UsageError where there is none or more than one, NjiaError where `current` leads to nothing.
    """
    releases = list_releases(settings)
    if name == "current" or not releases:
        # A link to what is gone is not the same as no release: it says so.
        found = [release for release in [current_release(settings)] if release]
    else:
        found = [release for release in releases if release.release_id == name] or [
            release for release in releases if name and release.release_id.startswith(name)
        ]
    if len(found) == 1:
        return found[0]
    if not releases and name == "current":
        raise UsageError("There is no release yet. `njia refresh` publishes the first.")
    if not releases:
        raise UsageError(
            f"There is no release {name}: {settings.home} has no release yet. `njia refresh` publishes the "
            "first."
        )
    problem = "There is no release" if not found else "More than one release begins with"
    raise UsageError(
        f"{problem} {name}. The releases are: {', '.join(release.release_id for release in releases)}."
    )


def erasure_of(release: Release) -> dict[str, Any] | None:
    """The note that lies where a release's members' edition was, once it had to be deleted."""
    path = release.path / ERASURE
    note: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    return note


def refuse_erased(release: Release) -> None:
    """Raise UsageError where the tables of a release are gone."""
    if note := erasure_of(release):
        raise UsageError(
            f"The tables of the release {release.release_id} were deleted on {note['erased_on']}, because "
            "they held a record that was forgotten. Its manifest says what it was made from. Choose another "
            "release (`njia releases`)."
        )


def open_readonly(release: Release) -> duckdb.DuckDBPyConnection:
    """Open a release's evidence base for reading; raises UsageError where it was erased.

    By its real path: inside one process DuckDB would answer a second opening of the path behind
    `current` with the release that was current at the first.
    """
    refuse_erased(release)
    import duckdb

    return duckdb.connect(str(release.evidence_base.resolve()), read_only=True)


@contextmanager
def switching(settings: Settings) -> Iterator[None]:
    """Hold off every other change of what is current."""
    settings.releases.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(settings.releases / ".lock", timeout=LOCK_SECONDS):
            yield
    except Timeout:
        raise NjiaError("Another release is being switched. Try again in a moment.") from None


def switch_current(settings: Settings, release_id: str) -> None:
    """Make a complete, synced release the current one: the only commit point. Call within `switching`."""
    fresh = settings.home / f"{PARTIAL}current"
    fresh.unlink(missing_ok=True)
    # Relative, so that a home can be moved.
    fresh.symlink_to(Path(settings.releases.name) / release_id, target_is_directory=True)
    fresh.replace(settings.current)
    sync(settings.home)


def remove_folder(folder: Path) -> None:
    """Remove a folder of `releases`; renamed first, so that half of it is never taken for the whole."""
    if not folder.name.startswith(PARTIAL):
        doomed = folder.with_name(f"{PARTIAL}{folder.name}")
        shutil.rmtree(doomed, ignore_errors=True)
        folder = folder.rename(doomed)
    shutil.rmtree(folder)


def _read(folder: Path, current: str | None) -> Release:
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = json.loads(content)
    except (OSError, ValueError):
        raise NjiaError(
            f"The manifest of the release {folder.name} cannot be read. Restore {folder} from a backup, or "
            "move it out of the releases folder."
        ) from None
    return Release(folder.name, folder, manifest, folder.name == current, content)
