"""The data tests of the dbt project, asked of the tables of a part as the queries that dbt makes of them.

dbt prepares and reports each test by itself, which takes many times as long as its query, and there are
hundreds: half of all that dbt cost a refresh. So they are compiled once, when the project is parsed, and
each is one question to the work file here. `dbt build` runs the same tests. A test is asked again where a
table that it reads has another fingerprint, or where its query broke.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import duckdb

from orchestration.core import fingerprint_of
from orchestration.warehouse.work_file import AnswerNote


class Tested(NamedTuple):
    """`status`: pass, warn, fail, error (its text may quote a cell), or skipped: a table was not built.

    `fingerprint` is that of the answer; None where there is none to keep. `asked`: now, not earlier.
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
) -> Iterator[Tested]:
    """Answers to `tests` (nodes of the manifest by id).

    `tables` are the tables that stand, with their fingerprints; `answered` are the answers of earlier builds.
    """
    for unique_id, test in tests.items():
        parents = test["depends_on"]["nodes"]
        if any(parent not in tables for parent in parents):
            yield Tested(unique_id, "skipped", 0, 0.0, None, False)
            continue
        asked_of = {parent: tables[parent] for parent in parents}
        fingerprint = fingerprint_of(test["compiled_code"], test["config"]["severity"], asked_of)
        noted = answered.get(unique_id)
        if noted and noted.fingerprint == fingerprint:
            yield Tested(unique_id, noted.status, noted.failures, 0.0, fingerprint, False)
        else:
            yield _asked(con, unique_id, test, fingerprint)


def _asked(
    con: duckdb.DuckDBPyConnection, unique_id: str, test: Mapping[str, Any], fingerprint: str
) -> Tested:
    started = time.monotonic()
    query = f"select count(*) from ({test['compiled_code']}\n) as failing"
    try:
        (failures,) = con.execute(query).fetchone() or (0,)
    except duckdb.Error:
        return Tested(unique_id, "error", 0, time.monotonic() - started, None, True)
    status = "pass" if not failures else "warn" if test["config"]["severity"].lower() == "warn" else "fail"
    return Tested(unique_id, status, failures, time.monotonic() - started, fingerprint, True)
