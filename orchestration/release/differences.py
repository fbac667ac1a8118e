"""Compare two releases: rows, sums of counts, extracts, decisions and inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from orchestration.core import Settings, attach, open_duckdb, quoted
from orchestration.release.comparison import counted_lines, open_both, rows_changed
from orchestration.release.evidence_base import TIME_BOUND, column_types
from orchestration.release.lineage import lineage_beside
from orchestration.release.releases import Release, find_release, refuse_erased
from orchestration.stewardship import list_decisions

LISTED_LINES = 5  # of places, and of corridors
_OF_DECISION = ("says", "author", "time", "revoked_by")
_COUNTED_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")


@dataclass(frozen=True)
class TableDiff:
    """A table's changes; `changed` rows have the same key and other values.

    `measures` maps each column of counts to its sum before and after.
    """

    table: str
    rows_before: int | None
    rows_after: int | None
    added: int = 0
    removed: int = 0
    changed: int = 0
    measures: dict[str, tuple[int, int]] = field(default_factory=dict)
    columns_added: list[str] = field(default_factory=list)
    columns_removed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Moved:
    """The movements of a place or corridor before and after; `counted_as`: its role or level."""

    table: str
    record_grain: str
    counted_as: str
    line: str
    before: int
    after: int


@dataclass(frozen=True)
class ReleaseDiff:
    """All changes between two releases.

    `moved`: the places and corridors that changed most; empty where a release has no lineage.
    Decisions have `id` and `kind`, and their text if this installation's decision files hold it.
    `inputs_changed` names the parts of the inputs that differ.
    """

    before: str
    after: str
    tables: list[TableDiff]
    extracts_came: list[dict[str, Any]]
    extracts_left: list[dict[str, Any]]
    moved: list[Moved]
    decisions_came: list[dict[str, Any]]
    decisions_left: list[dict[str, Any]]
    inputs_changed: list[str]


def diff(settings: Settings, before: str, after: str) -> ReleaseDiff:
    """Compare two releases, each given by its id, the beginning of its id, or `current`."""
    return compare(settings, find_release(settings, before), find_release(settings, after))


def compare(settings: Settings, old: Release, new: Release) -> ReleaseDiff:
    """Compare two releases, or a release with a candidate."""
    names = sorted((old.manifest["tables"].keys() | new.manifest["tables"].keys()) - TIME_BOUND)
    with open_duckdb(threads=2) as con:
        _attach_release(con, old, "older")
        # One process cannot attach one file twice.
        newer = "newer" if new.path != old.path else "older"
        if newer == "newer":
            _attach_release(con, new, newer)
        tables = [_table(con, name, old, new, newer) for name in names]
    decisions_came, decisions_left = decisions_between(settings, old, new)
    in_force_before, in_force_after = _in_force(old.manifest), _in_force(new.manifest)
    return ReleaseDiff(
        old.release_id,
        new.release_id,
        tables,
        extracts_came=_named(in_force_after - in_force_before),
        extracts_left=_named(in_force_before - in_force_after),
        moved=_moved(old, new),
        decisions_came=decisions_came,
        decisions_left=decisions_left,
        inputs_changed=inputs_changed(old, new),
    )


def _moved(old: Release, new: Release) -> list[Moved]:
    try:
        con = open_both(new.evidence_base, *(lineage_beside(one) for one in (new, old)))
    except PermissionError:  # whoever may read releases need not be allowed to read lineages
        return []
    if con is None:
        return []
    with con:
        names = dict(con.execute("select place_id, name from places").fetchall())
        return [
            Moved(table, grain, of, _joined(names, ends), row.before, row.now)
            for table in ("hotspots", "corridors")
            for row in counted_lines(con, table)[:LISTED_LINES]
            for grain, of, ends in [row.line.split("|")]
        ]


def _joined(names: Mapping[str, str], ends: str) -> str:
    return " → ".join(names.get(end, end) for end in ends.split(">"))


def extracts_since(manifest: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, int]:
    """Count the extracts that came into force and left since the release before, by their manifests."""
    now, then = _in_force(manifest), _in_force(before) if before else set()
    return {"extracts_came": len(now - then), "extracts_left": len(then - now)}


def tables_since(manifest: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """List every table's rows, its added rows and whether it is same, changed or new, by the manifests."""
    earlier: Mapping[str, Any] = before["tables"] if before else {}
    rows = []
    for table, now in sorted(manifest["tables"].items()):
        then = earlier.get(table)
        if then is None:
            became = "new"
        elif table in TIME_BOUND or then["hash"] == now["hash"]:
            became = "same"
        else:
            became = "changed"
        more = now["rows"] - then["rows"] if then else now["rows"]
        rows.append({"table": table, "rows": now["rows"], "more_than_before": more, "became": became})
    return rows


