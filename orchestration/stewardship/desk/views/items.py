"""Every decision ever made, and the address of each item: `/items/<kind>/<key…>`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from orchestration.stewardship.decisions.active import list_decisions
from orchestration.stewardship.desk.lists import Cell, Column, item_page, list_page
from orchestration.stewardship.desk.views import contracts, extracts, links, partners, places, rows
from orchestration.stewardship.desk.visit import Visit, or_404
from orchestration.stewardship.items import Item
from orchestration.stewardship.kinds.decision import same_author


def decisions(visit: Visit) -> Response:
    """List the decisions, newest first."""
    t = visit.words
    newest_first = list_decisions(visit.settings)[::-1]
    author_of = {one["id"]: one["author"] for one in newest_first}
    columns = (
        Column("time", "decisions.when", show=lambda one: Cell(t.moment(one["time"]))),
        Column("says", "decision.says", lambda one: f"{t.said(one['says'])} {one['reason']}",
               lambda one: Cell(t.said(one["says"]), f"/items/decision/{one['id']}", one["reason"])),
        Column("kind", "waiting.kind", said=lambda kind: t(f"kind.{kind}"), is_facet=True, is_hidden=True),
        Column("author", "decision.author", is_facet=True),
        Column("state", "decision.state", _state, said=t, is_facet=True, show=lambda one: Cell(
            t(_state(one)) if _state(one) else "–", note=author_of.get(one["revoked_by"], ""))),
    )  # fmt: skip
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


# How many parts the key of each kind has, and what shows it.
_SHOWN_BY: dict[str, tuple[tuple[int, ...], Callable[[Visit, Item], Response]]] = {
    "check": ((2, 3), extracts.check),
    "extract": ((2,), extracts.extract),
    "file": ((2,), extracts.file),
    "overdue": ((1,), lambda visit, item: RedirectResponse(partners.path_of(item.key[0]), 303)),
    "rows": ((2,), rows.of_rule),
    "place": ((1,), places.place),
    "link": ((2,), links.link),
    "drift": ((2,), contracts.drift_of_contract),
    "decision": ((1,), decision),
    "agreement": ((2,), contracts.agreement),
}


def item(visit: Visit) -> Response:
    asked = item_of(visit)
    return _SHOWN_BY[asked.kind][1](visit, asked)


def item_of(visit: Visit, *kinds: str) -> Item:
    """Return the item of the raw address: a part of a key may hold an escaped separator."""
    raw = bytes(visit.request.scope["raw_path"]).decode("ascii", "replace").partition("?")[0]
    kind, *key = raw.removeprefix("/items/").split("/")
    lengths = _SHOWN_BY[kind][0] if kind in (kinds or _SHOWN_BY) else ()
    parts = tuple(unquote(part) for part in key)
    if len(parts) not in lengths or not all(map(_is_name, parts)):
        raise HTTPException(404)
    return Item(kind, parts)


def _is_name(part: str) -> bool:
    """Return whether a part is safe as a file name: views look up folders and files by it."""
    return part.isprintable() and not part.startswith(".") and not set(part) & set("/\\*?[]")
