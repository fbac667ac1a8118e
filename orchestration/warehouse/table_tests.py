"""Run the data tests of the dbt project as plain queries.

dbt's own handling of hundreds of tests took half of its time in a refresh. So parsing compiles them once, and
each runs here as one query; `dbt build` runs the same tests. A test runs again where a table that it reads
has another fingerprint, or where its query failed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import duckdb

from orchestration.core import fingerprint_of, is_of_disk
from orchestration.warehouse.work_file import AnswerNote


class TableTest(NamedTuple):
    """Result of one test. `status`: pass, warn, fail, error, or skipped where a table was not built.

    `fingerprint`: of the answer; None where none is kept. `asked`: whether the query ran now.
    """

    unique_id: str
    status: str
    failures: int
    seconds: float
    fingerprint: str | None
    asked: bool


def run_tests(
    con: duckdb.DuckDBPyConnection,
    tests: Mapping[str, Mapping[str, Any]],
    tables: Mapping[str, str],
    answered: Mapping[str, AnswerNote],
) -> Iterator[TableTest]:
    """Yield results of `tests` (nodes of the manifest by id).

    `tables`: fingerprints of the current tables; `answered`: answers of earlier builds.
    """
    for unique_id, test in tests.items():
        parents = test["depends_on"]["nodes"]
        if any(parent not in tables for parent in parents):
            yield TableTest(unique_id, "skipped", 0, 0.0, None, False)
            continue
        inputs = {parent: tables[parent] for parent in parents}
        fingerprint = fingerprint_of(test["compiled_code"], test["config"]["severity"], inputs)
        noted = answered.get(unique_id)
        if noted and noted.fingerprint == fingerprint:
            yield TableTest(unique_id, noted.status, noted.failures, 0.0, fingerprint, False)
        else:
            yield _asked(con, unique_id, test, fingerprint)


def _asked(
    con: duckdb.DuckDBPyConnection, unique_id: str, test: Mapping[str, Any], fingerprint: str
) -> TableTest:
    started = time.monotonic()
    query = f"select count(*) from ({test['compiled_code']}\n) as failing"
    try:
        (failures,) = con.execute(query).fetchone() or (0,)
    except duckdb.Error as error:  # its text may quote a cell
        if is_of_disk(error):
            raise
        return TableTest(unique_id, "error", 0, time.monotonic() - started, None, True)
    status = "pass" if not failures else "warn" if test["config"]["severity"].lower() == "warn" else "fail"
    return TableTest(unique_id, status, failures, time.monotonic() - started, fingerprint, True)
