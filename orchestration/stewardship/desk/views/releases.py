"""The candidate and its signatures, what a release changed, going back to one, waivers; alerts to release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.core import refreshes
from orchestration.stewardship import review
from orchestration.stewardship.decisions.active import active_decisions, list_decisions
from orchestration.stewardship.desk.lists import Cell, Choice, Column, List
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import decision
from orchestration.stewardship.kinds.alert_release import corridor_name, key_of
from orchestration.stewardship.kinds.decision import same_author
from orchestration.stewardship.running import decisions_waiting


def releases(visit: Visit) -> Response:
    """Show what the candidate or, by `?release=`, a release changed, its signatures, and all releases."""
    settings, elsewhere = visit.settings, visit.desk.elsewhere
    standing, current = review.standing_candidate(settings), elsewhere.current(settings)
    kept = elsewhere.releases(settings)
    asked = visit.asked("release") or (standing["candidate"] if standing else current and current.release_id)
    candidate = standing if standing and asked == standing["candidate"] else None
    if asked and not candidate and asked not in {one.release_id for one in kept}:
        raise HTTPException(404)
    # Those that the candidate was made without, but for its signatures.
    signatures = {one["id"] for one in list_decisions(settings, "candidate_signature")}
    return visit.page(
        "releases",
        shown=asked,
        candidate=candidate,
        current=current,
        shown_as_of=next((one.manifest["as_of"] for one in kept if one.release_id == asked), None),
        is_asked=bool(visit.asked("release")),
        changes=review.changes_of(settings, asked) if asked else None,
        says={one["id"]: one["says"] for one in list_decisions(settings)},
        signatures=_signatures(visit, candidate) if candidate else [],
        needed=settings.signatures,
        decided_since=len(decisions_waiting(settings).ids - signatures) if candidate else 0,
        list=_releases(visit, kept),
        can_go_back=len(kept) > 1,
        waivers=_waivers(visit),
        ends=_refreshes(visit),
    )


def _releases(visit: Visit, kept: Sequence[Any]) -> List:
    t = visit.words
    columns = (
        Column("release_id", "front.release", show=lambda one: Cell(
            t.moment(one.manifest["as_of"]), f"/releases?release={one.release_id}",
            note=t("releases.current") if one.is_current else t("releases.erased") if one.is_erased else "")),
        Column("movements", "front.movements", lambda one: one.manifest["movements"], is_number=True),
        Column("quarantined", "releases.quarantined", lambda one: one.manifest["rows"]["quarantined"],
               is_number=True),
    )  # fmt: skip
    choice = Choice(
        "release",
        lambda one: "" if one.is_current or one.is_erased else one.release_id,
        lambda one: t("releases.choose", release=one.release_id),
        is_single=True,
    )
    return List(visit, kept, columns, choice=choice, keeps={"release": visit.asked("release")})


def _waivers(visit: Visit) -> List:
    """Return the waivers that hold or wait for a second person."""
    t, today = visit.words, str(visit.settings.as_of().date())
    rows = [
        one
        for one in list_decisions(visit.settings, "check_waiver")[::-1]
        if not one["revoked_by"] and one.get("expires", "") >= today
    ]
    columns = (
        Column("says", "check.waive", lambda one: t.said(one["says"]),
               lambda one: Cell(t.said(one["says"]), decision(one["id"]).path, one["reason"])),
        Column("author", "decision.author"),
        Column("expires", "check.expires", said=t.day),
    )  # fmt: skip
    return List(visit, rows, columns, name="waivers")


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


def list_of_alerts(visit: Visit) -> List:
    """Return the alerts, those of the current release first."""
    t, settings = visit.words, visit.settings
    decided = active_decisions(settings, settings.as_of())["alert_release"]
    released = {(one["corridor"], one["direction"], one["first_month"]): one["id"] for one in decided}

    def is_public(row: dict[str, str]) -> bool:
        return key_of(row) in released

    def state(row: dict[str, str]) -> str:
        if is_public(row):
            return "alerts.released"
        return "alerts.members" if row["in_current_release"] == "True" else "alerts.candidate"

    def shown(row: dict[str, str]) -> Cell:
        link = decision(released[key_of(row)]).path if is_public(row) else ""
        return Cell(t(state(row)), link)

    columns = (
        Column("corridor", "release.corridor", lambda row: corridor_name(row["corridor_id"]),
               lambda row: Cell(corridor_name(row["corridor_id"]), note=t(f"alerts.{row['direction']}"))),
        Column("direction", "alerts.direction", said=lambda code: t(f"alerts.{code}"), is_facet=True,
               is_hidden=True),
        Column("first_month", "alerts.since", show=lambda row: Cell(
            t.day(row["first_month"][:7]), note=t("alerts.until", month=t.day(row["newest_month"][:7])))),
        Column("witness_count", "alerts.records", show=lambda row: Cell(
            row["witness_count"],
            note=t("alerts.expected", low=row["expected_low"], high=row["expected_high"]))),
        Column("evidence", "alerts.evidence", said=lambda code: t(f"alerts.{code}"), is_facet=True),
        Column("state", "decision.state", state, shown, said=t, is_facet=True),
    )  # fmt: skip
    choice = Choice(
        "alert",
        lambda row: " ".join(key_of(row)) if not is_public(row) else "",
        lambda row: t("alerts.choose", corridor=corridor_name(row["corridor_id"])),
    )
    rows = sorted(review.read(settings, review.ALERTS), key=lambda row: row["in_current_release"] != "True")
    return List(visit, rows, columns, choice=choice, keeps={"kind": "alert"})
