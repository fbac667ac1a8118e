"""Run one SELECT over the current release, in a connection that can reach nothing else (`njia query`)."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.core import Settings, UsageError, attach, open_duckdb
from orchestration.release.releases import edition_in_force

# Functions that show paths of this machine or run SQL from a string.
_CLOSED = re.compile(
    r"duckdb_databases|database_list|duckdb_settings|current_setting|duckdb_secrets|duckdb_logs|"
    r"duckdb_external_file_cache|duckdb_temporary_files|pg_settings|getenv|\bquery\s*\(|\bquery_table\s*\(",
    re.IGNORECASE,
)
TIMEOUT_SECONDS = 300.0
_EXAMPLES = {"members": "marts.mart_hotspots", "public": "published.hotspots"}
# What stands in the place of tables and columns that are gone.
_REPLACED = {
    "places": "published.starts, ends, passings and border_points",
    "codes": "published.traits",
    "routes": "published.mentions",
    "measures": "the comment of a table says which counts may be summed (duckdb_tables())",
    "origin_place_id": "start_place_id",
    "destination_place_id": "end_place_id",
    "origin": "start_place",
    "destination": "end_place",
}


@dataclass(frozen=True)
class Answer:
    """Rows of a query, and the release they come from."""

    release_id: str
    columns: list[str]
    rows: list[tuple[Any, ...]]


def run_query(
    settings: Settings, sql: str, edition: str = "members", timeout: float = TIMEOUT_SECONDS
) -> Answer:
    """Query the current release; raise UsageError for anything wrong with the query.

    `timeout`: seconds after which the query is stopped.
    """
    release, file = edition_in_force(settings, edition)
    write_a_select = f"Write one SELECT, such as: select * from {_EXAMPLES[edition]} limit 10"
    with open_duckdb() as con:
        attach(con, file, "evidence_base")
        con.execute("use evidence_base")
        for setting in (
            "memory_limit = '2GB'",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            con.execute(f"set {setting}")
        try:
            statements = con.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise UsageError(f"Only a single SELECT is allowed. {write_a_select}")
            if _CLOSED.search(sql):
                raise UsageError("Functions that show this machine or its settings are not allowed.")
            with _time_limit(con, timeout):
                con.execute(statements[0])
                columns = [column[0] for column in con.description or []]
                return Answer(release.release_id, columns, con.fetchall())
        except duckdb.Error as error:
            raise UsageError(_explanation(con, error, write_a_select)) from None


@contextmanager
def _time_limit(con: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt the query after some seconds. Ctrl-C interrupts it too and raises KeyboardInterrupt."""
    is_late = threading.Event()

    def stop() -> None:
        is_late.set()
        con.interrupt()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        if not is_late.is_set():
            raise KeyboardInterrupt from None
        raise UsageError(
            f"The query took longer than {seconds:g} seconds and was stopped. Ask for fewer rows, aggregate, "
            "or allow more time with --timeout."
        ) from None
    except (KeyboardInterrupt, RuntimeError):
        # At Ctrl-C the query itself still runs, and closing the connection would wait for it.
        con.interrupt()
        raise
    finally:
        timer.cancel()


def what_replaced(name: str) -> str:
    """Say what stands in the place of a table or column that is gone; nothing for any other name."""
    instead = _REPLACED.get(name.rpartition(".")[2])
    return f" Now: {instead}." if instead else ""


def _explanation(con: duckdb.DuckDBPyConnection, error: duckdb.Error, write_a_select: str) -> str:
    """Explain an error by its kind and the names in it; its own text may quote a value."""
    text = str(error)
    if isinstance(error, duckdb.ParserException):
        near = re.search(r'at or near "([^"\n]*)"', text)
        where = f" near {near[1]!r}" if near else ": it ends too early"
        return f"The SQL cannot be read{where}. {write_a_select}"
    if isinstance(error, duckdb.CatalogException):
        missing = re.search(
            r"(Table|Scalar Function|Table Function|Schema)\w* with name (\S+) does not exist", text
        )
        if missing and "Function" in missing[1]:
            return f"There is no function {missing[2]} that can be used here."
        name = missing[2] if missing else "of that name"
        tables = _tables(con)
        if same := [table for table in tables if table.endswith(f".{name}")]:
            return f"There is no table {name}. Did you mean {' or '.join(same)}?"
        return f"There is no table {name}.{what_replaced(name)} The tables are: {', '.join(tables)}."
    if isinstance(error, duckdb.BinderException):
        column = re.search(r'[Cc]olumn "?([^"\s]+)"? (?:not found|does not exist)', text) or re.search(
            r'does not have a column named "([^"]+)"', text
        )
        if column:
            return (
                f"There is no column {column[1]} in these tables.{what_replaced(column[1])} meta.columns "
                "lists every column with its meaning."
            )
        if ambiguous := re.search(r'Ambiguous reference to column name "([^"]+)"', text):
            return f"Several of these tables have a column {ambiguous[1]}: write the table before it."
        if ungrouped := re.search(r'column "?([^"\s]+)"? must appear in the GROUP BY clause', text):
            return f"Column {ungrouped[1]} is neither grouped nor aggregated: add `group by all`."
        if "No function matches" in text:
            return "A function does not accept a value's type; cast the value, or use another function."
        return "The query does not fit the tables: see the types and meanings of the columns in meta.columns."
    if isinstance(error, duckdb.PermissionException):
        return "A query can read the release and nothing else: no files, no addresses, no settings."
    if isinstance(error, duckdb.OutOfMemoryException):
        return "The query needs too much memory. Ask for fewer rows, or aggregate."
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        return "A value cannot be converted to that type; try_cast gives null instead."
    return (
        f"The query cannot be answered ({type(error).__name__.removesuffix('Exception')}). {write_a_select}"
    )


def _tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where database_name = 'evidence_base' order by 1 nulls last"
    ).fetchall()
    return [row[0] for row in rows]
