"""Try one file against the extract gate without landing it, for `njia contract check`.

Profile and limits are those of a landed extract, without a comparison to earlier ones. Limits are compared
directly, as Great Expectations takes seconds to start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from expectations.extract_gate import EXTRACT_GATE
from orchestration.core import open_duckdb
from orchestration.gates.extract_history import compare_with_last
from orchestration.gates.extract_profile import TYPED_TABLES, profile_rows
from orchestration.gates.landed import Landed
from orchestration.gates.parquet_views import create_table
from orchestration.gates.verdicts import found_by
from orchestration.typing import SCHEMAS


@dataclass(frozen=True)
class Failure:
    """A check that would fail, and its finding; `holds`: whether it would hold the file or only warn."""

    check_name: str
    holds: bool
    observed: float | None
    expected: str
    why: str
    steward_action: str
    finding: str


def would_fail(note: Mapping[str, Any], tables: Mapping[str, pa.Table], today: date) -> list[Failure]:
    """Return the checks that a file would fail, in the order of the gate.

    `note`: its landing note. `tables`: its typed tables and `matches` of the places room, by name.
    """
    landed = Landed(str(note["partner"]), str(note["extract_id"]), note)
    with open_duckdb() as con:
        for table in TYPED_TABLES:
            create_table(con, table, SCHEMAS[table])
            if not tables[table].num_rows:
                continue
            con.register("given", tables[table])
            columns = [name for name in SCHEMAS[table].names if name in tables[table].column_names]
            con.execute(f"insert into {table} by name select {', '.join(columns)} from given")
            con.unregister("given")
        con.register("matches", tables["matches"])
        [profile] = profile_rows(con, [landed], today)
    compare_with_last([profile], [landed])
    failures = []
    for check in EXTRACT_GATE:
        broken = next((limit for limit in check.limits if not limit.is_kept(profile[limit.column])), None)
        if broken is not None:
            failures.append(
                Failure(
                    check_name=check.name,
                    holds=check.severity_of(profile) == "hold",
                    observed=profile[broken.column],
                    expected=str(broken),
                    why=check.why,
                    steward_action=check.steward_action,
                    finding=str(found_by(check, profile)),
                )
            )
    return failures
