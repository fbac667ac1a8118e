"""Rollback: back to an earlier release, recorded as a decision, so that the next refresh leaves it so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orchestration.core import NjiaError, Settings, UsageError
from orchestration.release.current import (
    Release,
    find_release,
    list_releases,
    refuse_erased,
    switch_current,
    switching,
)
from orchestration.release.erasing import holds_forgotten
from orchestration.release.manifest import changed_files, file_hashes
from orchestration.release.signature import why_not_signed
from orchestration.stewardship import Decisions, NotTold, audit, record_decision


def fit_to_return(settings: Settings, release_id: str) -> Release:
    """An earlier release, once its files have shown to be those that were published and signed.

    Raises NjiaError where it cannot be current again; UsageError where it is none or current already.
    """
    target = find_release(settings, release_id)
    if target.is_current:
        raise UsageError(f"The release {target.release_id} is the current one already.")
    refuse_erased(target)
    if holds_forgotten(settings, target):
        raise UsageError(
            f"The release {target.release_id} holds a record that was forgotten, so it does not come back. "
            "Choose another (`njia releases`)."
        )
    if changed := changed_files(target.path, file_hashes(target.manifest)):
        raise NjiaError(
            f"The release {target.release_id} is not as it was published; changed: "
            f"{', '.join(changed[:3])}. Restore it from a backup, or choose another (`njia releases`)."
        )
    if fault := why_not_signed(settings, target):
        raise NjiaError(f"{fault} Nothing was changed.")
    return target


def rollback(
    settings: Settings,
    release_id: str,
    author: str,
    reason: str,
    now: datetime,
    from_release: str | None = None,
) -> Release:
    """Make an earlier release current again. `from_release`: only if this is the current one still.

    Raises what `fit_to_return` does, and NotTold where it is done and the audit log could not be told.
    """
    with switching(settings):
        target = fit_to_return(settings, release_id)
        current = find_release(settings, "current")
        if from_release not in (None, current.release_id):
            raise UsageError(
                f"The release in force is {current.release_id} by now, another than the one that was looked "
                "at. Nothing was changed: look again, then decide."
            )
        named: dict[str, Any] = {"from_release": current.release_id, "to_release": target.release_id}
        # The decision first: without it, the next refresh would publish again what was left behind. Readers
        # get the earlier release back also where the audit log cannot be told.
        problem: NotTold | None = None
        try:
            record_decision(settings, "rollback", author, reason, now, **named)
        except NotTold as error:
            problem = error
        switch_current(settings, target.release_id)
        if problem:
            raise NotTold(f"Release {target.release_id} is in force again. {problem}")
        try:
            audit.record(settings, author, "rolled_back", target.release_id, **named)
        except NjiaError as error:
            raise NotTold(f"Release {target.release_id} is in force again. {error}") from None
    return Release(target.release_id, target.path, target.manifest, is_current=True)


def is_rolled_back(settings: Settings, decisions: Decisions, given_hash: str) -> bool:
    """Whether a release of what is given now was left behind by a rollback that holds: then nothing is built.

    What time decides (a lag that passed, a month that became complete) does not bring back what was left.
    """
    return any(
        release.manifest.get("given_hash") == given_hash for release in left_behind(settings, decisions)
    )


def is_left_behind(settings: Settings, decisions: Decisions, content_hash: str) -> bool:
    """Whether a rollback that holds left a release of this very content: other inputs may come to the same.

    Boundaries, say, are an input, and change no table. What readers have now is never left behind.
    """
    if any(release.is_current and _holds(release, content_hash) for release in list_releases(settings)):
        return False
    return any(_holds(release, content_hash) for release in left_behind(settings, decisions))


def _holds(release: Release, content_hash: str) -> bool:
    return bool(release.manifest["content_hash"] == content_hash)


def left_behind(settings: Settings, decisions: Decisions) -> list[Release]:
    """The releases that rollbacks left and none came back to, as far as they are kept."""
    left: set[str] = set()
    for decision in decisions.rollbacks:
        left.add(decision["from_release"])
        left.discard(decision["to_release"])
    return [release for release in list_releases(settings) if release.release_id in left]
