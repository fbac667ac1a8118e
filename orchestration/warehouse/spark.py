"""Spark as the engine: each table is a folder of Parquet, and the work file has a view of it.

No catalog outlives the process: what stands is read back from the folders. Where Spark runs, and with how
much memory, its own settings say (`spark-defaults.conf` in SPARK_CONF_DIR).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.core import Settings
from orchestration.warehouse.work_file import Relation, WorkFile

_TYPES = {"VARCHAR": "string"}


class Spark:
    def __init__(self, settings: Settings, work: WorkFile) -> None:
        self._settings, self._work, self._tables = settings, work, settings.work / "spark"
        self._standing: Collection[Relation] = ()

    def make_ready(
        self, standing: Collection[Relation], stale: Collection[Relation], sources: Mapping[str, str]
    ) -> dict[str, Any]:
        self._standing = standing
        if not stale:
            return {}
        for relation in stale:
            shutil.rmtree(self._folder(relation), ignore_errors=True)
        self._session()
        work = self._settings.work
        return {"empty_sources": [name for name, files in sources.items() if not any(work.glob(files))]}

    def hand_over(self, built: Collection[Relation]) -> None:
        for schema, name in built:
            self._work.con.execute(f'create schema if not exists "{schema}"')
            files = str(self._folder((schema, name)) / "*.parquet").replace("'", "''")
            self._work.con.execute(
                f'create or replace view "{schema}"."{name}" as from read_parquet(\'{files}\')'
            )

    def count(self, query: str) -> int | None:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            return int(self._session().sql(query).collect()[0][0])
        except (Py4JError, PySparkException):  # its text may quote a cell
            return None

    def _folder(self, relation: Relation) -> Path:
        return self._tables / f"{relation[0]}.db" / relation[1]

    def _session(self) -> Any:
        """Return the session of this process, which dbt and a second build find."""
        session = _session_of(self._tables, self._settings.spill)
        for schema, name in self._standing:
            described = self._work.con.execute(f'describe "{schema}"."{name}"').fetchall()
            # With its columns: Spark would start a job to find them.
            columns = ", ".join(f"`{column}` {_TYPES.get(kind, kind)}" for column, kind, *_ in described)
            session.sql(f"create schema if not exists `{schema}`")
            session.sql(
                f"create table if not exists `{schema}`.`{name}` ({columns}) using parquet "
                f"location '{self._folder((schema, name))}'"
            )
        self._standing = ()  # known from now on
        return session


@cache
def _session_of(tables: Path, spill: Path) -> Any:
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
