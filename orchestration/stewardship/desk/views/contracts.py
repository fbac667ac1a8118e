"""Contracts: the terms of agreements and forms to change them; columns and choices that changed since.

A page that shows answers which may identify somebody is logged before it is made.
"""

from __future__ import annotations

from typing import Any, get_args

from starlette.responses import Response

from orchestration.contracts import agreements_ending, load_contracts, with_changes
from orchestration.stewardship import audit
from orchestration.stewardship.decisions.active import active_decisions, list_decisions
from orchestration.stewardship.desk.lists import Cell, Column, item_page, list_page
from orchestration.stewardship.desk.visit import Visit, or_404
from orchestration.stewardship.items import Item
from orchestration.stewardship.items import agreement as named
from orchestration.stewardship.kinds.agreement_change import FinestPlace
from orchestration.stewardship.worklists.drift import drift_questions, with_withheld


def agreements(visit: Visit) -> Response:
    """List the agreements by their last day."""
    t, today = visit.words, visit.settings.as_of().date()

    def state(one: dict[str, Any]) -> str:
        if one["terms"].valid_to < today:
            return "agreements.ended"
        return "agreements.ends_soon" if one["ends_soon"] else ""

    columns = (
        Column("contract", "agreements.contract", lambda one: f"{one['partner']}/{one['contract']}",
               lambda one: Cell(*t.named(one["partner"], one["contract"], one["path"]))),
        Column("partner", "file.partner", is_facet=True, is_hidden=True),
        Column("valid_to", "agreements.valid_to", lambda one: one["terms"].valid_to,
               lambda one: Cell(t.day(one["terms"].valid_to), mark=state(one) and t(state(one)))),
        Column("state", "decision.state", state, said=t, is_facet=True, is_hidden=True),
        Column("finest_place", "agreements.finest_place", lambda one: one["terms"].finest_place,
               said=lambda place: t(f"finest.{place}"), is_facet=True),
        Column("retention", "agreements.retention", lambda one: one["terms"].retention_years, is_number=True),
    )  # fmt: skip
    agreed = sorted(_agreements(visit), key=lambda one: (one["terms"].valid_to, one["partner"]))
    return list_page(visit, columns, agreed, "agreements.title", "agreements.none")


def agreement(visit: Visit, item: Item) -> Response:
    agreed = [one for one in _agreements(visit) if (one["partner"], one["contract"]) == item.key]
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
        today=visit.settings.as_of().date(),
        finest=get_args(FinestPlace),
    )


def _agreements(visit: Visit) -> list[dict[str, Any]]:
    changes = active_decisions(visit.settings, visit.settings.as_of())["agreement_change"]
    contracts = with_changes(load_contracts(visit.settings.partners), changes)
    ending = agreements_ending(contracts, visit.settings.as_of().date())
    soon = {(one.partner, one.contract) for one in ending}
    return [
        {
            "partner": partner,
            "contract": contract.contract,
            "terms": contract.agreement,
            "ends_soon": (partner, contract.contract) in soon,
            "path": named(partner, contract.contract).path,
        }
        for partner, of_partner in contracts.valid.items()
        for contract in of_partner
    ]


def drift(visit: Visit) -> Response:
    t = visit.words
    columns = (
        Column("contract", "agreements.contract", lambda one: f"{one['partner']}/{one['contract']}",
               lambda one: Cell(*t.named(one["partner"], one["contract"], one["item"].path))),
        Column("partner", "file.partner", is_facet=True, is_hidden=True),
        Column("received_on", "extracts.received", lambda one: (one["received_on"] or "")[:10], said=t.day),
        Column("state", "decision.state", lambda one: "drift.landed" if one["landed"] else "drift.not_landed",
               said=t, is_facet=True),
        Column("change", "drift.change", lambda one: tuple(sorted({new["kind"] for new in one["changes"]})),
               said=lambda kind: t(f"drift.{kind}"), is_facet=True),
    )  # fmt: skip
    return list_page(visit, columns, drift_questions(visit.settings), "drift.title", "drift.none")


def drift_of_contract(visit: Visit, item: Item) -> Response:
    """Show all files in which a contract drifted."""
    questions = or_404(with_withheld(visit.settings, drift_questions(visit.settings, item)))
    partner, contract = item.key
    for one in questions:
        if fields := [field for new in one["changes"] if new["withheld"] for field in new["feeds"]]:
            of = f"{partner}/{one['extract_id']}"
            audit.record(visit.settings, visit.author, "viewed", "new answers", extract=of, fields=fields)
    return item_page(
        visit, "drift_of_contract", item, partner=partner, contract=contract, questions=questions
    )
