"""Earlier releases: return to one, erase the members' edition of one, carry public rows from one.

A rollback is recorded as a decision, so that the next refresh does not publish the same content again.

Of an erased release the signed manifest stays: it records what was published, when and from what. A signed
erasure note explains the missing tables, so tampering cannot pass for an erasure. The public edition has no
records and stays.

Public rows of closed years and rounds are published once and carried from the newest release that published
them, also after a rollback. They are an input: each file is compared with the hash in its release's manifest
before anything is built.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.core import (
    PARTIAL,
    Due,
    NjiaError,
    Settings,
    UsageError,
    due_erasures,
    load_release_key,
    settle,
    sha256_of,
    sync,
    write_json,
)
from orchestration.release.published_tables import PUBLISHED, read_published_models
from orchestration.release.releases import (
    ERASURE,
    ERASURE_SIGNATURE,
    MANIFEST,
    MEMBERS,
    PUBLIC,
    SCHEMA_VERSION,
    Release,
    alerts_of,
    changed_files,
    current_release,
    erasure_of,
    file_hashes,
    find_release,
    list_releases,
    refuse_erased,
    remove_folder,
    switch_current,
    switching,
)
from orchestration.release.signature import sign, why_not_signed
from orchestration.stewardship import (
    Decisions,
    active_decisions,
    audit,
    list_decisions,
    record_decision,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

IN_FORCE = "in_force"
EPOCHS = "epochs"
_EPOCH_SCHEMA = pa.schema([("period_id", pa.string()), ("epoch", pa.int32())])


def erase_editions(settings: Settings, today: date) -> list[str]:
    """Delete the members' edition of every earlier release made from forgotten cells; return their ids.

    The current release is erased once another one is published. The caller holds `switching`.
    """
    due = due_erasures(settings)
    key = load_release_key(settings) if due else None
    erased, held = [], set()
    for release in list_releases(settings):
        cells = _cells_of(release.manifest)
        owed = [one for one in due if set(one.cells) & cells]
        is_noted = bool(erasure_of(release)) and (release.path / ERASURE_SIGNATURE).is_file()
        # A kill may have come after the note.
        if not owed or (is_noted and not any(folder.exists() for folder in _editions(release))):
            continue
        if release.is_current:
            held |= cells
        elif key:
            _erase(release, owed, today, key)
            erased.append(release.release_id)
    settle(settings, held)
    return erased


def still_held(settings: Settings) -> str | None:
    """Return the current release's id if it holds a forgotten record, else None."""
    for release in list_releases(settings):
        if release.is_current and holds_forgotten(settings, release):
            return release.release_id
    return None


def holds_forgotten(settings: Settings, release: Release) -> bool:
    """Return whether a release was made from cells of a record that was forgotten since."""
    due = {cell for one in due_erasures(settings) for cell in one.cells}
    return bool(due & _cells_of(release.manifest))


def _erase(release: Release, owed: Iterable[Due], today: date, key: Ed25519PrivateKey) -> None:
    note = {
        "manifest_sha256": sha256_of(release.path / MANIFEST),
        "erased_on": today.isoformat(),
        "why": "it held a record that was forgotten",
        "records": sum(one.records for one in owed),
        "edition": MEMBERS,
    }
    write_json(release.path / ERASURE, note)
    sign(release.path, ERASURE, (release.path / ERASURE).read_bytes(), key)
    for folder in _editions(release):
        if folder.is_dir():
            remove_folder(folder)
    sync(release.path)


def _editions(release: Release) -> list[Path]:
    """Return the folders of the members' edition, half-removed ones included."""
    return [release.path / f"{start}{MEMBERS}" for start in (PARTIAL, "")]


def _cells_of(manifest: Mapping[str, Any]) -> set[str]:
    """Return the SHA-256 of the landed cells of each extract in force."""
    return {
        extract["parquet_sha256"]
        for extract in manifest["extracts"]
        if extract["fate"] == IN_FORCE and extract.get("parquet_sha256")
    }


