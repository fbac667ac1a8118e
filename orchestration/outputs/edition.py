"""The published tables of an edition, read from the files of the candidate.

Report, map and exports read nothing else, so they show only numbers that the edition publishes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

EDITIONS = ("public", "members")
WAIVERS = "quality.waivers.parquet"
NOT_MEASURED = "marts.mart_not_measured.parquet"
SHIFTS = "marts.mart_corridor_shifts.parquet"
NO_ALERT_JUDGED = ("no_corridor_judged", "short_history")


@dataclass(frozen=True)
class Edition:
    """One edition of a candidate or release: the folder of the release and its manifest so far."""

    name: str
    folder: Path
    manifest: Mapping[str, Any]
    _read: dict[str, pa.Table] = field(default_factory=dict, repr=False, compare=False)
    _frames: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    @property
    def path(self) -> Path:
        return self.folder / self.name

    @cached_property
    def tables(self) -> dict[str, Path]:
        """Files of schema `published` by table name, such as `corridors` or `hotspots`."""
        files = sorted((self.path / "parquet").glob("published.*.parquet"))
        return {path.stem.removeprefix("published."): path for path in files}

    @cached_property
    def waivers(self) -> list[dict[str, Any]]:
        """Waivers in force with author and reason; empty in the public edition."""
        return self._beside(WAIVERS).to_pylist()

    @property
    def judged_shifts(self) -> pa.Table:
        """Return the members' mart of shifts; an empty table in the public edition."""
        return self._beside(SHIFTS)

    @cached_property
    def unjudged_alerts(self) -> str | None:
        """Why no corridor at all could be judged for alerts; None where one was, and in public."""
        rows = self._beside(NOT_MEASURED).to_pylist()
        reasons = (row["reason"] for row in rows if row["measure"] == "alerts")
        return next((reason for reason in reasons if reason in NO_ALERT_JUDGED), None)

    def _beside(self, file: str) -> pa.Table:
        """Return a table of the members beside the published ones; an empty one in the public edition."""
        path = self.path / "parquet" / file
        return pq.read_table(path) if path.is_file() else pa.table({})

    def arrow(self, name: str) -> pa.Table:
        """Return a published table; an empty one where the edition lacks it."""
        if name not in self._read:
            self._read[name] = pq.read_table(self.tables[name]) if name in self.tables else pa.table({})
        return self._read[name]

    def table(self, name: str) -> pd.DataFrame:
        """Return a published table as a frame, shared by all callers: do not change it."""
        if name not in self._frames:
            self._frames[name] = self.arrow(name).to_pandas()
        return self._frames[name]


def editions_of(folder: Path, manifest: Mapping[str, Any]) -> list[Edition]:
    """Return the editions of a release that have published tables."""
    editions = [Edition(name, folder, manifest) for name in EDITIONS]
    return [edition for edition in editions if edition.tables]
