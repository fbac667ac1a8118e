"""Contracts: the terms of an agreement and a form to change them; columns and choices that changed since.

A page that shows answers which may identify somebody is logged before it is made.
"""

from __future__ import annotations

from typing import Any, get_args

from starlette.responses import Response

from orchestration.contracts import agreements_ending, with_changes
from orchestration.stewardship import audit
from orchestration.stewardship.decisions.active import active_decisions, list_decisions
from orchestration.stewardship.desk.lists import item_page
from orchestration.stewardship.desk.visit import Visit, or_404
from orchestration.stewardship.items import Item
from orchestration.stewardship.items import agreement as named
from orchestration.stewardship.kinds.agreement_change import FinestPlace
from orchestration.stewardship.worklists.drift import drift_questions, with_withheld


def agreement(visit: Visit, item: Item) -> Response:
    agreed = [one for one in agreements_of(visit) if (one["partner"], one["contract"]) == item.key]
    changes = [
        entry
        for entry in list_decisions(visit.settings, "agreement_change")
        if (entry.get("partner"), entry.get("contract")) == item.key
    ]
    return item_page(
        visit,
        "agreement",
        item,
        agreed=or_404(agreed)[0],
        changes=changes,
        finest=get_args(FinestPlace),
    )


def agreements_of(visit: Visit) -> list[dict[str, Any]]:
    """Return the agreement of every contract, those that end first before the others."""
    changes = active_decisions(visit.settings, visit.settings.as_of())["agreement_change"]
    contracts, today = with_changes(visit.contracts, changes), visit.settings.as_of().date()
    soon = {(one.partner, one.contract) for one in agreements_ending(contracts, today)}
    agreed = [
        {
            "partner": partner,
            "contract": contract.contract,
            "terms": contract.agreement,
            "has_ended": contract.agreement.valid_to < today,
            "ends_soon": (partner, contract.contract) in soon,
            "path": named(partner, contract.contract).path,
        }
        for partner, of_partner in contracts.valid.items()
        for contract in of_partner
    ]
    return sorted(agreed, key=lambda one: (one["terms"].valid_to, one["partner"]))


def drift_of_contract(visit: Visit, item: Item) -> Response:
    """Show all files in which a contract drifted."""
    questions = or_404(drift_questions(visit.settings, item))
    if visit.names.is_steward:
        questions = with_withheld(visit.settings, questions)
    partner, contract = item.key
    for one in questions:
        if fields := [field for new in one["changes"] if new["withheld"] for field in new["feeds"]]:
            of = f"{partner}/{one['extract_id']}"
            audit.record(visit.settings, visit.author, "viewed", "new answers", extract=of, fields=fields)
    return item_page(
        visit, "drift_of_contract", item, partner=partner, contract=contract, questions=questions
    )
