"""Waivers: those that hold, those that end soon, those that wait for a second person."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.responses import Response

from orchestration.stewardship.decisions.active import list_decisions
from orchestration.stewardship.desk.lists import Cell, Column, List
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.kinds.check_waiver import waived_item
from orchestration.stewardship.worklists.decisions import SOON


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

    def shown_state(one: dict[str, Any]) -> Cell:
        tone = "good" if state(one) == "decision.holds" else "warning"
        why = t.said(one["without_effect"]) if state(one) == "decision.idle" else ""
        return Cell("", mark=t(state(one)), tone=tone, note=why)

    def ends(one: dict[str, Any]) -> Cell:
        expires = date.fromisoformat(one["expires"])
        said = t("waivers.ends", day=one["expires"], days=(expires - today).days)
        return Cell("", mark=said) if expires <= today + SOON else Cell(said)

    columns = (
        Column("check", "checks.check", lambda one: one["check"],
               lambda one: Cell(t.spoken(one["check"]), f"/items/decision/{one['id']}", one["reason"]),
               said=t.spoken, is_facet=True, is_searched=True),
        Column("scope", "checks.of", lambda one: one["scope"],
               lambda one: Cell(one["scope"], waived_item(one["check"], one["scope"]).path),
               is_searched=True),
        Column("ends", "check.expires", lambda one: one["expires"], ends),
        Column("author", "decision.author",
               lambda one: tuple(filter(None, (one["author"], one["confirmed_by"]))), is_facet=True),
        Column("state", "decision.state", state, shown_state, said=t, is_facet=True),
    )  # fmt: skip
    return visit.page(
        "list",
        title="waivers.title",
        hint=t("waivers.hint", days=SOON.days),
        nothing="waivers.none",
        list=List(visit, sorted(found, key=lambda one: one["expires"]), columns),
    )
