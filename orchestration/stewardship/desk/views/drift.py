"""Changes in a partner's columns and choices, with the ready change to its contract.

A page that shows answers which may identify somebody is logged before it is made.
"""

from __future__ import annotations

from starlette.responses import Response

from orchestration.stewardship import audit
from orchestration.stewardship.desk.lists import Cell, Column, item_page, list_page
from orchestration.stewardship.desk.visit import Visit, or_404
from orchestration.stewardship.items import Item
from orchestration.stewardship.worklists.drift import drift_questions, with_withheld


def drift(visit: Visit) -> Response:
    t = visit.words
    columns = (
        Column("contract", "agreements.contract", lambda one: f"{one.partner}/{one.contract}",
               lambda one: Cell(*t.named(one.partner, one.contract, one.item.path))),
        Column("partner", "file.partner", is_facet=True, is_hidden=True),
        Column("received_on", "extracts.received", lambda one: (one.received_on or "")[:10], said=t.day),
        Column("state", "decision.state", lambda one: "drift.landed" if one.is_landed else "drift.not_landed",
               said=t, is_facet=True),
        Column("change", "drift.change", lambda one: tuple(sorted({change.kind for change in one.changes})),
               said=lambda kind: t(f"drift.{kind}"), is_facet=True),
    )  # fmt: skip
    return list_page(visit, columns, drift_questions(visit.settings), "drift.title", "drift.none")


def of_contract(visit: Visit, item: Item) -> Response:
    """Show all files in which a contract drifted."""
    questions = or_404(with_withheld(visit.settings, drift_questions(visit.settings, item)))
    partner, contract = item.key
    for one in questions:
        if fields := [field for change in one.changes if change.withheld for field in change.feeds]:
            of = f"{one.partner}/{one.extract_id}"
            audit.record(visit.settings, visit.author, "viewed", "new answers", extract=of, fields=fields)
    return item_page(visit, "drift_of_contract", item, partner=partner, contract=contract, found=questions)
