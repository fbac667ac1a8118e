"""Parts that several views share: the open item, and the address of a row."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from orchestration.stewardship.decisions.active import list_decisions
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item, with_consequences
from orchestration.stewardship.kinds.assignment import since_opened
from orchestration.stewardship.worklists.listing import OpenItem, open_items


def waiting_item(visit: Visit, item: Item) -> OpenItem | None:
    """Return the open item; None where it is settled or never existed."""
    listed = with_consequences(open_items(visit.settings))
    return next((one for one in listed if one.item == item), None)


def item_page(visit: Visit, template: str, item: Item, **context: Any) -> Response:
    """Return the page of an item, with who takes care of it while it waits, and the comments on it."""
    waiting = waiting_item(visit, item)
    own = [one for one in list_decisions(visit.settings, "comment") if one.get("item") == str(item)]
    comments = since_opened(waiting or OpenItem(item, ""), [one for one in own if not one["revoked_by"]])
    return visit.page(template, item=item, waiting=waiting, comments=comments, **context)


def record_path(partner: str, extract_id: str, sheet: str | None, row: object) -> str:
    """Return the address of one row's fields."""
    where = {"partner": partner, "extract": extract_id, "sheet": sheet or "", "row": row}
    return f"/record?{urlencode(where)}"
