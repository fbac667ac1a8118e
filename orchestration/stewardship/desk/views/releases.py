"""Kept releases, the form to go back to an earlier one, and what a candidate or a release changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.core import Settings, refreshes
from orchestration.stewardship import review
from orchestration.stewardship.decisions.active import list_decisions
from orchestration.stewardship.desk.lists import Cell, Choice, Column, List
from orchestration.stewardship.desk.map import Map, Spot, labels_of, map_of
from orchestration.stewardship.desk.views.places import country_outlines
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.kinds.decision import same_author
from orchestration.stewardship.running import decisions_waiting
from orchestration.stewardship.worklists.places import county_outlines

SHOWN_CORRIDORS = 10
# Corridors on the map: both ends in Kenya or near it, in degrees west, south, east, north.
NEAR = (20.0, -15.0, 55.0, 20.0)
THICKEST = 6.0


@dataclass(frozen=True)
class Flow:
    """A corridor on the map; `width` in pixels follows the size of the difference."""

    start: Spot
    end: Spot
    difference: int
    width: float


def releases(visit: Visit) -> Response:
    """List the releases, newest first, and how the last refreshes ended."""
    found = list(visit.desk.elsewhere.releases(visit.settings))
    return visit.page(
        "releases",
        list=_releases(visit, found),
        can_go_back=len(found) > 1,
        standing=review.standing_candidate(visit.settings),
        ends=_refreshes(visit),
    )


def _releases(visit: Visit, found: list[Any]) -> List:
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
    return List(visit, found, columns, choice=choice)


def _refreshes(visit: Visit) -> List:
    t = visit.words
    columns = (
        Column("ended", "releases.ended", show=lambda end: Cell(t.moment(end["ended"]))),
        Column("outcome", "check.outcome", said=lambda outcome: t(f"refresh.{outcome}"), is_facet=True),
        Column("movements", "front.movements", is_number=True),
        Column("failed", "releases.failed", lambda end: end["checks"].get("failed"), is_number=True),
        Column("held", "front.held", is_number=True),
    )  # fmt: skip
    return List(visit, list(reversed(refreshes.history(visit.settings))), columns, name="refreshes")


def release(visit: Visit) -> Response:
    """Show what the candidate would change; without one, or by `?release=`, what a release changed."""
    settings = visit.settings
    standing, current = review.standing_candidate(settings), visit.desk.elsewhere.current(settings)
    asked = visit.asked("release") or (standing["candidate"] if standing else current and current.release_id)
    known = {one.release_id for one in visit.desk.elsewhere.releases(settings)}
    if asked and asked not in known and not (standing and asked == standing["candidate"]):
        raise HTTPException(404)
    is_candidate = bool(standing and asked == standing["candidate"])
    changes = review.changes_of(settings, asked) if asked else None
    flows, drawn = _map(visit, changes)
    return visit.page(
        "release",
        shown=asked,
        candidate=standing if is_candidate else None,
        current=current,
        changes=changes,
        says={one["id"]: one["says"] for one in list_decisions(settings)},
        signatures=_signatures(visit, standing) if is_candidate and standing else [],
        needed=settings.signatures,
        decided_since=_decided_since(settings) if is_candidate else 0,
        flows=flows,
        map=drawn,
        labels=labels_of(drawn.spots, drawn.width) if drawn else [],
        captions=county_outlines(settings)["captions"] if drawn else None,
    )


def _decided_since(settings: Settings) -> int:
    """Count the decisions that the candidate was made without, but for its signatures."""
    signatures = {one["id"] for one in list_decisions(settings, "candidate_signature")}
    return len(decisions_waiting(settings).ids - signatures)


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


def _map(visit: Visit, changes: Mapping[str, Any] | None) -> tuple[list[Flow], Map | None]:
    """Return the corridors that changed most, of those in Kenya and near it, and the map under them."""
    corridors = [
        one
        for one in (changes["corridors"]["rows"] if changes else [])
        if _is_near(one["origin"]) and _is_near(one["destination"]) and one["origin"] != one["destination"]
    ][:SHOWN_CORRIDORS]
    ends = {end["place_id"]: end for one in corridors for end in (one["origin"], one["destination"])}
    drawn = map_of(
        [SimpleNamespace(**end) for end in ends.values()],
        county_outlines(visit.settings) if ends else {},
        country_outlines,
    )
    if drawn is None:
        return [], None
    spots = dict(zip(ends, drawn.spots, strict=True))
    most = max(abs(one["now"] - one["before"]) for one in corridors)
    return [
        Flow(
            spots[one["origin"]["place_id"]],
            spots[one["destination"]["place_id"]],
            one["now"] - one["before"],
            round(1 + (THICKEST - 1) * abs(one["now"] - one["before"]) / most, 1),
        )
        for one in corridors
    ], drawn


def _is_near(end: Mapping[str, Any]) -> bool:
    west, south, east, north = NEAR
    lat, lon = end["lat"], end["lon"]
    return lat is not None and lon is not None and west <= lon <= east and south <= lat <= north
