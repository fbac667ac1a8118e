"""Run the data tests of the dbt project as plain queries.

dbt's own handling of hundreds of tests took half of its time in a refresh. So parsing compiles them once, and
each runs here as one query; `dbt build` runs the same tests. A test runs again where a table that it reads
has another fingerprint, or where its query failed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from orchestration.core import fingerprint_of
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
    count: Callable[[str], int | None],
    tests: Mapping[str, Mapping[str, Any]],
    tables: Mapping[str, str],
    answered: Mapping[str, AnswerNote],
) -> Iterator[TableTest]:
    """Yield results of `tests` (nodes of the manifest by id).

    `count`: of the engine; `tables`: fingerprints of the current tables; `answered`: earlier answers.
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
            yield _asked(count, unique_id, test, fingerprint)


def _asked(
    count: Callable[[str], int | None], unique_id: str, test: Mapping[str, Any], fingerprint: str
) -> TableTest:
    started = time.monotonic()
    failures = count(f"select count(*) from ({test['compiled_code']}\n) as failing")
    if failures is None:
        return TableTest(unique_id, "error", 0, time.monotonic() - started, None, True)
    status = "pass" if not failures else "warn" if test["config"]["severity"].lower() == "warn" else "fail"
    return TableTest(unique_id, status, failures, time.monotonic() - started, fingerprint, True)
