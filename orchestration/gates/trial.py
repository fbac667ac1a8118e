"""What the extract gate would say of one file that has not landed: for `njia contract check`.

The same profile and the same limits as of a landed extract, but for the comparison with earlier ones. Nothing
is written, and Great Expectations, which takes seconds to start, is not asked: a limit is two numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from expectations.extract_gate import EXTRACT_GATE
from orchestration.gates.extract_history import compare_with_last
from orchestration.gates.extract_profile import LANDING_COLUMNS, MATCH_COLUMNS, TYPED_COLUMNS, profile_rows
from orchestration.gates.landed import Landed

_COLUMNS = TYPED_COLUMNS | {"matches": MATCH_COLUMNS, "landing_cells": LANDING_COLUMNS}


@dataclass(frozen=True)
class Failure:
    """A check that would fail, and whether that would hold the file or only be told."""

    check_name: str
    holds: bool
    observed: float | None
    expected: str
    why: str
    steward_action: str


def would_fail(note: Mapping[str, Any], tables: Mapping[str, pa.Table], today: date) -> list[Failure]:
    """The checks of the extract gate that a file would fail, in the order of the gate.

    `note` is its landing note; `tables` are its typed tables, `matches` as the places room writes them, and
    `landing_cells` (LANDING_COLUMNS), each by name.
    """
    landed = Landed(str(note["partner"]), str(note["extract_id"]), note)
    con = duckdb.connect(":memory:")
    try:
        for name, columns in _COLUMNS.items():
            con.execute(f"create table {name} ({columns})")
            if not tables[name].num_rows:
                continue
            con.register("given", tables[name])
            con.execute(f"insert into {name} by name select {_names(columns)} from given")
            con.unregister("given")
        [profile] = profile_rows(con, [landed], today)
    finally:
        con.close()
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
                )
            )
    return failures


def _names(columns: str) -> str:
    return ", ".join(column.split()[0] for column in columns.split(", "))
