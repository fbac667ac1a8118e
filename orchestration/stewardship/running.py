"""Whether a refresh is running and how far it is; which decisions wait for the next one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from orchestration.core import Damaged, NjiaError, Settings, is_held, last_holder, refreshes
from orchestration.stewardship import audit
from orchestration.stewardship.decisions.active import Settled, settled


def refresh_since(settings: Settings) -> datetime | None:
    """Return since when a refresh is running (UTC); None where none is."""
    if not is_held(settings.lock):
        return None
    try:
        return datetime.fromisoformat(last_holder(settings)["since"])
    except (ValueError, KeyError, TypeError):  # not noted yet
        holder = settings.lock.with_suffix(".holder")
        age = (holder if holder.exists() else settings.lock).stat().st_mtime
        return datetime.fromtimestamp(age, UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Progress:
    """A running refresh: since when, its steps with `done`, `running` or `left`, and what it works on."""

    since: datetime
    steps: list[tuple[str, str]]
    files: int
    extracts: int


def progress(settings: Settings) -> Progress | None:
    """Return how far the running refresh is; without steps before its first, and for other commands."""
    since = refresh_since(settings)
    if since is None:
        return None
    begun = _begun(settings)
    steps, states = refreshes.STEPS, list[str]()
    if begun and begun.steps:
        latest = max(map(steps.index, begun.steps))
        states = ["done"] * latest + ["running"] + ["left"] * (len(steps) - latest - 1)
    return Progress(
        since,
        list(zip(steps, states, strict=False)),
        len(begun.inputs.get("files", ())) if begun else 0,
        len(refreshes.landings(settings)),
    )


def decisions_waiting(settings: Settings) -> Settled:
    """Return the settled decisions that the last whole refresh and a running one did not read.

    One that they read and that was taken back since counts too. Before the first refresh nothing waits, and
    where decisions cannot be read: the refresh itself says so.
    """
    begun = _begun(settings) if refresh_since(settings) else None
    read = begun.inputs if begun else refreshes.considered(settings)
    try:
        now = settled(settings)
    except NjiaError:
        return Settled(frozenset(), None)
    if "decisions" not in read:
        return Settled(frozenset(), None)
    return Settled(now.ids.symmetric_difference(read["decisions"]), now.last)


def settled_since_refresh(settings: Settings) -> frozenset[str]:
    """Return the ids of the decisions that a refresh acts on now.

    Raises Damaged where one that the last refresh acted on has gone: without it, a row that a steward
    excluded would be published.
    """
    now = settled(settings).ids
    missing = refreshes.considered(settings).get("decisions", set()) - now
    if not missing:
        return now
    # Most often one was taken back or forgotten.
    if gone := sorted(missing - audit.accounted_for(settings)):
        raise Damaged(
            settings.database,
            f"decisions are missing: {', '.join(gone)}",
            "Copy them from a backup (`njia restore`; `njia decide export` there, `import` here). Where none "
            "has them, decide again what they decided, and take each back (`njia decide revoke ID`): then a "
            "refresh goes on without them.",
        )
    return now


def _begun(settings: Settings) -> refreshes.End | None:
    """Return the journal entry of the refresh that holds the lock."""
    begun = refreshes.under_way(settings)
    return begun if begun and begun.run_id == last_holder(settings)["run"] else None
