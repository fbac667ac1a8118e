"""Kept releases, and the form to go back to an earlier one."""

from __future__ import annotations

from starlette.responses import Response

from orchestration.core import refreshes
from orchestration.stewardship.desk.visit import Visit

SHOWN_REFRESHES = 20


def releases(visit: Visit) -> Response:
    """List the releases, newest first, and how the last refreshes ended."""
    return visit.page(
        "releases",
        found=list(visit.desk.elsewhere.releases(visit.settings)),
        ends=list(reversed(refreshes.history(visit.settings)[-SHOWN_REFRESHES:])),
    )
