"""The tables that the stage step adds to the published models: their schemas, and the prose of each column.

They cannot be dbt models: they hold what is known only after dbt has run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from orchestration.core import NjiaError
from orchestration.release.current import PUBLIC
from orchestration.release.staging.published_models import PublishedTable

CHECK_RESULTS = pa.schema(
    [
        ("stage", pa.string()),
        ("check_name", pa.string()),
        ("subject", pa.string()),
        ("partner_code", pa.string()),
        ("severity", pa.string()),
        ("outcome", pa.string()),
        ("observed", pa.float64()),
        ("expected", pa.string()),
        ("waived_by", pa.string()),
        ("why", pa.string()),
        ("steward_action", pa.string()),
    ]
)
WAIVERS = pa.schema(
    [
        ("decision_id", pa.string()),
        ("check_name", pa.string()),
        ("check_definition", pa.string()),
        ("scope", pa.string()),
        ("author", pa.string()),
        ("reason", pa.string()),
        ("decided_on", pa.date32()),
        ("expires", pa.date32()),
    ]
)
COLUMNS = pa.schema(
    [
        ("table_schema", pa.string()),
        ("table_name", pa.string()),
        ("column_name", pa.string()),
        ("position", pa.int32()),
        ("data_type", pa.string()),
        ("is_key", pa.bool_()),
        ("description", pa.string()),
    ]
)
RELEASE = pa.schema(
    [
        ("release_id", pa.string()),
        ("edition", pa.string()),
        ("schema_version", pa.int32()),
        ("as_of", pa.timestamp("us", tz="UTC")),
        ("inputs_hash", pa.string()),
        ("content_hash", pa.string()),
        ("previous_release", pa.string()),
        ("decisions_hash", pa.string()),
        ("extracts_in_force", pa.int32()),
        ("extracts_held", pa.int32()),
        ("versions", pa.string()),
        ("key_ids", pa.string()),
        ("boundaries", pa.string()),
        ("microdata", pa.string()),
    ]
)

CHECK_RESULTS_TABLE = PublishedTable(
    "quality",
    "check_results",
    "Every check that ran before this release was staged. Results of the release gate are in the manifest.",
    {
        "stage": "Where the check ran: extract_gate, or warehouse for a test of the dbt project.",
        "check_name": "Name of the check, the same in every refresh.",
        "subject": "What was checked: an extract_id, or the name of a table.",
        "partner_code": "Keyed code of the extract's partner; null for a table.",
        "severity": "What a failure does: hold (the extract), refuse (the release), or warn.",
        "outcome": "passed, failed, waived, error, or not_run.",
        "observed": "The number that decided, where there is one.",
        "expected": "What the number has to be.",
        "waived_by": "decision_id of the waiver that let a failed check pass, else null.",
        "why": "Why the check exists.",
        "steward_action": "What a steward does when it fails.",
    },
    ("stage", "check_name", "subject"),
)
WAIVERS_TABLE = PublishedTable(
    "quality",
    "waivers",
    "Stewards' waivers of failed checks that held when this release was made.",
    {
        "decision_id": "Id of the decision.",
        "check_name": "The check that may fail.",
        "check_definition": "Hash of the check as it was when waived; the waiver lapses when it changes.",
        "scope": "The extract_id the waiver is for, or release.",
        "author": "The steward who decided.",
        "reason": "The steward's reason.",
        "decided_on": "Day of the decision (UTC).",
        "expires": "Last day on which the waiver holds.",
    },
    ("decision_id",),
)
COLUMNS_TABLE = PublishedTable(
    "meta",
    "columns",
    "The dictionary: every column of every published table.",
    {
        "table_schema": "Schema of the table.",
        "table_name": "Name of the table.",
        "column_name": "Name of the column.",
        "position": "Place of the column in its table, from 1.",
        "data_type": "Type of the column.",
        "is_key": "Whether the column is part of the table's key.",
        "description": "What the column means; also stored as the column's comment.",
    },
    ("table_schema", "table_name", "column_name"),
)
RELEASE_TABLE = PublishedTable(
    "meta",
    "release",
    "One row: which release this is and what it was made from. More stands in its manifest.json.",
    {
        "release_id": "UTC time of the refresh and the first 8 hex digits of inputs_hash.",
        "edition": "members (with microdata, under agreement) or public.",
        "schema_version": "Rises when a column changes or goes, after two releases' notice.",
        "as_of": "The time the release speaks for: it decides embargoes, lags and expiry.",
        "inputs_hash": "Members alone. Hash of extracts, contracts, decisions, keys' ids and code.",
        "content_hash": "Hash of the rows of all tables but this one, in any order.",
        "previous_release": "The release that was current when this one was staged; null for the first.",
        "decisions_hash": "Members alone. Hash of the stewards' decisions that held.",
        "extracts_in_force": "Members alone. Number of extracts that feed the tables.",
        "extracts_held": "Members alone. Number of landed extracts kept out by the extract gate.",
        "versions": "Versions of the programs that made the release (JSON).",
        "key_ids": "Members alone. Short ids of the keys in use (JSON); never the keys.",
        "boundaries": "Name, licence and SHA-256 of the county boundaries that maps of this release are "
        "drawn with, whether they are generalised, and warnings about them (JSON). None is authoritative.",
        "microdata": "How easily records of the members' edition are singled out by what somebody may know "
        "(quasi_identifiers): parts, to a hundredth, that are unique or in classes of fewer than least_class "
        "(JSON).",
    },
    ("release_id",),
)

POLICY_TABLE = PublishedTable(
    "meta",
    "publication_policy",
    "What the editions publish, and how counts are protected: one row a number, with its why.",
    {
        "name": "Name of the number.",
        "value": "The number, word or list.",
        "shipped": "What Njia ships.",
        "unit": "What it counts.",
        "why": "Why it is so.",
    },
    ("name",),
)


def check_results(given: pa.Table) -> pa.Table:
    """The results in their published columns; a missing or further column is a fault of the caller."""
    if set(given.column_names) != set(CHECK_RESULTS.names):
        differing = sorted(set(given.column_names) ^ set(CHECK_RESULTS.names))
        raise NjiaError(
            f"The check results do not have their agreed columns. Differing: {', '.join(differing)}."
        )
    return given.select(CHECK_RESULTS.names).cast(CHECK_RESULTS)


def waivers(given: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Active waivers, as the stewardship room gives them, in their published columns."""
    rows = [
        {
            "decision_id": waiver["id"],
            "check_name": waiver["check"],
            "check_definition": waiver["check_definition"],
            "scope": waiver["scope"].rpartition("/")[2],  # no partner's name leaves the work folder
            "author": waiver["author"],
            "reason": waiver["reason"],
            "decided_on": _day(waiver["time"]),
            "expires": _day(waiver["expires"]),
        }
        for waiver in given
    ]
    return pa.Table.from_pylist(rows, schema=WAIVERS)


