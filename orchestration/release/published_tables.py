"""Tables of an edition, with keys and prose: dbt's published models, and those that the stage step adds.

The added ones cannot be dbt models, because their content is known only after dbt has run.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from graphlib import TopologicalSorter
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa

from expectations.checks import is_of_release
from expectations.release_gate import WHOLE
from orchestration.core import NjiaError
from orchestration.release.releases import MEMBERS, PUBLIC
from orchestration.warehouse import manifest_nodes

# The schema whose tables hold the rows of both editions, with a column `edition`.
PUBLISHED = "published"
# The same tables by quarter, for members alone.
SERIES = "series"
MEMBERS_SCHEMAS = ("marts", PUBLISHED, SERIES, "quality", "meta")


@dataclass(frozen=True)
class PublishedTable:
    """A published table; `columns` maps each column to its prose, '' if it has none.

    `is_complete_key`: no part of the key may be null. `references`: columns that hold the key of another
    table of the schema. `listed`: the values of columns with a closed list. `sums`: columns that may be
    summed over any rows. `of_members`: columns that the public edition lacks. `is_of_members`: it lacks the
    table. `has_series`: its quarters are rows of schema `series`.
    """

    schema: str
    name: str
    description: str
    columns: dict[str, str]
    key: tuple[str, ...] = ()
    is_complete_key: bool = True
    references: dict[str, str] = field(default_factory=dict)
    listed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sums: tuple[str, ...] = ()
    of_members: frozenset[str] = frozenset()
    is_of_members: bool = False
    has_series: bool = False

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def enforces_keys(self) -> bool:
        """Whether the files hold its keys: wide marts would make the members' file twice as large."""
        return self.schema != "marts" or self.name.startswith(("dim_", "fct_"))


def key_of(manifest: Mapping[str, Any], table: str) -> list[str]:
    """Return the key of a table (`schema.name`) by the manifest of a release, without the edition."""
    return [column for column in manifest["tables"][table]["key"] if column != "edition"]


def read_published_models(
    manifest_path: Path, schemas: tuple[str, ...] = MEMBERS_SCHEMAS
) -> list[PublishedTable]:
    """Read the models of these schemas with what dbt tests of them, each after those that it refers to.

    `unique` and `unique_key` give the key, `relationships` the references, `accepted_values` closed lists.
    """
    try:
        nodes = manifest_nodes(manifest_path)
    except (OSError, ValueError, KeyError):
        raise NjiaError(
            f"dbt's manifest {manifest_path} is missing or cannot be read. Run `njia refresh`: its dbt step "
            "writes it."
        ) from None
    tests = defaultdict(list)
    for node in nodes.values():
        if node["resource_type"] == "test" and node.get("test_metadata"):
            tests[node["attached_node"]].append(node)
    tables = {}
    for unique_id, node in nodes.items():
        is_stored = (
            node["resource_type"] == "model" and node.get("config", {}).get("materialized") != "ephemeral"
        )
        if is_stored and node["schema"] in schemas:
            tables[unique_id] = _table_of(node, tests[unique_id])
    tables = {
        unique_id: replace(table, references=_references(table, tests[unique_id], tables))
        for unique_id, table in sorted(tables.items(), key=lambda item: item[1].full_name)
    }
    by_name = {table.full_name: table for table in tables.values()}
    needed = {
        name: [f"{table.schema}.{target}" for target in table.references.values()]
        for name, table in by_name.items()
    }
    return [by_name[name] for name in TopologicalSorter(needed).static_order()]


def _one_line(node: Mapping[str, Any]) -> str:
    return " ".join((node.get("description") or "").split())


def _meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = node.get("config", {}).get("meta") or {}
    return meta


def _table_of(node: Mapping[str, Any], tests: Iterable[Mapping[str, Any]]) -> PublishedTable:
    columns = node.get("columns", {})
    key: tuple[str, ...] = ()
    is_complete_key, listed = True, {}
    for test in tests:
        arguments = test["test_metadata"]["kwargs"]
        match test["test_metadata"]["name"]:
            case "unique_key":
                key, is_complete_key = tuple(arguments["columns"]), not arguments.get("may_be_null")
            case "unique":
                key = (arguments["column_name"],)
            case "accepted_values":
                listed[arguments["column_name"]] = tuple(arguments["values"])
    if node["schema"] == PUBLISHED:  # each edition's file holds its own rows alone
        key = tuple(column for column in key if column != "edition")
    return PublishedTable(
        schema=node["schema"],
        name=node.get("alias") or node["name"],
        description=_one_line(node),
        columns={name: _one_line(column) for name, column in columns.items()},
        key=key,
        is_complete_key=is_complete_key,
        listed=listed,
        sums=tuple(_meta(node).get("sums", ())),
        of_members=frozenset(name for name in columns if _meta(columns[name]).get("edition") == MEMBERS),
        is_of_members=_meta(node).get("edition") == MEMBERS,
        has_series=bool(_meta(node).get("series")),
    )


def _references(
    table: PublishedTable, tests: Iterable[Mapping[str, Any]], tables: Mapping[str, PublishedTable]
) -> dict[str, str]:
    """Return the table of the same schema whose key a column holds, by column."""
    found = {}
    for test in tests:
        arguments = test["test_metadata"]["kwargs"]
        if test["test_metadata"]["name"] == "relationships":
            targets = [tables[node] for node in test["depends_on"]["nodes"] if node in tables]
            for target in targets:
                is_key = target.key == (arguments["field"],) and target.is_complete_key
                if target.schema == table.schema and target.name != table.name and is_key:
                    found[arguments["column_name"]] = target.name
    return found


