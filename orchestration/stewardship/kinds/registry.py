"""All kinds of decision: a new one is a file beside this one and a line in GROUPS."""

from __future__ import annotations

from typing import Any

from orchestration.core import UsageError
from orchestration.stewardship.kinds import (
    agreement_change,
    alert_release,
    check_waiver,
    extracts,
    links,
    place_alias,
    releases,
    rows,
    value_correction,
)
from orchestration.stewardship.kinds.decision import Confirmation, Decision, Entry, Group, Revocation

GROUPS: tuple[Group, ...] = (
    check_waiver.GROUP,
    extracts.GROUP,
    place_alias.GROUP,
    links.GROUP,
    rows.GROUP,
    value_correction.GROUP,
    agreement_change.GROUP,
    releases.GROUP,
    alert_release.GROUP,
)
KINDS: dict[str, type[Decision]] = {kind: model for group in GROUPS for kind, model in group.kinds.items()}


def known_kind(kind: str) -> str:
    """Return the kind; raises UsageError where there is none of that name."""
    if kind not in KINDS:
        raise UsageError(f"There is no kind of decision called {kind!r}. The kinds are: {', '.join(KINDS)}.")
    return kind


def read_entry(content: dict[str, Any]) -> Entry:
    """Check one line's content; the caller has made sure that its kind is known."""
    if content.get("revokes") is not None:
        return Revocation.model_validate(content)
    if content.get("confirms") is not None:
        return Confirmation.model_validate(content)
    return KINDS[content["kind"]].model_validate(content)
