"""Entries of `njia.db`: decisions, revocations and confirmations, each a JSON line with its sum.

An entry is never changed; a decision is taken back by a later entry that revokes it. One that cannot be read
stops the caller: skipping it would silently undo what a steward decided. One exception to append-only: an
entry about a forgotten record goes, with those that revoke or confirm it.
"""

import sqlite3
from collections.abc import Collection
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from orchestration.core import Damaged, NjiaError, Settings, line_of, parsed
from orchestration.stewardship import audit, store
from orchestration.stewardship.kinds.decision import Decision, Entry, same_author
from orchestration.stewardship.kinds.registry import KINDS, read_entry

_RECORDS = ("record", "record_a", "record_b")  # fields of decisions that name one
_LINES = "select id, entry from entries order by seq"


def plain(entry: Entry) -> dict[str, Any]:
    """Return an entry as its line holds it."""
    return entry.model_dump(mode="json")


def read_entries(settings: Settings) -> dict[str, list[Entry]]:
    """Return all entries by kind, oldest first; raises NjiaError for one that cannot be read."""
    found: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
    for entry_id, line in store.rows(settings, _LINES):
        entry = read_line(line, settings.database, f"entry {entry_id}")
        found[entry.kind].append(entry)
    return found


def export_lines(settings: Settings) -> list[str]:
    """Return all entries as lines of JSON, oldest first."""
    return [line for _, line in store.rows(settings, _LINES)]


def append(con: sqlite3.Connection, content: dict[str, Any], who: str, action: str) -> None:
    """Add one entry and its line of the audit log inside a transaction."""
    about = {name: content[name] for name in ("revokes", "confirms") if content.get(name)}
    entry_id, kind, line = content["id"], content["kind"], line_of(content)
    con.execute(
        "insert into entries (id, kind, revokes, confirms, entry) values (?, ?, ?, ?, ?)",
        (entry_id, kind, about.get("revokes"), about.get("confirms"), line),
    )
    audit.append(con, who, action, entry_id, kind=kind, entry_sha256=store.sha256(line), **about)


def why_not_confirmed(confirmation: Entry, decision: Entry | None) -> str | None:
    """Say why a confirmation cannot stand; `decision` is the active one that it names."""
    if not isinstance(decision, Decision):
        return "it confirms a decision that is not active"
    if not decision.needs_second:
        return "it confirms a decision that needs no second person"
    if same_author(decision.author, confirmation.author):
        return "it confirms a decision of the same person, and a second one is needed"
    return None


@lru_cache(maxsize=1 << 14)
def read_line(line: str, path: Path, where: str) -> Entry:
    """Return the entry of a line; raises NjiaError, which says `where` it stands, for one that is none."""
    content = parsed(line, path, where)
    if not isinstance(content, dict) or not isinstance(content.get("kind"), str):
        raise Damaged(path, f"{where} is no decision")
    if content["kind"] not in KINDS:
        raise NjiaError(
            f"{path}, {where}: Njia {version('njia')} does not know the kind of decision "
            f"{content['kind']!r}. Use the version that recorded it."
        )
    try:
        return read_entry(content)
    except ValidationError as error:
        raise Damaged(path, f"{where} cannot be read: {in_words(error)}") from None


def in_words(error: ValidationError) -> str:
    """Return field and complaint of each problem, without the value that was given."""
    problems = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        where = ".".join(str(part) for part in problem["loc"])
        is_empty = problem["type"] in ("string_too_short", "missing")
        message = "is empty, and is needed" if is_empty else problem["msg"].removeprefix("Value error, ")
        problems.append(f"{where}: {message}" if where else message)
    return "; ".join(problems)


def forget_decisions(
    settings: Settings, named: set[str], texts: Collection[str], who: str, what: str, /, **details: Any
) -> list[str]:
    """Remove the entries that name records (`r-…`) or texts that only they said; return their ids.

    The note of the forgetting, with `details`, enters the audit log in the same transaction.
    """
    with store.transaction(settings, erases=True) as con:
        entries = [plain(entry) for of_kind in read_entries(settings).values() for entry in of_kind]
        doomed = {
            entry["id"]
            for entry in entries
            if not named.isdisjoint(entry.get(name) for name in _RECORDS) or entry.get("text") in texts
        }
        removed = [
            entry["id"]
            for entry in entries
            if {entry["id"], entry.get("revokes"), entry.get("confirms")} & doomed
        ]
        con.execute("drop trigger entries_stay")
        con.executemany("delete from entries where id = ?", [(entry_id,) for entry_id in removed])
        con.execute(store.ENTRIES_STAY)
        audit.append(con, who, "forgot", what, **details, decisions=removed)
    read_line.cache_clear()
    return removed
