"""What runs the SQL of the dbt project. The steps in Python read its tables by DuckDB on every engine.

Beside dbt an engine does three things: it makes ready for a build, hands tables over to the work file, and
answers the query of a test. Spark is in `spark`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

import duckdb

from orchestration.core import Settings, UsageError, is_of_machine
from orchestration.warehouse.work_file import Relation, WorkFile

DUCKDB, SPARK = "duckdb", "spark"
_PACKAGES = {DUCKDB: ("dbt-duckdb", "duckdb"), SPARK: ("dbt-spark", "pyspark")}


def versions(engine: str) -> tuple[str, str]:
    """Return the versions of dbt's adapter and of the engine, which decide the rows of a table.

    Raises UsageError where this environment has no such engine.
    """
    adapter, package = _PACKAGES[engine]
    try:
        return version(adapter), version(package)
    except PackageNotFoundError:
        raise UsageError(
            f"NJIA_ENGINE is {engine}, and this environment has no {package}. `make {engine}` sets one up; "
            f"start `njia` from `.venv-{engine}/bin`."
        ) from None


class Engine(Protocol):
    def make_ready(
        self, standing: Collection[Relation], stale: Collection[Relation], sources: Mapping[str, str]
    ) -> dict[str, Any]:
        """Make ready for a build of `stale` tables that reads `standing` ones; return variables for dbt.

        `sources`: names of sources, with their files as a pattern within `work/`.
        """

    def hand_over(self, built: Collection[Relation]) -> None:
        """Let DuckDB read, in the work file, the tables that were built."""

    def count(self, query: str) -> int | None:
        """Return the one number that a query gives; None where it fails."""


class DuckDB:
    """The engine of the work file itself."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def make_ready(
        self, standing: Collection[Relation], stale: Collection[Relation], sources: Mapping[str, str]
    ) -> dict[str, Any]:
        return {}

    def hand_over(self, built: Collection[Relation]) -> None:
        pass

    def count(self, query: str) -> int | None:
        try:
            (number,) = self._con.execute(query).fetchone() or (0,)
        except duckdb.Error as error:  # its text may quote a cell
            if is_of_machine(error):
                raise
            return None
        return int(number)


def engine_of(settings: Settings, work: WorkFile) -> Engine:
    if settings.engine == SPARK:
        from orchestration.warehouse.spark import Spark

        return Spark(settings, work)
    return DuckDB(work.con)
