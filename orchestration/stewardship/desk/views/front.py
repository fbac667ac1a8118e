"""The front page: how fresh the release is, what is refused or held, what to do first."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from starlette.responses import RedirectResponse, Response

from orchestration.core import refreshes
from orchestration.stewardship import review
from orchestration.stewardship.desk.accounts import DESK
from orchestration.stewardship.desk.views.refreshing import refreshing
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.worklists.listing import open_items

MOST_VALUABLE = 5
# Kinds of items in the order of the steps, and the page that lists each.
VIEWS = {
    "file": "/extracts",
    "drift": "/drift",
    "extract": "/extracts",
    "rows": "/rows",
    "place": "/places",
    "link": "/links",
    "check": "/checks",
    "decision": "/waivers",
    "agreement": "/agreements",
    "overdue": "/extracts",
}


def start(visit: Visit) -> Response:
    """Show the page that an account begins with: the desk, or the members' files."""
    if visit.account and visit.account.may_enter(DESK):
        return front(visit)
    return RedirectResponse("/files", 303)


def front(visit: Visit) -> Response:
    waiting = open_items(visit.settings)
    counts = Counter(one.item.kind for one in waiting)
    last = refreshes.last(visit.settings)
    release = visit.desk.elsewhere.current(visit.settings)
    return visit.page(
        "front",
        release=release,
        freshness=_freshness(visit, last),
        last=last,
        standing=review.standing_candidate(visit.settings),
        alerts=review.read(visit.settings, review.ALERTS),
        valuable=waiting[:MOST_VALUABLE],
        waiting_count=len(waiting),
        refresh=refreshing(visit),
        refreshing_since=None,
        counts=[(kind, path, counts[kind]) for kind, path in VIEWS.items() if counts[kind]],
    )


def _freshness(visit: Visit, last: refreshes.End | None) -> dict[str, Any] | None:
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
