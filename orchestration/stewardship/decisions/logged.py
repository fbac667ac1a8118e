"""Lines of the audit log about decisions, and where the decisions files and the log differ.

A decision is written first and logged after: it must not be lost because the log cannot be written. Where the
log fails, the steward hears that the decision stands, and `gaps` finds it later, also after a crash between.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.core import NjiaError, Settings, parsed
from orchestration.stewardship import audit
from orchestration.stewardship.kinds.decision import Confirmation, Entry, Revocation

FORGOT = "forgot"


class NotLogged(NjiaError):
    """The decision is recorded, but the audit log has no line of it."""


def log_all(settings: Settings, entries: Sequence[Entry]) -> None:
    """Write one line for each entry, without its prose; raises NotLogged once all were tried."""
    unlogged: list[str] = []
    for entry in entries:
        try:
            _log(settings, entry)
        except NjiaError as error:
            unlogged.append(entry.id)
            why = error
    if unlogged:
        which = (
            f"Decision {unlogged[0]} is recorded and holds"
            if len(unlogged) == 1
            else (f"Decisions {', '.join(unlogged)} are recorded and hold")
        )
        raise NotLogged(
            f"{which}, but the audit log has no line of it. {why} Do not decide it again; `njia audit` lists "
            "what is missing."
        ) from why


def _log(settings: Settings, entry: Entry) -> None:
    action = "decided"
    details: dict[str, Any] = {"kind": entry.kind, "entry_sha256": _hash(entry.model_dump(mode="json"))}
    if isinstance(entry, Revocation):
        action, details["revokes"] = "revoked", entry.revokes
    elif isinstance(entry, Confirmation):
        action, details["confirms"] = "confirmed", entry.confirms
    audit.record(settings, entry.author, action, entry.id, **details)


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
    was lost and taken back since.
    """
    lines = list(lines)
    forgotten = {
        one for line in lines if line["action"] == FORGOT for one in line["details"].get("decisions", ())
    }
    logged = {
        line["what"]: line["details"]["entry_sha256"] for line in lines if "entry_sha256" in line["details"]
    }
    entries = [
        entry
        for path in sorted(settings.decisions.glob("*.jsonl"))
        for line in path.read_bytes().splitlines()
        if (entry := parsed(line.decode("utf-8-sig"), path))
    ]
    found = {entry["id"]: _hash(entry) for entry in entries}
    no_gap = forgotten | {entry.get("revokes") for entry in entries}
    return Gaps(
        [one for one in found if one not in logged],
        [one for one, digest in found.items() if logged.get(one, digest) != digest],
        [one for one in logged if one not in found and one not in no_gap],
    )


def lost_kind(settings: Settings, decision_id: str) -> str | None:
    """Return the kind of a decision that has gone from its file; None for any other."""
    lines = audit.read(settings).lines
    kinds = {line["what"]: str(line["details"].get("kind")) for line in lines if line["action"] == "decided"}
    return kinds.get(decision_id) if decision_id in gaps(settings, lines).gone else None


def _hash(entry: dict[str, Any]) -> str:
    """Return the hash of an entry, however its line is spaced."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
