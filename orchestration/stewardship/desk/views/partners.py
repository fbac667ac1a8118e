"""Partners: one row each; of one what waits for it, deliveries, agreements, decisions, messages, receipts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import FileResponse, Response

from orchestration.core import refreshes
from orchestration.stewardship import audit, messages, review
from orchestration.stewardship.decisions.active import list_decisions
from orchestration.stewardship.desk.accounts import DECISIONS
from orchestration.stewardship.desk.drawings import widths
from orchestration.stewardship.desk.lists import Cell, Column, List, list_page
from orchestration.stewardship.desk.views.contracts import agreements_of
from orchestration.stewardship.desk.views.extracts import key_of, landed, why_held
from orchestration.stewardship.desk.views.front import POLICY
from orchestration.stewardship.desk.visit import Visit, or_404
from orchestration.stewardship.items import file_not_taken, held_extract
from orchestration.stewardship.worklists.listing import is_about, why_in_short

SHOWN_DELIVERIES = 6  # in the drawing of a partner's row
SHOWN = 12  # decisions and receipts


def partners(visit: Visit) -> Response:
    """List the partners: what needs somebody first, then by name."""
    t = visit.words

    def trend(one: Mapping[str, Any]) -> Cell:
        rows = [count or 0 for count in one["rows_of_extracts"][-SHOWN_DELIVERIES:]]
        return Cell(f"{rows[-1]:,}" if rows else "–", bars=widths(rows) if len(rows) > 1 else ())

    columns = (
        Column("partner", "file.partner", lambda one: f"{t.partner(one['partner'])} {one['partner']}",
               lambda one: Cell(t.partner(one["partner"]), path_of(one["partner"]))),
        Column("last_received", "partners.last", said=t.day),
        Column("state", "decision.state", said=t.said, is_facet=True),
        Column("due", "partners.due", said=t.day),
        Column("contact", "partners.contact", lambda one: _contact(visit, one["partner"])),
        Column("trend", "partners.trend", lambda one: (one["rows_of_extracts"] or [None])[-1], trend,
               is_number=True),
        Column("cadence", "overdue.cadence", said=t.said, is_facet=True, is_hidden=True),
    )  # fmt: skip
    rows = visit.desk.elsewhere.partners(visit.settings)
    rows.sort(key=lambda one: (one["state"] == "in force", t.partner(one["partner"])))
    return list_page(visit, columns, rows, "nav.partners", "extracts.nothing")


def path_of(partner: str) -> str:
    return f"/partners/{partner}"


def _contact(visit: Visit, partner: str) -> str:
    """Return whom the partner's contracts name for questions."""
    contracts = visit.contracts.valid.get(partner, [])
    return next((one.partner.steward for one in contracts), "")


def partner(visit: Visit) -> Response:
    """Show one partner."""
    settings, code = visit.settings, str(visit.request.path_params["partner"])
    rows = visit.desk.elsewhere.partners(settings)
    row = or_404(next((one for one in rows if one["partner"] == code), None))
    last, waits = refreshes.last(settings), [one for one in visit.waiting if is_about(one, code)]
    return visit.page(
        "partner",
        row=row,
        is_overdue=any(one["partner"] == code for one in (last.overdue if last else ())),
        contact=_contact(visit, code),
        waits=[one for one in waits if one.item.kind != "link"],
        pairs=sum(one.item.kind == "link" for one in waits),
        files=[
            {**one, "path": file_not_taken(code, one["file"]).path, "why": why_in_short(one)}
            for one in review.standing(settings, review.FILES_NOT_TAKEN)
            if one["partner"] == code
        ],
        agreements=[one for one in agreements_of(visit) if one["partner"] == code],
        list=_deliveries(visit, code),
        decisions=[one for one in list_decisions(settings)[::-1] if code in _named_by(one)][:SHOWN],
        messages=messages.sent_about(settings, code),
        receipts=_receipts(visit, code),
    )


def _named_by(entry: Mapping[str, Any]) -> list[str]:
    """Return the partner of a decision, or the parts of the scope of a waiver."""
    return [str(entry.get("partner")), *str(entry.get("scope", "")).split("/")]


def _receipts(visit: Visit, partner: str) -> list[tuple[str, str]]:
    """Return address and time of the newest receipts written for a partner, for stewards: they list rows."""
    if not (visit.account and visit.account.may_enter(DECISIONS)):
        return []
    pages = sorted((visit.settings.receipts / partner).glob("*Z-*/receipt.html"), reverse=True)[:SHOWN]
    return [(f"/receipts/{partner}/{page.parent.name}/{page.name}", page.parent.name[:16]) for page in pages]


def receipt(visit: Visit) -> Response:
    """Send a receipt's page or its table of rows. The log has its line first."""
    folder, asked = visit.settings.receipts, str(visit.request.path_params["path"])
    # Compared with the names that there are, so no name leads out of the folder.
    path = or_404({one.relative_to(folder).as_posix(): one for one in folder.glob("*/*/*.*")}.get(asked))
    audit.record(visit.settings, visit.author, "viewed", f"receipts/{asked}")
    return FileResponse(path, headers={"Content-Security-Policy": f"{POLICY}'none'"})


def _deliveries(visit: Visit, partner: str) -> List:
    """Return the partner's extracts, newest first, those that are held before the others."""
    t, in_force = visit.words, review.in_force(visit.settings)
    failed = review.read(visit.settings, review.FAILED_CHECKS)
    held = {key_of(one): one for one in in_force["held"]}
    over = set(map(tuple, in_force.get("over", ())))
    notes = sorted(landed(visit.settings, partner), key=lambda one: key_of(one) not in held)

    def state(one: Mapping[str, Any]) -> str:
        if key_of(one) in held:
            return "extracts.held"
        return "extracts.over" if key_of(one) in over else "extracts.serves"

    columns = (
        Column("extract", "extracts.extract", lambda one: f"{one['file'] or ''} {one['extract_id']}".strip(),
               lambda one: Cell(one["file"] or one["extract_id"], held_extract(*key_of(one)).path,
                                why_held(t, held.get(key_of(one), {}), failed))),
        Column("contract", "extract.contract", is_facet=True, is_hidden=True),
        Column("state", "decision.state", state, said=t, is_facet=True),
        Column("received_on", "extracts.received", said=t.day),
        Column("rows_landed", "extracts.rows", is_number=True),
    )  # fmt: skip
    return List(visit, notes, columns)
