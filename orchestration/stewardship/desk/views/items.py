"""The list of open items, and the address of each: `/items/<kind>/<key…>`."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.stewardship.desk.views import (
    agreements,
    checks,
    drift,
    extracts,
    history,
    links,
    places,
    rows,
)
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item
from orchestration.stewardship.worklists.listing import open_items

# How many parts the key of each kind has, and what shows it.
_SHOWN_BY: dict[str, tuple[tuple[int, ...], Callable[[Visit, Item], Response]]] = {
    "check": ((2, 3), checks.check),
    "extract": ((2,), extracts.extract),
    "file": ((2,), extracts.file),
    "overdue": ((1,), extracts.overdue_partner),
    "rows": ((2,), rows.of_rule),
    "place": ((1,), places.place),
    "link": ((2,), links.link),
    "drift": ((2,), drift.of_contract),
    "decision": ((1,), history.decision),
    "agreement": ((2,), agreements.agreement),
}


def waiting(visit: Visit) -> Response:
    """List the open items; `?owner=` and `?kind=` filter them."""
    owner, kind = visit.asked("owner"), visit.asked("kind")
    found = open_items(visit.settings)
    owners = sorted({one.owner for one in found if one.owner})
    kinds = sorted({one.item.kind for one in found})
    shown = [
        one for one in found if (not owner or one.owner == owner) and (not kind or one.item.kind == kind)
    ]
    return visit.page("waiting", found=shown, owners=owners, kinds=kinds, owner=owner, kind=kind)


def item(visit: Visit) -> Response:
    """Show one item, by the raw address: a part of a key may hold an escaped separator."""
    raw = bytes(visit.request.scope["raw_path"]).decode("ascii", "replace").partition("?")[0]
    _, _, kind, *key = raw.split("/")
    lengths, show = _SHOWN_BY.get(kind, ((), None))
    parts = tuple(unquote(part) for part in key)
    if show is None or len(parts) not in lengths or not all(map(_is_name, parts)):
        raise HTTPException(404)
    return show(visit, Item(kind, parts))


def _is_name(part: str) -> bool:
    """Return whether a part is safe as a file name: views look up folders and files by it."""
    return part.isprintable() and not part.startswith(".") and not set(part) & set("/\\*?[]")
