"""What runs the SQL of the dbt project. The steps in Python read its tables by DuckDB on every engine.

Beside dbt an engine does three things: it makes ready for a build, hands tables over to the work file, and
answers the query of a test. On Spark each table is a folder of Parquet, and the work file has a view of it.
"""

import shutil
from collections.abc import Collection, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import duckdb

from orchestration.core import Settings, UsageError, is_of_machine, quoted, sql_text

DUCKDB, SPARK = "duckdb", "spark"
_PACKAGES = {DUCKDB: ("dbt-duckdb", "duckdb"), SPARK: ("dbt-spark", "pyspark")}
_SPARK_TYPES = {"VARCHAR": "string"}

Relation = tuple[str, str]  # schema and name


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


class Engine:
    """DuckDB, the engine of the work file itself."""

    def __init__(self, settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
        self._con, self._work, self._spill = con, settings.work, settings.spill

    def make_ready(self, is_first: bool, sources: Mapping[str, str]) -> dict[str, Any]:
        """Make ready for the first or a later part; return variables for dbt.

        `sources`: names of sources, with their files as a pattern within `work/`.
        """
        return {}

    def hand_over(self, built: Collection[Relation]) -> None:
        """Let DuckDB read, in the work file, the tables that were built."""

    def count(self, query: str) -> int | None:
        """Return the one number that a query gives; None where it fails."""
        try:
            (number,) = self._con.execute(query).fetchone() or (0,)
        except duckdb.Error as error:  # its text may quote a cell
            if is_of_machine(error):
                raise
            return None
        return int(number)


class Spark(Engine):
    """A session of this process. Its settings say where it runs (`spark-defaults.conf` in SPARK_CONF_DIR).

    No catalog outlives the process: what earlier parts built is read back from its folders.
    """

    def __init__(self, settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
        super().__init__(settings, con)
        self._tables = settings.work / "spark"

    def make_ready(self, is_first: bool, sources: Mapping[str, str]) -> dict[str, Any]:
        session = _session(self._tables, self._spill)
        if is_first:
            shutil.rmtree(self._tables, ignore_errors=True)
        for folder in sorted(self._tables.glob("*.db/*")):
            schema, name = folder.parent.stem, folder.name
            # With its columns: Spark would start a job to find them.
            described = self._con.execute(f'describe "{schema}"."{name}"').fetchall()
            columns = ", ".join(f"`{at}` {_SPARK_TYPES.get(kind, kind)}" for at, kind, *_ in described)
            session.sql(f"create schema if not exists `{schema}`")
            session.sql(
                f"create table if not exists `{schema}`.`{name}` ({columns}) using parquet "
                f"location '{folder}'"
            )
        return {"empty_sources": [name for name, files in sources.items() if not any(self._work.glob(files))]}

    def hand_over(self, built: Collection[Relation]) -> None:
        for schema, name in built:
            self._con.execute(f'create schema if not exists "{schema}"')
            files = sql_text(self._tables / f"{schema}.db" / name / "*.parquet")
            self._con.execute(f"create or replace view {quoted(schema, name)} as from read_parquet({files})")

    def count(self, query: str) -> int | None:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            return int(_session(self._tables, self._spill).sql(query).collect()[0][0])
        except (Py4JError, PySparkException):  # its text may quote a cell
            return None


def engine_of(settings: Settings, con: duckdb.DuckDBPyConnection) -> Engine:
    return (Spark if settings.engine == SPARK else Engine)(settings, con)


@cache
def _session(tables: Path, spill: Path) -> Any:
    from pyspark.sql import SparkSession

    settings = {
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": tables,
        "spark.local.dir": spill,
        "spark.sql.sources.default": "parquet",
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.appName("njia")
    for name, value in settings.items():
        builder = builder.config(name, str(value))
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")  # a message may quote a cell
    return session