# --- tables that the stage step adds ----------------------------------------------------------------------

_TYPES = {
    "text": pa.string(), "number": pa.int32(), "flag": pa.bool_(), "time": pa.timestamp("us", tz="UTC"),
    "day": pa.date32(), "decimal": pa.float64(),
}  # fmt: skip
DUCKDB_TYPES = {
    _TYPES["text"]: "VARCHAR", _TYPES["number"]: "INTEGER", _TYPES["flag"]: "BOOLEAN",
    _TYPES["time"]: "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip


@dataclass(frozen=True)
class AddedTable(PublishedTable):
    """A published table that is no dbt model; `arrow` has its columns with their types."""

    arrow: pa.Schema = field(default_factory=lambda: pa.schema([]))


def _added_tables() -> Iterator[AddedTable]:
    """Yield the tables of `added_tables.csv`: a row for each table, and one for each of its columns."""
    with Path(__file__).with_name("added_tables.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for name, (about, *columns) in groupby(rows, itemgetter("table")):
        key = {row["column"]: row["key"] for row in columns if row["key"]}
        schema, _, table = name.partition(".")
        yield AddedTable(
            schema,
            table,
            about["description"],
            {row["column"]: row["description"] for row in columns},
            key=tuple(key),
            is_complete_key="may be empty" not in key.values(),
            arrow=pa.schema([(row["column"], _TYPES[row["type"]]) for row in columns]),
        )


_ADDED = {table.full_name: table for table in _added_tables()}
CHECK_RESULTS_TABLE, WAIVERS_TABLE = _ADDED["quality.check_results"], _ADDED["quality.waivers"]
COLUMNS_TABLE, RELEASE_TABLE, POLICY_TABLE = (
    _ADDED[f"meta.{name}"] for name in ("columns", "release", "publication_policy")
)
CHECK_RESULTS = CHECK_RESULTS_TABLE.arrow
_MICRODATA = ("unique_share", "at_risk_share", "least_class", "quasi_identifiers", "not_measured")
# About the installation, the partners' data and the stewards' decisions: null in the public edition.
_OF_MEMBERS = ("inputs_hash", "decisions_hash", "extracts_in_force", "extracts_held", "key_ids")


def with_agreed_columns(given: pa.Table) -> pa.Table:
    """Return check results in their published columns; raise NjiaError if columns are missing or added."""
    if differing := sorted(set(given.column_names) ^ set(CHECK_RESULTS.names)):
        raise NjiaError(
            f"The check results do not have their agreed columns. Differing: {', '.join(differing)}."
        )
    return given.select(CHECK_RESULTS.names).cast(CHECK_RESULTS)


def waivers_table(given: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return active waivers, as the stewardship room gives them, in their published columns."""
    rows = [
        {
            "decision_id": waiver["id"],
            "check_name": waiver["check"],
            "check_definition": waiver["check_definition"],
            # No partner's name leaves the work folder.
            "scope": WHOLE if is_of_release(waiver["scope"]) else waiver["scope"].rpartition("/")[2],
            "author": waiver["author"],
            "reason": waiver["reason"],
            "decided_on": date.fromisoformat(str(waiver["time"])[:10]),
            "expires": date.fromisoformat(str(waiver["expires"])[:10]),
        }
        for waiver in given
    ]
    return pa.Table.from_pylist(rows, schema=WAIVERS_TABLE.arrow)


def columns_table(tables: Sequence[PublishedTable], types: Mapping[str, Mapping[str, str]]) -> pa.Table:
    """Return the dictionary of `tables`; `types` maps each table to its columns in order, with types."""
    rows = [
        {
            "table_schema": table.schema,
            "table_name": table.name,
            "column_name": column,
            "position": position,
            "data_type": data_type,
            "is_key": column in table.key,
            "may_be_summed": column in table.sums,
            "description": table.columns.get(column) or None,
        }
        for table in tables
        for position, (column, data_type) in enumerate(types[table.full_name].items(), start=1)
    ]
    return pa.Table.from_pylist(rows, schema=COLUMNS_TABLE.arrow)


def release_table(manifest: Mapping[str, Any]) -> pa.Table:
    """Return the row of meta.release."""
    fates = [extract["fate"] for extract in manifest["extracts"]]
    row = {name: manifest.get(name) for name in RELEASE_TABLE.columns}
    # Shares without counts, because the public edition has this row too.
    measured = {name: value for name, value in manifest.get("microdata", {}).items() if name in _MICRODATA}
    shares = {name: round(measured[name], 2) for name in measured if name.endswith("_share")}
    row |= {
        "as_of": datetime.fromisoformat(manifest["as_of"]).astimezone(UTC),
        "extracts_in_force": fates.count("in_force"),
        "extracts_held": fates.count("held"),
        "versions": json.dumps(manifest["versions"], sort_keys=True),
        "key_ids": json.dumps(manifest["key_ids"], sort_keys=True),
        "boundaries": json.dumps(manifest.get("boundaries", {}), sort_keys=True),
        "microdata": json.dumps(measured | shares, sort_keys=True),
    }
    if manifest["edition"] == PUBLIC:
        row |= dict.fromkeys(_OF_MEMBERS)
    return pa.Table.from_pylist([row], schema=RELEASE_TABLE.arrow)
