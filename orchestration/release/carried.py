"""Carry the public rows of closed years and rounds, which are published once, from an earlier release.

The source is the newest release that published them, also after a rollback. The rows are an input: each file
is compared with the hash in its release's manifest before anything is built."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.core import NjiaError, Settings, sha256_of
from orchestration.release.earlier import never_current
from orchestration.release.published_tables import PUBLISHED, read_published_models
from orchestration.release.releases import PUBLIC, SCHEMA_VERSION, Release, list_releases

EPOCHS = "epochs"
_EPOCH_SCHEMA = pa.schema([("period_id", pa.string()), ("epoch", pa.int32())])


@dataclass(frozen=True)
class Carried:
    """The periods that a release carries or republishes.

    `periods`: the manifest's note of each carried period. `anew`: the note of each period that a decision
    republishes. `rows`: carried rows by table.
    """

    release_id: str | None = None
    periods: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    anew: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)

    def notes(self, periods: Iterable[str], release_id: str) -> dict[str, dict[str, Any]]:
        """Return the manifest's notes on the public periods of this release.

        `epoch`: how often it was republished. `first_release`: the release that drew its noise.
        `carried_from`: the release its rows were read from, null if new. `republished_by`: ids of decisions.
        """
        new: dict[str, Any] = {"epoch": 0, "republished_by": []}
        return {
            period: dict(self.periods[period]) | {"carried_from": self.release_id}
            if period in self.periods
            else new | dict(self.anew.get(period, {})) | {"first_release": release_id, "carried_from": None}
            for period in sorted(periods)
        }


def carried_tables(manifest_path: Path) -> dict[str, list[str]]:
    """Return the columns of each published table whose rows belong to periods, by its name.

    Numbers that others published have no period of ours: every release has them as their source does.
    """
    tables = read_published_models(manifest_path, (PUBLISHED,))
    return {
        table.name: list(table.columns)
        for table in tables
        if "period_id" in table.columns and not table.is_of_members
    }


def last_with_periods(settings: Settings) -> Release | None:
    """Return the newest release that published closed years or rounds, also after a rollback.

    Until version 1, tables of another schema begin the published years anew.
    """
    unseen = {release.release_id for release in never_current(settings)}
    seen = (release for release in list_releases(settings) if release.release_id not in unseen)
    return next(
        (
            release
            for release in seen
            if release.manifest.get("periods") and release.manifest["schema_version"] == SCHEMA_VERSION
        ),
        None,
    )


def carry(
    settings: Settings,
    republished: Iterable[Mapping[str, Any]],
    columns: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> Carried:
    """Write the carried rows to `work/carried`, one Parquet file for each table.

    `republished`: decisions to republish a year. `columns`: today's columns of each table; those that the
    earlier release lacks become null. Raises NjiaError if a source file was changed after publication.
    """
    shutil.rmtree(settings.carried, ignore_errors=True)
    settings.carried.mkdir(parents=True)
    release = last_with_periods(settings)
    if release is None:
        return Carried()
    notes: dict[str, Mapping[str, Any]] = release.manifest["periods"]
    anew: dict[str, Mapping[str, Any]] = {}
    for decision in republished:
        year = f"year-{decision['year']}"
        note = anew.get(year) or notes.get(year)
        if note is not None and decision["id"] not in note["republished_by"]:
            done = [*note["republished_by"], decision["id"]]
            anew[year] = {"epoch": note["epoch"] + 1, "republished_by": done}
    carried = {period: note for period, note in notes.items() if period not in anew}
    rows = {}
    for path in sorted((release.path / PUBLIC / "parquet").glob(f"{PUBLISHED}.*.parquet")):
        named = path.relative_to(release.path).as_posix()
        if release.manifest["files"].get(named, {}).get("sha256") != sha256_of(path):
            raise NjiaError(
                f"{path} was changed after it was published: its hash differs from the manifest of the "
                f"release {release.release_id}, which closed years are carried from. Restore that release "
                "from a backup; `njia verify` shows what else was changed."
            )
        name = path.stem.removeprefix(f"{PUBLISHED}.")
        table = pq.read_table(path)
        if "period_id" not in table.column_names:
            continue
        table = table.filter(pc.is_in(table["period_id"], pa.array(list(carried), pa.string())))
        for column in columns.get(name, ()):
            if column not in table.column_names:
                table = table.append_column(column, pa.nulls(table.num_rows))
        pq.write_table(table, settings.carried / f"{name}.parquet")
        rows[name] = table.num_rows
    epochs = [{"period_id": period, "epoch": note["epoch"]} for period, note in anew.items()]
    rows[EPOCHS] = len(epochs)
    pq.write_table(pa.Table.from_pylist(epochs, schema=_EPOCH_SCHEMA), settings.carried / f"{EPOCHS}.parquet")
    return Carried(release.release_id, carried, anew, rows)
