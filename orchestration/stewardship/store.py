"""`njia.db`: decisions, the audit log, sent forms and accounts, in one SQLite file.

What is written in one `transaction` stands together or not at all, also after a kill or on a full disk. One
process writes at a time; a reader sees the last committed state and waits for nobody. Triggers keep `entries`
and `audit` append-only. `audit/head` beside the file holds the hash of the last line of the log, so that a
lost file, a cut log and an older file in its place are noticed.
"""

import hashlib
import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.core import (
    HOME_JSON,
    Damaged,
    NjiaError,
    Settings,
    check_home,
    durable,
    json_of,
    machine_fault,
    read_json,
)

VERSION = 1
SECONDS_TO_WAIT = 10
DAMAGED = "SQLite finds it damaged"
HEAD, FIRST = "head", "0" * 64
# `njia forget` lifts this one inside its transaction.
ENTRIES_STAY = (
    "create trigger entries_stay before delete on entries "
    "begin select raise(abort, 'entries are only added'); end"
)
_SCHEMA = f"""
pragma journal_mode = wal;
create table entries (
    seq integer primary key autoincrement, id text not null unique, kind text not null,
    revokes text unique, confirms text unique, entry text not null
) strict;
create table audit (seq integer primary key, line text not null) strict;
create table sent (
    seq integer primary key, form text not null unique, author text not null, kind text not null,
    back text not null, ids text not null
) strict;
create table accounts (
    spelling text primary key, name text not null, passphrase_hash text not null, roles text not null
) strict;
{ENTRIES_STAY};
create trigger entries_hold before update on entries
    begin select raise(abort, 'entries are only added'); end;
create trigger audit_stays before delete on audit
    begin select raise(abort, 'lines are only added'); end;
create trigger audit_holds before update on audit
    begin select raise(abort, 'lines are only added'); end;
pragma user_version = {VERSION};
"""


@contextmanager
def transaction(settings: Settings, erases: bool = False) -> Iterator[sqlite3.Connection]:
    """Yield a connection that holds the write lock; commit after the block, and note the head.

    `erases`: no byte of a deleted row stays in the file or in its write-ahead log.
    """
    if (settings.home / HOME_JSON).is_file():  # a desk that runs for weeks asks here
        check_home(settings, "write to")
    if not settings.database.exists():
        _create(settings)
    with _opened(settings) as con:
        con.executescript("pragma synchronous = full; pragma secure_delete = on")
        con.execute("begin immediate")
        noted = noted_head(settings)
        if noted != last_hash(con) and noted not in {FIRST, *_hashes(con)}:
            note = {"who": "njia", "action": "log_cut", "what": f"audit/{HEAD}"}
            append_line(con, {**note, "details": {"head_sha256": noted} if noted else {}})
        yield con  # without the commit, closing rolls back
        con.execute("commit")
        if (last := last_hash(con)) != noted:
            with suppress(OSError):  # the next transaction notes it
                _note_head(settings, last)
        if erases:
            con.execute("pragma wal_checkpoint(truncate)")


def rows(settings: Settings, query: str, *given: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a query of texts; none in a home without the file, Damaged where it was lost."""
    if not settings.database.exists():
        _refuse_lost(settings)
        return []
    # A reader that may write removes the write-ahead log when it is the last; else there is none to open.
    how = "mode=rw" if os.access(settings.home, os.W_OK) else "mode=ro&immutable=1"
    with _opened(settings, how) as con:
        found = con.execute(query, given).fetchall()
    if not all(isinstance(value, str) for row in found for value in row):
        raise Damaged(settings.database, DAMAGED)
    return found


def copy_database(settings: Settings, to: Path) -> None:
    """Copy the last committed state, also while somebody writes."""
    durable.write_new(to, b"", 0o600)
    with _opened(settings) as con, closing(sqlite3.connect(to)) as new:
        con.backup(new)


def append_line(con: sqlite3.Connection, line: dict[str, Any]) -> dict[str, Any]:
    """Append a line to the audit log with its time and the hash of the line before; return it so."""
    written = {"time": datetime.now(UTC).isoformat(), **line, "previous": last_hash(con)}
    con.execute(
        "insert into audit (line) values (?)", [json.dumps(written, sort_keys=True, ensure_ascii=False)]
    )
    return written


def last_hash(con: sqlite3.Connection) -> str:
    return next(_hashes(con, "desc limit 1"), FIRST)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def noted_head(settings: Settings) -> str | None:
    """Return the hash of `audit/head`; None where it is missing or damaged."""
    try:
        return str(read_json(settings.audit / HEAD)["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _hashes(con: sqlite3.Connection, order: str = "") -> Iterator[str]:
    lines = con.execute(f"select coalesce(cast(line as text), '') from audit order by seq {order}")
    return (sha256(line) for (line,) in lines)


def _note_head(settings: Settings, digest: str) -> None:
    durable.write_bytes(settings.audit / HEAD, json_of({"sha256": digest}).encode(), 0o600)


def _create(settings: Settings) -> None:
    """Make the file whole under another name: what has its name has its tables."""
    _refuse_lost(settings)
    partial = settings.home / f"{durable.PARTIAL}{secrets.token_hex(4)}-{settings.database.name}"
    try:
        durable.make_folder(settings.audit, 0o700)
        _note_head(settings, FIRST)
        durable.write_new(partial, b"", 0o600)
        with _opened(settings, path=partial) as con:
            con.executescript(_SCHEMA)
        durable.sync(partial)
        with suppress(FileExistsError):  # another process was first
            durable.place(partial, settings.database)
    except OSError as error:
        fault = NjiaError(f"{settings.database} with the audit log cannot be written ({error.strerror}).")
        raise machine_fault(error, settings.home) or fault from None
    finally:
        durable.remove(partial)


def _refuse_lost(settings: Settings) -> None:
    is_noted = (settings.audit / HEAD).exists() and noted_head(settings) != FIRST
    if settings.database.is_symlink() or is_noted:
        raise Damaged(settings.database, "it is missing")


@contextmanager
def _opened(
    settings: Settings, how: str = "mode=rw", path: Path | None = None
) -> Iterator[sqlite3.Connection]:
    """Yield a connection, and raise errors of SQLite as sentences."""
    place = f"{(path or settings.database).absolute().as_uri()}?{how}"
    try:
        connection = sqlite3.connect(place, uri=True, timeout=SECONDS_TO_WAIT, isolation_level=None)
        with closing(connection) as con:
            (version,) = con.execute("pragma user_version").fetchone()
            if version > VERSION:
                raise NjiaError(f"{settings.database} was written by a newer Njia. Use that version.")
            if version < VERSION and path is None:
                raise Damaged(settings.database, "it has no tables")
            yield con
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except (sqlite3.Error, UnicodeDecodeError) as error:  # its message holds what it read
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise NjiaError("Another decision is being written. Try again in a moment.") from None
        # A statement fails (SQLITE_ERROR), or a text is no UTF-8 (no name), only in damaged tables.
        if not name or name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")):
            raise Damaged(settings.database, DAMAGED) from None
        fault = NjiaError(f"{settings.database} cannot be read or written ({name}).")
        raise machine_fault(error, settings.home) or fault from None
