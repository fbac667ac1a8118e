"""Waivers: those that hold, those that end soon, those that wait for a second person."""

from __future__ import annotations

from datetime import date

from starlette.responses import Response

from orchestration.stewardship.decisions.active import list_decisions
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.kinds.check_waiver import waived_item
from orchestration.stewardship.kinds.decision import same_author
from orchestration.stewardship.worklists.decisions import SOON


def waivers(visit: Visit) -> Response:
    """List the waivers by their last day, without those that have ended."""
    today = visit.settings.as_of().date()
    found = []
    for entry in list_decisions(visit.settings, "check_waiver"):
        if not entry.get("check") or entry["revoked_by"] or date.fromisoformat(entry["expires"]) < today:
            continue
        expires = date.fromisoformat(entry["expires"])
        found.append(
            {
                **entry,
                "waits_for_second": entry["needs_second"] and not entry["confirmed_by"],
                "is_own": same_author(entry["author"], visit.author),
                "ends_soon": expires <= today + SOON,
                "days": (expires - today).days,
                "check_path": waived_item(entry["check"], entry["scope"]).path,
            }
        )
    return visit.page("waivers", found=sorted(found, key=lambda one: one["expires"]), soon=SOON.days)
