"""What an edition prints, as its readers' pages get it: tables read back from the candidate's own files.

Report, page and exports read nothing else, so no number can reach a reader that the edition does not print.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

# Of each edition the schema of its printed tables, which is also what their names begin with.
SCHEMAS = {"public": "public", "partner": "report"}
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
        """Printed tables by their name without the edition's, such as `corridors` or `hotspots`."""
        start = f"{SCHEMAS[self.name]}.{SCHEMAS[self.name]}_"
        files = sorted((self.path / "parquet").glob(f"{start}*.parquet"))
        return {path.stem.removeprefix(start): pq.read_table(path).to_pandas() for path in files}

    @cached_property
    def waivers(self) -> list[dict[str, Any]]:
        """Waivers in force with author and reason, which members have and the public edition has not."""
        path = self.path / "parquet" / WAIVERS
        return pq.read_table(path).to_pylist() if path.is_file() else []

    def table(self, name: str) -> pd.DataFrame:
        """A printed table; without rows or columns where the edition has no such table."""
        return self.tables.get(name, pd.DataFrame())


def editions_of(folder: Path, manifest: Mapping[str, Any]) -> list[Edition]:
    """The editions that a release prints tables of: public, partner."""
    editions = [Edition(name, folder, manifest) for name in SCHEMAS]
    return [edition for edition in editions if edition.tables]
