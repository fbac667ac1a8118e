"""The data tests of the dbt project, asked of the tables of a part as the queries that dbt makes of them.

dbt prepares and reports each test by itself, which takes many times as long as its query, and there are
hundreds: half of all that dbt cost a refresh. So they are compiled once, when the project is parsed, and
each is one question to the work file here. `dbt build` runs the same tests.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import duckdb


class Tested(NamedTuple):
    """`status`: pass, warn, fail, error (its text may quote a cell), or skipped: a table was not built."""

    test: Any
    status: str
    failures: int
    seconds: float


def run_tests(
    con: duckdb.DuckDBPyConnection, manifest: Any, statuses: Mapping[str, str], built_before: Collection[str]
) -> Iterator[Tested]:
    """Run the tests on what has just been built (id → status); what stands on a later part waits for it."""
    for test in manifest.nodes.values():
        if test.resource_type != "test":
            continue
        tables = [parent for parent in test.depends_on.nodes if parent in manifest.nodes]
        now = [statuses[table] for table in tables if table in statuses]
        if not now or any(table not in statuses and table not in built_before for table in tables):
            continue
        if set(now) != {"success"}:
            yield Tested(test, "skipped", 0, 0.0)
        else:
            yield _asked(con, test)


def _asked(con: duckdb.DuckDBPyConnection, test: Any) -> Tested:
    started = time.monotonic()
    try:
        (failures,) = con.execute(f"select count(*) from ({test.compiled_code}\n) as failing").fetchone() or (
            0,
        )
    except duckdb.Error:
        return Tested(test, "error", 0, time.monotonic() - started)
    status = "pass" if not failures else "warn" if test.config.severity.lower() == "warn" else "fail"
    return Tested(test, status, failures, time.monotonic() - started)
