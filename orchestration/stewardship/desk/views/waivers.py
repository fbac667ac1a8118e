"""Waivers: those that hold, those that end soon, those that wait for a second person."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.responses import Response

from orchestration.stewardship.decisions.active import list_decisions
from orchestration.stewardship.desk.lists import Cell, Column, list_page
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.kinds.check_waiver import waived_item
from orchestration.stewardship.worklists.listing import SOON


def waivers(visit: Visit) -> Response:
    """List the waivers by their last day, without those that have ended."""
    t, today = visit.words, visit.settings.as_of().date()
    found = [
        entry
        for entry in list_decisions(visit.settings, "check_waiver")
        if entry.get("check") and not entry["revoked_by"] and date.fromisoformat(entry["expires"]) >= today
    ]

    def state(one: dict[str, Any]) -> str:
        if one["needs_second"] and not one["confirmed_by"]:
            return "waivers.waits"
        return "decision.idle" if one["without_effect"] else "decision.holds"

    def ends(one: dict[str, Any]) -> Cell:
        expires = date.fromisoformat(one["expires"])
        said = t("waivers.ends", day=one["expires"], days=(expires - today).days)
        return Cell("", mark=said) if expires <= today + SOON else Cell(said)

    columns = (
        Column("check", "checks.check", said=t.spoken, is_facet=True, show=lambda one: Cell(
            t.spoken(one["check"]), f"/items/decision/{one['id']}", one["reason"])),
        Column("scope", "checks.of",
               show=lambda one: Cell(one["scope"], waived_item(one["check"], one["scope"]).path)),
        Column("expires", "check.expires", show=ends),
        Column("author", "decision.author",
               lambda one: tuple(filter(None, (one["author"], one["confirmed_by"]))), is_facet=True),
        Column("state", "decision.state", state, said=t, is_facet=True),
    )  # fmt: skip
    found.sort(key=lambda one: one["expires"])
    return list_page(
        visit, columns, found, "waivers.title", "waivers.none", t("waivers.hint", days=SOON.days)
    )
