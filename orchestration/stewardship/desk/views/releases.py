"""Kept releases, the form to go back to an earlier one, and what a candidate or a release changed."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.core import refreshes
from orchestration.stewardship import review
from orchestration.stewardship.decisions.active import list_decisions
from orchestration.stewardship.desk.drawings import labels_of, map_of
from orchestration.stewardship.desk.lists import Cell, Choice, Column, List
from orchestration.stewardship.desk.views.places import country_outlines
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.kinds.decision import same_author
from orchestration.stewardship.running import decisions_waiting
from orchestration.stewardship.worklists.places import county_outlines

SHOWN_CORRIDORS = 10
# Corridors on the map: both ends in Kenya or near it, in degrees west, south, east, north.
NEAR = (20.0, -15.0, 55.0, 20.0)
THICKEST = 6.0


def releases(visit: Visit) -> Response:
    """List the releases, newest first, and how the last refreshes ended."""
    rows = _releases(visit)
    return visit.page(
        "releases",
        list=rows,
        can_go_back=rows.total > 1,
        standing=review.standing_candidate(visit.settings),
        ends=_refreshes(visit),
    )


def _releases(visit: Visit) -> List:
    t = visit.words
    columns = (
        Column("release_id", "front.release", show=lambda one: Cell(
            one.release_id, f"/release?release={one.release_id}",
            note=t("releases.current") if one.is_current else "")),
        Column("as_of", "releases.as_of", lambda one: one.manifest["as_of"],
               lambda one: Cell(t.moment(one.manifest["as_of"]))),
        Column("movements", "front.movements", lambda one: one.manifest["movements"], is_number=True),
        Column("quarantined", "releases.quarantined", lambda one: one.manifest["rows"]["quarantined"],
               is_number=True),
    )  # fmt: skip
    choice = Choice(
        "release",
        lambda one: "" if one.is_current else one.release_id,
        lambda one: t("releases.choose", release=one.release_id),
        is_single=True,
    )
    return List(visit, visit.desk.elsewhere.releases(visit.settings), columns, choice=choice)


def _refreshes(visit: Visit) -> List:
    t = visit.words
    columns = (
        Column("ended", "releases.ended", show=lambda end: Cell(t.moment(end["ended"]))),
        Column("outcome", "check.outcome", said=lambda outcome: t(f"refresh.{outcome}"), is_facet=True),
        Column("movements", "front.movements", is_number=True),
        Column("failed", "releases.failed", lambda end: end["checks"].get("failed"), is_number=True),
        Column("held", "front.held", is_number=True),
    )  # fmt: skip
    return List(visit, refreshes.history(visit.settings)[::-1], columns, name="refreshes")


def release(visit: Visit) -> Response:
    """Show what the candidate would change; without one, or by `?release=`, what a release changed."""
    settings, elsewhere = visit.settings, visit.desk.elsewhere
    standing, current = review.standing_candidate(settings), elsewhere.current(settings)
    asked = visit.asked("release") or (standing["candidate"] if standing else current and current.release_id)
    candidate = standing if standing and asked == standing["candidate"] else None
    if asked and not candidate and asked not in {one.release_id for one in elsewhere.releases(settings)}:
        raise HTTPException(404)
    changes = review.changes_of(settings, asked) if asked else None
    # Those that the candidate was made without, but for its signatures.
    signatures = {one["id"] for one in list_decisions(settings, "candidate_signature")}
    return visit.page(
        "release",
        shown=asked,
        candidate=candidate,
        current=current,
        changes=changes,
        says={one["id"]: one["says"] for one in list_decisions(settings)},
        signatures=_signatures(visit, candidate) if candidate else [],
        needed=settings.signatures,
        decided_since=len(decisions_waiting(settings).ids - signatures) if candidate else 0,
        **_map(visit, changes["corridors"]["rows"] if changes else []),
    )


def _signatures(visit: Visit, candidate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the signatures under this content, each with whether it waits for a second person."""
    return [
        entry
        | {
            "waits_for_second": entry["needs_second"] and not entry["confirmed_by"],
            "is_own": same_author(entry["author"], visit.author),
        }
        for entry in list_decisions(visit.settings, "candidate_signature")
        if entry.get("content_hash") == candidate["content_hash"] and not entry["revoked_by"]
    ]


def _map(visit: Visit, corridors: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a map of the corridors that changed most, of those in Kenya and near it, if there are any.

    The width of a flow follows the size of its difference.
    """
    shown = [
        one
        for one in corridors
        if _is_near(one["origin"]) and _is_near(one["destination"]) and one["origin"] != one["destination"]
    ][:SHOWN_CORRIDORS]
    ends = {end["place_id"]: end for one in shown for end in (one["origin"], one["destination"])}
    counties = county_outlines(visit.settings) if ends else {}
    drawn = map_of([SimpleNamespace(**end) for end in ends.values()], counties, country_outlines)
    if drawn is None:
        return {"map": None}
    spots = dict(zip(ends, drawn.spots, strict=True))
    differences = [one["now"] - one["before"] for one in shown]
    most = max(map(abs, differences))
    flows = [
        {
            "start": spots[one["origin"]["place_id"]],
            "end": spots[one["destination"]["place_id"]],
            "difference": difference,
            "width": round(1 + (THICKEST - 1) * abs(difference) / most, 1),
        }
        for one, difference in zip(shown, differences, strict=True)
    ]
    labels = labels_of(drawn.spots)
    return {"map": drawn, "flows": flows, "labels": labels, "captions": counties["captions"]}


def _is_near(end: Mapping[str, Any]) -> bool:
    west, south, east, north = NEAR
    lat, lon = end["lat"], end["lon"]
    return lat is not None and lon is not None and west <= lon <= east and south <= lat <= north
