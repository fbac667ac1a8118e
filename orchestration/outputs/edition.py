"""What an edition publishes, as its readers' pages get it: tables read back from the candidate's own files.

Report, map and exports read nothing else, so no number can reach a reader that the edition does not publish.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

EDITIONS = ("public", "members")
WAIVERS = "quality.waivers.parquet"


@dataclass(frozen=True)
class Edition:
    """One edition of a candidate or release. `folder` is the release's, `manifest` what it says so far."""

    name: str
    folder: Path
    manifest: Mapping[str, Any]

    @property
    def path(self) -> Path:
        return self.folder / self.name

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables of schema `published` by their name, such as `corridors` or `hotspots`."""
        files = sorted((self.path / "parquet").glob("published.*.parquet"))
        return {path.stem.removeprefix("published."): pq.read_table(path).to_pandas() for path in files}

    @cached_property
    def waivers(self) -> list[dict[str, Any]]:
        """Waivers in force with author and reason, which members have and the public edition has not."""
        path = self.path / "parquet" / WAIVERS
        return pq.read_table(path).to_pylist() if path.is_file() else []

    def table(self, name: str) -> pd.DataFrame:
        """A published table; without rows or columns where the edition has no such table."""
        return self.tables.get(name, pd.DataFrame())


def editions_of(folder: Path, manifest: Mapping[str, Any]) -> list[Edition]:
    """The editions that a release publishes tables of."""
    editions = [Edition(name, folder, manifest) for name in EDITIONS]
    return [edition for edition in editions if edition.tables]