def fit_to_return(settings: Settings, release_id: str) -> Release:
    """Return an earlier release after checking its files and its signature.

    Raises NjiaError if it is damaged or unsigned; UsageError if it is unknown, current, erased, holds a
    forgotten record, or shows the public an alert that no decision in force releases.
    """
    target = find_release(settings, release_id)
    if target.is_current:
        raise UsageError(f"The release {target.release_id} is already current.")
    refuse_erased(target)
    if holds_forgotten(settings, target):
        raise UsageError(
            f"The release {target.release_id} holds a record that was forgotten, so it cannot be current "
            "again. Choose another (`njia releases`)."
        )
    decided = active_decisions(settings, settings.as_of())["alert_release"]
    shown = (_alert_of(row | {"corridor": row["corridor_id"]}) for row in alerts_of(target, PUBLIC))
    if not set(shown) <= set(map(_alert_of, decided)):
        raise UsageError(
            f"The release {target.release_id} shows the public an alert, and the decision that released the "
            "alert was revoked. Choose another (`njia releases`), or release the alert again (`njia decide "
            "release-alert`)."
        )
    if changed := changed_files(target.path, file_hashes(target.manifest)):
        raise NjiaError(
            f"Files of the release {target.release_id} were changed after it was published: "
            f"{', '.join(changed[:3])}. Restore it from a backup, or choose another (`njia releases`)."
        )
    if fault := why_not_signed(settings, target):
        raise NjiaError(f"{fault} Nothing was changed.")
    return target


def _alert_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["corridor"], row["direction"], str(row["first_month"])


def rollback(
    settings: Settings,
    release_id: str,
    author: str,
    reason: str,
    now: datetime,
    from_release: str | None = None,
    *sent: Any,
) -> Release:
    """Make an earlier release current again; with `from_release`, only if that one is still current.

    `sent`: the form of the desk that asks for it. Raises what `fit_to_return` raises.
    """
    with switching(settings):
        target = fit_to_return(settings, release_id)
        current = find_release(settings, "current")
        if from_release not in (None, current.release_id):
            raise UsageError(
                f"The current release is now {current.release_id}, not {from_release}. Nothing was changed: "
                "look again, then decide."
            )
        releases: dict[str, Any] = {"from_release": current.release_id, "to_release": target.release_id}
        # The decision comes first: without it, the next refresh would publish the same content again.
        record_decision(settings, "rollback", author, reason, now, *sent, **releases)
        switch_current(settings, target.release_id)
        try:
            audit.record(settings, author, "rolled_back", target.release_id, **releases)
        except NjiaError as error:
            raise NjiaError(f"Release {target.release_id} is in force again. {error}") from None
    return Release(target.release_id, target.path, target.manifest, is_current=True)


def is_rolled_back(settings: Settings, decisions: Decisions, given_hash: str) -> bool:
    """Return whether a rollback in force left a release of the same inputs: then nothing is built.

    `given_hash` leaves out what only time decides, such as a lag that has passed.
    """
    return any(
        release.manifest.get("given_hash") == given_hash for release in left_behind(settings, decisions)
    )


def is_left_behind(settings: Settings, decisions: Decisions, content_hash: str) -> bool:
    """Return whether a rollback in force left a release of the same content.

    Other inputs may give the same content: boundaries, for example, change no table. The content of the
    current release never counts as left behind.
    """
    if any(release.is_current and _holds(release, content_hash) for release in list_releases(settings)):
        return False
    return any(_holds(release, content_hash) for release in left_behind(settings, decisions))


def _holds(release: Release, content_hash: str) -> bool:
    return bool(release.manifest["content_hash"] == content_hash)


def left_behind(settings: Settings, decisions: Decisions) -> list[Release]:
    """Return the kept releases that a rollback left and no later rollback restored."""
    left: set[str] = set()
    for decision in decisions["rollback"]:
        left.add(decision["from_release"])
        left.discard(decision["to_release"])
    return [release for release in list_releases(settings) if release.release_id in left]


def never_current(settings: Settings) -> list[Release]:
    """Return complete releases that a kill kept from becoming current: no reader has seen them.

    Returns none if there are several releases and no current one: the link may have been lost.
    """
    current, releases = current_release(settings), list_releases(settings)
    if current is None and len(releases) > 1:
        return []
    seen = {release.manifest["previous_release"] for release in releases}
    for entry in list_decisions(settings, "rollback"):
        seen |= {entry.get("from_release"), entry.get("to_release")}
    newest_seen = current.manifest["sequence"] if current else 0
    return [
        release
        for release in releases
        if release.manifest["sequence"] > newest_seen and release.release_id not in seen
    ]


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
