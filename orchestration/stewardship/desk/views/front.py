"""The front page: how fresh the release is, what to do first; and the refresh that renews it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from orchestration.core import refreshes
from orchestration.stewardship import audit, review
from orchestration.stewardship.desk.accounts import DESK, REFRESH
from orchestration.stewardship.desk.visit import Visit, list_of
from orchestration.stewardship.running import decisions_waiting, progress, refresh_since
from orchestration.stewardship.worklists.listing import open_items

MOST_VALUABLE = 5
# Kinds of items in the order of the steps.
IN_ORDER = ("file", "drift", "extract", "rows", "place", "link", "check", "decision", "agreement", "overdue")


def start(visit: Visit) -> Response:
    """Show the page that an account begins with: the desk, or the members' files."""
    if not (visit.account and visit.account.may_enter(DESK)):
        return RedirectResponse("/files", 303)
    waiting = open_items(visit.settings)
    counts = Counter(one.item.kind for one in waiting)
    return visit.page(
        "front",
        release=visit.desk.elsewhere.current(visit.settings),
        freshness=_freshness(visit),
        last=refreshes.last(visit.settings),
        standing=review.standing_candidate(visit.settings),
        alerts=review.read(visit.settings, review.ALERTS),
        valuable=waiting[:MOST_VALUABLE],
        waiting_count=len(waiting),
        refresh=refreshing(visit),
        refreshing_since=None,
        counts=[
            (kind, "/waiting?kind=decision" if kind == "decision" else list_of(kind), counts[kind])
            for kind in IN_ORDER
            if counts[kind]
        ],
    )


def _freshness(visit: Visit) -> dict[str, Any] | None:
    """Return how long ago a refresh published or confirmed the release; None before the first."""
    confirmed = [
        end["ended"]
        for end in refreshes.history(visit.settings)
        if end["outcome"] in (refreshes.PUBLISHED, refreshes.UNCHANGED)
    ]
    if not confirmed:
        return None
    ended = datetime.fromisoformat(str(confirmed[-1]))
    age = max(visit.settings.as_of(), ended) - ended
    state = "fresh" if age <= refreshes.FRESH_FOR else "aging" if age <= refreshes.LATE_AFTER else "late"
    return {"confirmed": ended, "hours": int(age.total_seconds() // 3600), "state": state}


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
