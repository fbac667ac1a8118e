"""Changes in a partner's columns and choices, with the ready change to its contract."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.stewardship.desk.shared_parts import item_page
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item
from orchestration.stewardship.worklists.drift import drift_questions


def drift(visit: Visit) -> Response:
    return visit.page("drift", found=drift_questions(visit.settings))


def of_contract(visit: Visit, item: Item) -> Response:
    """Show all files in which a contract drifted."""
    found = drift_questions(visit.settings, item)
    if not found:
        raise HTTPException(404)
    partner, contract = item.key
    return item_page(
        visit,
        "drift_of_contract",
        item,
        partner=partner,
        contract=contract,
        found=found,
    )