def _in_force(manifest: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Partner code and id of each extract in force."""
    return {
        (extract["partner_code"], extract["extract_id"])
        for extract in manifest["extracts"]
        if extract["fate"] == "in_force"
    }


def _named(extracts: set[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"partner_code": partner, "extract_id": extract} for partner, extract in sorted(extracts)]


def decisions_between(
    settings: Settings, old: Release, new: Release
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """List the decisions that came and those that left, with their texts: a release holds ids and kinds."""
    try:
        entries = {entry["id"]: entry for entry in list_decisions(settings)}
    except PermissionError:  # whoever may read releases need not be allowed to read decisions
        entries = {}

    def only_in(having: Release, without: Release) -> list[dict[str, Any]]:
        others = {decision["id"] for decision in without.manifest["decisions"]}
        return [
            decision
            | {name: entries[decision["id"]][name] for name in _OF_DECISION if decision["id"] in entries}
            for decision in having.manifest["decisions"]
            if decision["id"] not in others
        ]

    return only_in(new, old), only_in(old, new)


def inputs_changed(old: Release, new: Release) -> list[str]:
    """Name the parts of the inputs that differ."""
    before, after = old.manifest["input_parts"], new.manifest["input_parts"]
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _attach_release(con: duckdb.DuckDBPyConnection, release: Release, name: str) -> None:
    refuse_erased(release)
    attach(con, release.evidence_base, name)


def _table(con: duckdb.DuckDBPyConnection, name: str, old: Release, new: Release, newer: str) -> TableDiff:
    before, after = old.manifest["tables"].get(name), new.manifest["tables"].get(name)
    if before is None or after is None:
        was, now = (table["rows"] if table else None for table in (before, after))
        return TableDiff(name, was, now, added=now or 0, removed=was or 0)
    here, there = (f"{release}.{quoted(*name.split('.', 1))}" for release in ("older", newer))
    old_types, new_types = column_types(con, here), column_types(con, there)
    shared = {column: kind for column, kind in new_types.items() if column in old_types}
    key = [column for column in after["key"] if column in shared]
    added, removed, changed = (
        (0, 0, 0) if before["hash"] == after["hash"] else rows_changed(con, here, there, shared, key)
    )
    return TableDiff(
        name,
        before["rows"],
        after["rows"],
        added,
        removed,
        changed,
        measures=_measures(con, here, there, shared, key),
        columns_added=[column for column in new_types if column not in old_types],
        columns_removed=[column for column in old_types if column not in new_types],
    )


def _measures(
    con: duckdb.DuckDBPyConnection, here: str, there: str, shared: dict[str, str], key: list[str]
) -> dict[str, tuple[int, int]]:
    """Sum the columns of counts. The sums add up record grains, so they show only that something changed."""
    counted = [
        column
        for column, kind in shared.items()
        if kind in _COUNTED_TYPES and column not in key and column.endswith(("_count", "_months", "rows"))
    ]
    if not counted:
        return {}
    sums = ", ".join(f"coalesce(sum({quoted(column)}), 0)" for column in counted)
    before = con.execute(f"select {sums} from {here}").fetchall()[0]
    after = con.execute(f"select {sums} from {there}").fetchall()[0]
    return {column: (int(b), int(a)) for column, b, a in zip(counted, before, after, strict=True)}
