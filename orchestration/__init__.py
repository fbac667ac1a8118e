"""Njia: from partners' extracts to a gated, published evidence base.

A movement passes the rooms in this order: extracts, places, gates, (dbt), linkage, statistics,
release. `cli` and `defs` call the rooms; the rooms call neither.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

__all__ = ["open_release"]


def open_release(home: Path | str | None = None, edition: str = "members") -> duckdb.DuckDBPyConnection:
    """A read-only DuckDB connection to the release in force; each call asks anew which that is.

    `home`: where everything lives [NJIA_HOME, ./var]. `edition`: members or public. An open connection keeps
    its release whatever is published meanwhile: close it and call again for the next. Raises a NjiaError with
    a sentence where there is nothing to open.
    """
    # What it takes to open one is loaded by nobody who only imports a room.
    from orchestration.core import Settings, check_home
    from orchestration.release import open_edition

    settings = Settings.from_environment(home)
    check_home(settings)
    return open_edition(settings, edition)
