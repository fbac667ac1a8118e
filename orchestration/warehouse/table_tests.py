"""Run the data tests of the dbt project as plain queries.

dbt's own handling of hundreds of tests took half of its time in a refresh. So parsing compiles them once, and
each runs here as one query; `dbt build` runs the same tests.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple


class TableTest(NamedTuple):
    """Result of one test. `status`: pass, warn, fail, error, or skipped where a table was not built."""

    unique_id: str
    status: str
    failures: int
    seconds: float


def run_tests(
    count: Callable[[str], int | None], tests: Mapping[str, Mapping[str, Any]], broken: Collection[str]
) -> Iterator[TableTest]:
    """Yield results of `tests` (nodes of the manifest by id).

    `count`: of the engine; `broken`: ids of tables that could not be built.
    """
    for unique_id, test in tests.items():
        if not set(test["depends_on"]["nodes"]).isdisjoint(broken):
            yield TableTest(unique_id, "skipped", 0, 0.0)
            continue
        started = time.monotonic()
        failures = count(f"select count(*) from ({test['compiled_code']}\n) as failing")
        refuses = test["config"]["severity"].lower() != "warn"
        status = "error" if failures is None else "pass" if not failures else "fail" if refuses else "warn"
        yield TableTest(unique_id, status, failures or 0, time.monotonic() - started)
