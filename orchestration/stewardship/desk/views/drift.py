"""What changed in a partner's columns and choices, with the change to its contract that answers it."""

from __future__ import annotations

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.stewardship import review
from orchestration.stewardship.desk.shared_parts import waiting_item
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item
from orchestration.stewardship.items import drift as named


def drift(visit: Visit) -> Response:
    return visit.page("drift", found=_drifted(visit))


def of_contract(visit: Visit, item: Item) -> Response:
    """A contract may have drifted in several files: all of them."""
    found = [one for one in _drifted(visit) if one["item"] == item]
    if not found:
        raise HTTPException(404)
    partner, contract = item.key
    return visit.page(
        "drift_of_contract",
        item=item,
        waiting=waiting_item(visit, item),
        partner=partner,
        contract=contract,
        found=found,
    )


def _drifted(visit: Visit) -> list[dict[str, Any]]:
    path = visit.settings.review / review.DRIFT_DETAILS
    if not path.is_file():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))["drift"]
    return [{**one, "item": named(one["partner"], one["contract"])} for one in found]
