"""The audit log: who decided, unsealed, viewed, traced or exported what and when.

Its lines stand in the table `audit` of `njia.db`. Each holds the SHA-256 of the line before it, and
`audit/head` the hash of the last. So `read` finds a changed, removed or inserted line and a cut end; the next
writer notes such an end as `log_cut`. It does not find a rebuilt chain with a rebuilt `head`: `njia audit`
prints the last hash, so that somebody else can note it.

The log names the id of a decision, not its text, and never what was seen or exported. A decision and its line
are one transaction.
"""

import getpass
import json
import os
import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestration.core import Settings, UsageError
from orchestration.intake import contact_in_prose
from orchestration.stewardship import store

LONGEST = 2000
FIELDS = {"time", "who", "action", "what", "details", "previous"}
# All actions, so that a misspelt filter is refused instead of finding nothing.
ACTIONS = (
    "decided", "revoked", "confirmed", "imported", "rolled_back", "unsealed", "viewed", "traced", "exported",
    "forgot", "rotated", "asked_for_refresh", "logged_in", "locked", "account_added", "account_removed",
    "roles_changed", "passphrase_changed", "backed_up", "restored", "log_cut",
)  # fmt: skip
# Names that no detail may have: more people read the log than may see such values.
NEVER_DETAILS = {
    "cell", "contact", "key", "passphrase", "password", "private_key", "statement", "text", "value",
}  # fmt: skip
_LOGGED = """
select line ->> '$.what', line ->> '$.details.kind', line ->> '$.details.entry_sha256' from audit
where line ->> '$.details.entry_sha256' is not null order by seq
"""
_ACCOUNTED_FOR = """
select id from entries union select revokes from entries where revokes is not null
union select value from audit, json_each(line, '$.details.decisions')
"""

_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Log:
    """The lines, oldest first, and a sentence for each place where the chain is broken."""

    lines: list[dict[str, Any]]
    faults: list[str]
    head: str


def record(settings: Settings, who: str, action: str, what: str, **details: Any) -> dict[str, Any]:
    """Append one line, durable when this returns; returns the line as written.

    `who` is an author or `os_user()`; `action` one of ACTIONS; `what` names the thing by an id, a release or
    a path. Details are texts, whole numbers, true or false, or lists of texts; one that ends in `_sha256` is
    a hash. None of it may hold a cell's value, a contact or a passphrase. Raises UsageError for a line that
    may not stand here, and NjiaError where it cannot be written.
    """
    with store.transaction(settings) as con:
        return append(con, who, action, what, **details)


def append(con: sqlite3.Connection, who: str, action: str, what: str, **details: Any) -> dict[str, Any]:
    """Append a line inside a transaction."""
    line = {"who": who, "action": action, "what": what, "details": details}
    fault = _fault(line) or (None if action in ACTIONS else "its action is not one of ACTIONS")
    if fault:
        raise UsageError(f"The audit log does not take this line: {fault}.")
    return store.append_line(con, line)


def os_user() -> str:
    """Return the operating-system user, as `os:NAME`, for a command that asks for no author."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        name = ""
    # A user of a directory may be called by an e-mail address.
    return f"os:{name}" if name and not contact_in_prose(name) else f"os:{os.getuid()}"


def read(settings: Settings) -> Log:
    """Return all lines, and every place where the chain is broken; what follows such a place is read too."""
    noted = store.noted_head(settings)  # before the lines: one that is added meanwhile is no fault
    lines: list[dict[str, Any]] = []
    faults: list[str] = []
    hashes = [store.FIRST]
    for seq, raw in store.rows(settings, "select cast(seq as text), line from audit order by seq"):
        here = f"Line {seq} of the audit log in {settings.database}"
        try:
            content = json.loads(raw)
            datetime.fromisoformat(content["time"])
        except (ValueError, TypeError, KeyError):
            content = None
        if content is None or set(content) != FIELDS or _fault(content):
            faults.append(f"{here} cannot be read.")
        else:
            if content["previous"] != hashes[-1]:
                faults.append(
                    f"{here} does not follow from the line before: one was changed, removed or put in."
                )
            lines.append(content)
        hashes.append(store.sha256(raw))
    if noted not in hashes and (noted or lines):
        faults.append(
            f"{settings.audit / store.HEAD} names a line that {settings.database} does not have: lines are "
            "missing at its end, or one of the two files was changed."
        )
    return Log(lines, faults, hashes[-1])


def _fault(line: dict[str, Any]) -> str | None:
    """Say why a line is not valid, without repeating its content."""
    if not (isinstance(line["action"], str) and _NAME.fullmatch(line["action"])):
        return "its action is not one word of small letters"
    if not isinstance(line["details"], dict):
        return "its details have no names"
    for name, given in [("who", line["who"]), ("what", line["what"]), *line["details"].items()]:
        if not _NAME.fullmatch(name) or name in NEVER_DETAILS:
            return "a detail has a name that it may not have"
        for one in given if isinstance(given, list) else [given]:
            if fault := _fault_of_value(name, one):
                return f"{name} {fault}"
    if not (line["who"] and line["what"]):
        return "it does not say who and what"
    return None


def _fault_of_value(name: str, given: object) -> str | None:
    if name.endswith("_sha256"):
        return None if isinstance(given, str) and _HASH.fullmatch(given) else "is no SHA-256"
    if isinstance(given, str):
        if len(given) > LONGEST:
            return f"is longer than {LONGEST} characters"
        found = contact_in_prose(given)
        return f"holds {found}" if found else None
    if name in ("who", "what") or not (given is None or isinstance(given, bool | int)):
        return "is neither a text nor a whole number, true or false"
    return None


# How entries and log differ where another program wrote one of them.
GAPS = {
    "unlogged": "not in the log", "changed": "changed since they were logged", "gone": "logged and missing",
}  # fmt: skip


def gaps(settings: Settings) -> dict[str, list[str]]:
    """Return the ids of entries for each of GAPS."""
    logged = {entry_id: digest for entry_id, _, digest in store.rows(settings, _LOGGED)}
    entries = store.rows(settings, "select id, entry from entries order by seq")
    present = {entry_id: store.sha256(line) for entry_id, line in entries}
    return {
        "unlogged": [entry_id for entry_id in present if entry_id not in logged],
        "changed": [one for one, digest in present.items() if logged.get(one, digest) != digest],
        "gone": sorted(logged.keys() - accounted_for(settings)),
    }


def accounted_for(settings: Settings) -> set[str]:
    """Return the ids of entries, of forgotten ones, and of those taken back since they were lost."""
    return {entry_id for (entry_id,) in store.rows(settings, _ACCOUNTED_FOR)}


def lost_kind(settings: Settings, decision_id: str) -> str | None:
    """Return the kind of a decision that is logged and gone; None for any other."""
    kinds = {entry_id: kind for entry_id, kind, _ in store.rows(settings, _LOGGED)}
    return None if decision_id in accounted_for(settings) else kinds.get(decision_id)