def columns(tables: Sequence[PublishedTable], types: Mapping[str, Mapping[str, str]]) -> pa.Table:
    """The dictionary of `tables`; `types` gives each table's columns in order, with their types."""
    rows = [
        {
            "table_schema": table.schema,
            "table_name": table.name,
            "column_name": column,
            "position": position,
            "data_type": data_type,
            "is_key": column in table.key,
            "description": table.columns.get(column) or None,
        }
        for table in tables
        for position, (column, data_type) in enumerate(types[table.full_name].items(), start=1)
    ]
    return pa.Table.from_pylist(rows, schema=COLUMNS)


def release(manifest: Mapping[str, Any]) -> pa.Table:
    """The one row of meta.release."""
    fates = [extract["fate"] for extract in manifest["extracts"]]
    row = {name: manifest.get(name) for name in RELEASE.names}
    row |= {
        "as_of": datetime.fromisoformat(manifest["as_of"]).astimezone(UTC),
        "extracts_in_force": fates.count("in_force"),
        "extracts_held": fates.count("held"),
        "versions": json.dumps(manifest["versions"], sort_keys=True),
        "key_ids": json.dumps(manifest["key_ids"], sort_keys=True),
        "boundaries": json.dumps(manifest.get("boundaries", {}), sort_keys=True),
        "microdata": json.dumps(_singled_out(manifest.get("microdata", {})), sort_keys=True),
    }
    if manifest["edition"] == PUBLIC:
        row |= dict.fromkeys(_OF_MEMBERS)
    return pa.Table.from_pylist([row], schema=RELEASE)


# Of the installation, and of what partners sent and stewards decided: members' to know.
_OF_MEMBERS = ("inputs_hash", "decisions_hash", "extracts_in_force", "extracts_held", "key_ids")


def _singled_out(microdata: Mapping[str, Any]) -> dict[str, Any]:
    """Shares without counts: the public edition says it too."""
    told = ("least_class", "quasi_identifiers", "not_measured")
    shares = ("unique_share", "at_risk_share")
    return {name: round(microdata[name], 2) for name in shares if name in microdata} | {
        name: microdata[name] for name in told if name in microdata
    }


def policy(policy: Mapping[str, Any]) -> pa.Table:
    """The rows of meta.publication_policy, from what the manifest says of the policy."""
    rows = policy.get("rows", [])
    return pa.Table.from_pylist(
        rows, schema=pa.schema([(name, pa.string()) for name in POLICY_TABLE.columns])
    )


def schema_types(table: pa.Schema) -> dict[str, str]:
    """DuckDB's names of the types of a table that is not written yet."""
    names = {
        pa.string(): "VARCHAR",
        pa.int32(): "INTEGER",
        pa.bool_(): "BOOLEAN",
        pa.timestamp("us", tz="UTC"): "TIMESTAMP WITH TIME ZONE",
    }
    return {field.name: names[field.type] for field in table}


def _day(value: Any) -> date:
    return date.fromisoformat(str(value)[:10])
