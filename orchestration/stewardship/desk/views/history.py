"""Every decision ever made, and the form to take it back."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from orchestration.stewardship.decisions.active import list_decisions
from orchestration.stewardship.desk.lists import Cell, Column, item_page, list_page
from orchestration.stewardship.desk.visit import Visit, or_404
from orchestration.stewardship.items import Item
from orchestration.stewardship.kinds.decision import same_author


def history(visit: Visit) -> Response:
    """List the decisions, newest first."""
    t = visit.words
    columns = (
        Column("time", "decisions.when", show=lambda one: Cell(t.moment(one["time"]))),
        Column("says", "decision.says", lambda one: f"{t.said(one['says'])} {one['reason']}",
               lambda one: Cell(t.said(one["says"]), f"/items/decision/{one['id']}", one["reason"])),
        Column("kind", "waiting.kind", said=lambda kind: t(f"kind.{kind}"), is_facet=True, is_hidden=True),
        Column("author", "decision.author", is_facet=True),
        Column("state", "decision.state", _state, said=t, is_facet=True),
    )  # fmt: skip
    newest_first = list_decisions(visit.settings)[::-1]
    return list_page(visit, columns, newest_first, "decisions.title", "decisions.none")


def _state(entry: dict[str, Any]) -> str:
    """Return whether a decision holds; empty for one about another decision."""
    if entry["revoked_by"]:
        return "decision.revoked"
    if entry["revokes"] or entry.get("confirms"):
        return ""
    return "decision.idle" if entry["without_effect"] else "decision.holds"


def decision(visit: Visit, item: Item) -> Response:
    """Show one decision: its sentence, its authors, and the forms to confirm it or take it back."""
    listed = {entry["id"]: entry for entry in list_decisions(visit.settings)}
    entry = or_404(listed.get(item.key[0]))
    is_decision = not entry["revokes"] and not entry.get("confirms")
    waits = is_decision and entry["needs_second"] and not entry["confirmed_by"] and not entry["revoked_by"]
    return item_page(
        visit,
        "decision",
        item,
        entry=entry,
        revocation=listed.get(entry["revoked_by"] or ""),
        is_decision=is_decision,
        about=entry["revokes"] or entry.get("confirms"),
        waits_for_second=waits,
        is_own=same_author(entry["author"], visit.author),
    )
