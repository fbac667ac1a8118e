"""What the audit log is told of decisions, and which of them it was not told of.

A decision is written first and told after: it must not be lost because the log cannot be written. What was
not told is an error for whoever decided, who hears that the decision stands, and `untold` finds it later,
also after a crash between the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orchestration.errors import NjiaError
from orchestration.settings import Settings
from orchestration.stewardship import audit
from orchestration.stewardship.decision_kinds import Confirmation, Entry, Revocation


class NotTold(NjiaError):
    """What was to be done is done, but the audit log has no line of it."""


def tell(settings: Settings, entry: Entry) -> None:
    """One line for an entry that stands in its file; raises NotTold. Its words stay in the decisions file."""
    action = "decided"
    details: dict[str, Any] = {"kind": entry.kind}
    if isinstance(entry, Revocation):
        action, details["revokes"] = "revoked", entry.revokes
    elif isinstance(entry, Confirmation):
        action, details["confirms"] = "confirmed", entry.confirms
    try:
        audit.record(settings, entry.author, action, entry.id, **details)
    except NjiaError as error:
        raise NotTold(
            f"Decision {entry.id} is recorded and holds, but the audit log was not told. {error} Do not "
            "decide it again; `njia audit` names what it was not told."
        ) from None


def untold(lines: Iterable[dict[str, Any]], entries: Iterable[dict[str, Any]]) -> list[str]:
    """Ids of entries of the decisions files that no line speaks of: made before the log began, written by
    hand, or cut short by a fault."""
    told = {line["what"] for line in lines}
    return [entry["id"] for entry in entries if entry["id"] not in told]
