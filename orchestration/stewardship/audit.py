"""The audit log: who decided, unsealed, viewed, traced or exported what and when.

Its files `audit/<year>.jsonl` are append-only.

Each line holds the SHA-256 of the line before it, across years, and `head` the hash of the last. So `read`
finds a changed, removed or inserted line, a cut end and a missing file. It does not find a rebuilt chain with
a rebuilt `head`: `njia audit` prints the last hash, so that somebody else can note it.

The log names the id of a decision, not its text, and never what was seen or exported. A decision is written
first and logged after: it must not be lost because the log cannot be written. Where the log fails, the
steward hears that the decision stands, and `gaps` finds it later, also after a crash between.
"""

import getpass
import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.core import (
    HOME_JSON,
    NjiaError,
    Settings,
    UsageError,
    check_home,
    durable,
    locked_folder,
    parsed,
    read_json,
    write_json,
)
from orchestration.intake import contact_in_prose
from orchestration.stewardship.kinds.decision import Confirmation, Entry, Revocation

LONGEST = 2000
LONGEST_LINE = 1 << 16
FIRST = "0" * 64
HEAD = "head"
FIELDS = {"time", "who", "action", "what", "details", "previous"}
# All actions, so that a misspelt filter is refused instead of finding nothing.
ACTIONS = (
    "decided", "revoked", "confirmed", "rolled_back", "unsealed", "viewed", "traced", "exported", "forgot",
    "rotated", "asked_for_refresh", "logged_in", "locked", "account_added", "account_removed",
    "roles_changed", "passphrase_changed", "backed_up", "restored",
)  # fmt: skip
# Names that no detail may have: more people read the log than may see such values.
NEVER_DETAILS = {
    "cell", "contact", "key", "passphrase", "password", "private_key", "statement", "text", "value",
}  # fmt: skip
FORGOT = "forgot"

_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Log:
    """The lines, oldest first, and a sentence for each place where the chain is broken."""

    lines: list[dict[str, Any]]
    faults: list[str]
    head: str


def record(
    settings: Settings, who: str, action: str, what: str, *, when: datetime | None = None, **details: Any
) -> dict[str, Any]:
    """Append one line, durable when this returns; returns the line as written.

    `who` is an author or `os_user()`; `action` one word of small letters, such as `decided`; `what` names the
    thing by an id, a release or a path. Details are texts, whole numbers, true or false, or lists of texts;
    one that ends in `_sha256` is a hash. None of it may hold a cell's value, a contact or a passphrase.
    `when` is the clock's own time unless given. Raises UsageError for a line that may not stand here, and
    NjiaError where it cannot be written.
    """
    time = (when or datetime.now(UTC)).astimezone(UTC)
    line = {"time": time.isoformat(), "who": who, "action": action, "what": what, "details": details}
    fault = _fault(line) or (None if action in ACTIONS else "its action is not one of ACTIONS")
    if fault:
        raise UsageError(f"The audit log does not take this line: {fault}.")
    try:
        if (settings.home / HOME_JSON).is_file():  # a desk that runs for weeks asks here
            check_home(settings, "write to")
        durable.make_folder(settings.audit, 0o700)
        settings.audit.chmod(0o700)
        busy = NjiaError("Another line of the audit log is being written. Try again in a moment.")
        with locked_folder(settings.audit, busy):
            return _append(settings, time.year, line)
    except OSError as error:
        raise NjiaError(f"The audit log {settings.audit} cannot be written ({error.strerror}).") from None


