"""Opening an edition of the current release, in programs that stay open for days.

Each release has files of its own, and each opening asks again which is current: inside one process DuckDB
would answer a second opening of one path with what it read at the first.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.core import NjiaError, Settings, UsageError
from orchestration.release.current import EDITIONS, MEMBERS, Release, current_release, refuse_erased


def edition_in_force(settings: Settings, edition: str) -> tuple[Release, Path]:
    """The current release and its file of an edition, by its real path.

    Raises UsageError where there is no such edition, NjiaError before the first release.
    """
    if edition not in EDITIONS:
        raise UsageError(f"There is no edition {edition!r}. The editions are: {', '.join(EDITIONS)}.")
    release = current_release(settings)
    if release is None:
        raise NjiaError("There is no release yet. `njia refresh` publishes the first.")
    path = release.public_evidence_base if edition == "public" else release.evidence_base
    if not path.is_file():
        if edition == MEMBERS:
            refuse_erased(release)
        raise UsageError(
            f"The release {release.release_id} has no {edition} edition. `njia refresh` publishes both."
        )
    return release, path.resolve()


def open_edition(settings: Settings, edition: str) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the current release's edition; it keeps that release until it is closed."""
    _, path = edition_in_force(settings, edition)
    return duckdb.connect(str(path), read_only=True)
