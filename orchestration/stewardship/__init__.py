"""What stewards decide, as data: kinds of decision, their files, and which of them hold at a given time.

Also what waits for a steward (`review`, `refreshes`, `items`), and telling people of it (`messages`).
What does not belong here: what a decision does (the gates, places and release rooms read it and act).
"""

from orchestration.stewardship.decisions import (
    Decisions,
    active_decisions,
    confirm,
    list_decisions,
    record_decision,
    revoke,
    without_effect,
)

__all__ = [
    "Decisions",
    "active_decisions",
    "confirm",
    "list_decisions",
    "record_decision",
    "revoke",
    "without_effect",
]