def os_user() -> str:
    """Return the operating-system user, as `os:NAME`, for a command that asks for no author."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        name = ""
    # A user of a directory may be called by an e-mail address.
    return f"os:{name}" if name and not contact_in_prose(name) else f"os:{os.getuid()}"


def read(settings: Settings) -> Log:
    """Return all lines, and every place where the chain is broken; what follows such a place is read too.

    A last line without its line end was never reported as written, so it does not count.
    """
    lines: list[dict[str, Any]] = []
    faults: list[str] = []
    last, one_before = FIRST, FIRST
    where = "the beginning"
    for path in _files(settings):
        for number, raw in enumerate(_whole_lines(path.read_bytes()), start=1):
            here = f"{path}, line {number}"
            try:
                content = json.loads(raw)
            except ValueError:  # also what bad UTF-8 raises
                content = None
            if not isinstance(content, dict) or set(content) != FIELDS or _fault(content):
                faults.append(f"{here} cannot be read: it is no line of the audit log.")
            else:
                if content["previous"] != last:
                    faults.append(
                        f"{here} does not follow from {where}: a line was changed, removed or put in."
                    )
                lines.append(content)
            one_before, last, where = last, _sha256(raw), here
    path = settings.audit / HEAD
    try:
        noted = read_json(path)["sha256"]
    except FileNotFoundError:
        noted = FIRST
    except (ValueError, KeyError, TypeError):
        noted = None
    if noted not in (
        last,
        one_before,
    ):  # written after the line: one behind, after a crash, is none
        faults.append(
            f"{path} names another last line than {where}: lines after it are missing, or it was changed."
        )
    return Log(lines, faults, last)


def _append(settings: Settings, year: int, line: dict[str, Any]) -> dict[str, Any]:
    """Append in place, since a year may be long; half a line is removed, now or by the next writer."""
    files = _files(settings)
    # A clock that was put back does not open an earlier year again: the chain goes by the files' order.
    path = settings.audit / f"{max([year, *(int(file.stem) for file in files)])}.jsonl"
    before = next((hash for file in reversed(files) if (hash := _hash_of_last_line(file))), FIRST)
    written = {**line, "previous": before}
    raw = json.dumps(written, sort_keys=True, ensure_ascii=False)
    if len(raw.encode()) >= LONGEST_LINE:
        raise UsageError("The audit log does not take this line: it is too long.")
    durable.append_line(path, raw, 0o600)
    write_json(settings.audit / HEAD, {"sha256": _sha256(raw.encode())})
    (settings.audit / HEAD).chmod(0o600)
    return written


def _hash_of_last_line(path: Path) -> str | None:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 2 * LONGEST_LINE))
        lines = _whole_lines(file.read())
    return _sha256(lines[-1]) if lines else None


def _whole_lines(content: bytes) -> list[bytes]:
    return content.split(b"\n")[:-1]


def _files(settings: Settings) -> list[Path]:
    return sorted(settings.audit.glob("[0-9][0-9][0-9][0-9].jsonl"))


def _fault(line: dict[str, Any]) -> str | None:
    """Say why a line is not valid, without repeating its content."""
    try:
        datetime.fromisoformat(line["time"])
    except (TypeError, ValueError):
        return "its time is none"
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


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


class NotLogged(NjiaError):
    """The decision is recorded, but the audit log has no line of it."""


def log_all(settings: Settings, entries: Sequence[Entry]) -> None:
    """Write one line for each entry, without its prose; raises NotLogged once all were tried."""
    unlogged: list[str] = []
    for entry in entries:
        action = "decided"
        details: dict[str, Any] = {"kind": entry.kind, "entry_sha256": _hash(entry.model_dump(mode="json"))}
        if isinstance(entry, Revocation):
            action, details["revokes"] = "revoked", entry.revokes
        elif isinstance(entry, Confirmation):
            action, details["confirms"] = "confirmed", entry.confirms
        try:
            record(settings, entry.author, action, entry.id, **details)
        except NjiaError as error:
            unlogged.append(entry.id)
            why = error
    if unlogged:
        which = f"Decisions {', '.join(unlogged)} are recorded and hold"
        if len(unlogged) == 1:
            which = f"Decision {unlogged[0]} is recorded and holds"
        raise NotLogged(
            f"{which}, but the audit log has no line of it. {why} Do not decide it again; `njia audit` lists "
            "what is missing."
        ) from why


@dataclass(frozen=True)
class Gaps:
    """Ids of entries: `untold` have no line, because they were made before the log began, written by hand or
    cut short by a fault; `changed` since they were logged; `gone` from their files since."""

    untold: list[str]
    changed: list[str]
    gone: list[str]


def gaps(settings: Settings, lines: Iterable[dict[str, Any]]) -> Gaps:
    """Compare the decisions files, which are readable, with all lines of the log.

    The line of a forgetting names the decisions that went with the record: these are no gap. Nor is one that
    was lost and taken back since, or of a kind that Njia no longer has.
    """
    from orchestration.stewardship.kinds.registry import KINDS

    lines = list(lines)
    forgotten = {
        decision
        for line in lines
        if line["action"] == FORGOT
        for decision in line["details"].get("decisions", ())
    }
    logged = {
        line["what"]: line["details"]["entry_sha256"]
        for line in lines
        if "entry_sha256" in line["details"] and line["details"].get("kind") in (None, *KINDS)
    }
    entries = [
        entry
        for path in sorted(settings.decisions.glob("*.jsonl"))
        for line in path.read_bytes().splitlines()
        if (entry := parsed(line.decode("utf-8-sig"), path))
    ]
    present = {entry["id"]: _hash(entry) for entry in entries}
    no_gap = forgotten | {entry.get("revokes") for entry in entries}
    return Gaps(
        [entry_id for entry_id in present if entry_id not in logged],
        [entry_id for entry_id, digest in present.items() if logged.get(entry_id, digest) != digest],
        [entry_id for entry_id in logged if entry_id not in present and entry_id not in no_gap],
    )


def lost_kind(settings: Settings, decision_id: str) -> str | None:
    """Return the kind of a decision that has gone from its file; None for any other."""
    lines = read(settings).lines
    kinds = {line["what"]: str(line["details"].get("kind")) for line in lines if line["action"] == "decided"}
    return kinds.get(decision_id) if decision_id in gaps(settings, lines).gone else None


def _hash(entry: dict[str, Any]) -> str:
    """Return the hash of an entry, however its line is spaced."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
