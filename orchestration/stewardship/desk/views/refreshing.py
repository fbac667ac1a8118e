"""A refresh at the desk: how far it is, what waits for the next, and asking for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from orchestration.core import refreshes
from orchestration.stewardship import audit, review
from orchestration.stewardship.desk.accounts import DESK, REFRESH
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.running import decisions_waiting, progress, refresh_since


def refreshing(visit: Visit) -> dict[str, Any]:
    """Return what `refresh.html.j2` shows; `moves`: the page follows it by itself; `look` of its button."""
    now = datetime.now(UTC)
    running, next_run = progress(visit.settings), visit.desk.elsewhere.next_run(visit.settings, now)
    not_before = next_run["not_before"]
    is_soon = next_run["starts"] and not (not_before and datetime.fromisoformat(not_before) > now)
    return {
        "progress": running,
        "next_run": next_run,
        "is_soon": is_soon,
        "moves": running is not None or (is_soon and next_run["can_start"]),
        "last": refreshes.last(visit.settings),
        "may_ask": visit.account is not None and visit.account.may_enter(REFRESH),
        "look": "second" if review.standing_candidate(visit.settings) else "",
    }


def follow(visit: Visit) -> Response:
    """Show the refresh alone: the pages that follow it fetch this, which names no place."""
    if not (visit.account and (visit.account.may_enter(DESK) or visit.account.may_enter(REFRESH))):
        raise HTTPException(403)
    return visit.page("following", refresh=refreshing(visit), refreshing_since=None)


def ask(visit: Visit) -> Response:
    """Ask for a refresh, logged first. One that runs and has read every decision needs no other after it."""
    settings = visit.settings
    if not refresh_since(settings) or decisions_waiting(settings).ids:
        audit.record(settings, visit.author, "asked_for_refresh", "refresh")
        refreshes.ask(settings, visit.author)
    return RedirectResponse("/", 303)
