"""What changed in a partner's columns and choices, with the change to its contract that answers it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.stewardship.desk.shared_parts import waiting_item
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item
from orchestration.stewardship.worklists.drift import drift_questions


def drift(visit: Visit) -> Response:
    return visit.page("drift", found=drift_questions(visit.settings))


def of_contract(visit: Visit, item: Item) -> Response:
    """A contract may have drifted in several files: all of them."""
    found = drift_questions(visit.settings, item)
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
