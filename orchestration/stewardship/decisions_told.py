"""What the audit log is told of decisions, and where their files and the log do not agree.

A decision is written first and told after: it must not be lost because the log cannot be written. What was
not told is an error for whoever decided, who hears that the decision stands, and `gaps` finds it later, also
after a crash between the two.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.core import NjiaError, Settings
from orchestration.stewardship import audit
from orchestration.stewardship.decision_kinds import Confirmation, Entry, Revocation

FORGOT = "forgot"


class NotTold(NjiaError):
    """What was to be done is done, but the audit log has no line of it."""


def tell_all(settings: Settings, entries: Sequence[Entry]) -> None:
    """One line for each entry that stands in its file; raises NotTold once all were tried.

    Their words stay in the decisions file.
    """
    untold: list[str] = []
    for entry in entries:
        try:
            _tell(settings, entry)
        except NjiaError as error:
            untold.append(entry.id)
            why = error
    if untold:
        which = (
            f"Decision {untold[0]} is recorded and holds"
            if len(untold) == 1
            else (f"Decisions {', '.join(untold)} are recorded and hold")
        )
        raise NotTold(
            f"{which}, but the audit log was not told. {why} Do not decide it again; `njia audit` names what "
            "it was not told."
        ) from None


def _tell(settings: Settings, entry: Entry) -> None:
    action = "decided"
    details: dict[str, Any] = {"kind": entry.kind, "entry_sha256": _hash(entry.model_dump(mode="json"))}
    if isinstance(entry, Revocation):
        action, details["revokes"] = "revoked", entry.revokes
    elif isinstance(entry, Confirmation):
        action, details["confirms"] = "confirmed", entry.confirms
    audit.record(settings, entry.author, action, entry.id, **details)


@dataclass(frozen=True)
class Gaps:
    """Ids of entries: `untold` of which no line speaks, because they were made before the log began, written
    by hand or cut short by a fault; `changed` since they were told; told and `gone` from their files."""

    untold: list[str]
    changed: list[str]
    gone: list[str]


def gaps(settings: Settings, lines: Iterable[dict[str, Any]]) -> Gaps:
    """Compare the decisions files, which are readable, with all lines of the log.

    What went with a forgotten record is told as gone by the line of the forgetting, and is no gap.
    """
    lines = list(lines)
    forgotten = {
        one for line in lines if line["action"] == FORGOT for one in line["details"].get("decisions", ())
    }
    told = {
        line["what"]: line["details"]["entry_sha256"] for line in lines if "entry_sha256" in line["details"]
    }
    found = {
        entry["id"]: _hash(entry)
        for path in sorted(settings.decisions.glob("*.jsonl"))
        for line in path.read_bytes().splitlines()
        if (entry := json.loads(line.decode("utf-8-sig")))
    }
    return Gaps(
        [one for one in found if one not in told],
        [one for one, digest in found.items() if told.get(one, digest) != digest],
        [one for one in told if one not in found and one not in forgotten],
    )


def _hash(entry: dict[str, Any]) -> str:
    """Of what an entry says, however its line is spaced."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
