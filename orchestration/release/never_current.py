"""Releases that were completed and never became current."""

from __future__ import annotations

from orchestration.core import Settings
from orchestration.release.current import Release, current_release, list_releases
from orchestration.stewardship import list_decisions


def never_current(settings: Settings) -> list[Release]:
    """Complete releases that a kill kept from becoming current: no reader has seen them.

    Without a current release none can be told from one that readers have seen: the link may have been lost.
    """
    current, releases = current_release(settings), list_releases(settings)
    if current is None and len(releases) > 1:
        return []
    seen = {release.manifest["previous_release"] for release in releases}
    for entry in list_decisions(settings, "rollback"):
        seen |= {entry.get("from_release"), entry.get("to_release")}
    newest_seen = current.manifest["sequence"] if current else 0
    return [
        release
        for release in releases
        if release.manifest["sequence"] > newest_seen and release.release_id not in seen
    ]
