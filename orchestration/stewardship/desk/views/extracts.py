"""Held extracts, waiting files, late partners; and any extract, to withdraw it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.contracts import load_contracts
from orchestration.core import Settings, read_json, refreshes
from orchestration.stewardship import review
from orchestration.stewardship.desk.lists import Cell, Column, List
from orchestration.stewardship.desk.partner_message import drafts
from orchestration.stewardship.desk.shared_parts import item_page
from orchestration.stewardship.desk.side_by_side import side_by_side
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item, extract_check, file_not_taken, held_extract, overdue
from orchestration.stewardship.worklists.listing import why_in_short

TIME_TO_ANSWER = timedelta(days=14)


def extracts(visit: Visit) -> Response:
    """List every extract, the files that wait, and the partners."""
    status = visit.desk.elsewhere.status(visit.settings)
    return visit.page(
        "extracts",
        list=_landed_extracts(visit, status),
        files=_waiting_files(visit),
        partners=_partners(visit, status["partners"]),
    )


def _landed_extracts(visit: Visit, status: dict[str, Any]) -> List:
    t, failed = visit.words, review.read(visit.settings, review.FAILED_CHECKS)
    held = {(one["partner"], one["extract_id"]): one["reason"] or "" for one in status["held"]}
    over = set(map(tuple, review.in_force(visit.settings).get("over", ())))
    found = [note for one in status["partners"] for note in _landed(visit.settings, one["partner"])]
    found.sort(key=lambda one: (_key(one) not in held, one["partner"], -one["sequence"]))

    def why(one: dict[str, Any]) -> str:
        said = [t.said(finding) or t.spoken(name) for name, finding in _findings(failed, *_key(one))]
        return ". ".join(said) or held.get(_key(one), "")

    def note(one: dict[str, Any]) -> str:
        ids = one["extract_id"] if one["file"] else ""
        return " · ".join(filter(None, (ids, why(one) if _key(one) in held else "")))

    def state(one: dict[str, Any]) -> str:
        if _key(one) in held:
            return "extracts.held"
        return "extracts.over" if _key(one) in over else ""

    columns = (
        Column("extract", "extracts.extract", lambda one: f"{one['file'] or ''} {one['extract_id']}".strip(),
               lambda one: Cell(one["file"] or one["extract_id"], one["path"], note(one))),
        Column("partner", "file.partner", is_facet=True),
        Column("contract", "extract.contract", is_facet=True, is_hidden=True),
        Column("state", "decision.state", state, said=t, is_facet=True),
        Column("received_on", "extracts.received", said=t.day),
        Column("rows_landed", "extracts.rows", is_number=True),
    )  # fmt: skip
    return List(visit, found, columns)


def _key(note: dict[str, Any]) -> tuple[str, str]:
    return note["partner"], note["extract_id"]


def _waiting_files(visit: Visit) -> List:
    t = visit.words
    columns = (
        Column("file", "rows.file",
               show=lambda one: Cell(one["file"], file_not_taken(one["partner"], one["file"]).path)),
        Column("partner", "file.partner", is_facet=True),
        Column("why", "extracts.why", why_in_short, said=t.said, is_facet=True),
    )  # fmt: skip
    return List(visit, review.standing(visit.settings, review.FILES_NOT_TAKEN), columns, name="files")


def _partners(visit: Visit, found: list[dict[str, Any]]) -> List:
    t, last = visit.words, refreshes.last(visit.settings)
    overdue_ones = {one["partner"] for one in last.overdue} if last else set()

    def late(one: dict[str, Any]) -> str:
        return "extracts.overdue" if one["partner"] in overdue_ones else ""

    columns = (
        Column("partner", "file.partner",
               show=lambda one: Cell(*t.named(one["partner"], link=f"/extracts?partner={one['partner']}"))),
        Column("state", "decision.state", said=t.said, is_facet=True),
        Column("last_received", "extracts.last", said=t.day),
        Column("cadence", "overdue.cadence", is_facet=True),
        Column("overdue", "extracts.overdue", late, lambda one: Cell(
            t(late(one)), overdue(one["partner"]).path) if late(one) else Cell("–"), said=t, is_facet=True),
    )  # fmt: skip
    return List(visit, found, columns, name="partners")


def extract(visit: Visit, item: Item) -> Response:
    """Show what the gate found in one extract, what differs, whom to ask, and the form to decide."""
    partner, extract_id = item.key
    note = next((one for one in _landed(visit.settings, partner) if one["extract_id"] == extract_id), None)
    if note is None:
        raise HTTPException(404)
    failed = [
        {
            **row,
            "path": extract_check(partner, extract_id, row["check_name"]).path,
            "finding": review.finding_of(row),
        }
        for row in _failed_checks(visit.settings, partner, extract_id)
    ]
    held = visit.desk.elsewhere.status(visit.settings)["held"]
    differs = visit.desk.elsewhere.differences(visit.settings, partner, extract_id) if failed else None
    answer_by = visit.settings.as_of().date() + TIME_TO_ANSWER
    return item_page(
        visit,
        "extract",
        item,
        partner=partner,
        note=note,
        failed=failed,
        is_held=any((one["partner"], one["extract_id"]) == (partner, extract_id) for one in held),
        contact=_contact(visit.settings, partner, note["contract"]),
        differs=differs,
        months=side_by_side(differs.months) if differs else [],
        fields=[
            (one, side_by_side(one.values, (one.before, one.now)))
            for one in (differs.fields if differs else ())
        ],
        drafts=drafts(
            _failed_checks(visit.settings, partner, extract_id),
            str(note["received_on"]),
            int(note["rows_landed"]),
            str(answer_by),
        ),
    )


def file(visit: Visit, item: Item) -> Response:
    """Show a file that waits in the inbox, and why."""
    found = [
        row
        for row in review.read(visit.settings, review.FILES_NOT_TAKEN)
        if file_not_taken(row["partner"], row["file"]) == item
    ]
    if not found:
        raise HTTPException(404)
    [row] = found[:1]
    return item_page(
        visit,
        "file",
        item,
        row=row,
        why=why_in_short(row),
    )


def overdue_partner(visit: Visit, item: Item) -> Response:
    partners = visit.desk.elsewhere.status(visit.settings)["partners"]
    found = next((one for one in partners if one["partner"] == item.key[0]), None)
    if found is None:
        raise HTTPException(404)
    return item_page(visit, "overdue", item, found=found)


def _failed_checks(settings: Settings, partner: str, extract_id: str) -> list[dict[str, str]]:
    return [
        row
        for row in review.read(settings, review.FAILED_CHECKS)
        if (row["partner"], row["extract_id"]) == (partner, extract_id)
    ]


def _findings(failed: list[dict[str, str]], partner: str, extract_id: str) -> list[tuple[str, str]]:
    """Return each check that holds an extract, with what it found."""
    return [
        (row["check_name"], review.finding_of(row))
        for row in failed
        if (row["partner"], row["extract_id"]) == (partner, extract_id)
        and row["severity"] == "hold"
        and row["waived"] != "True"
    ]


def _contact(settings: Settings, partner: str, contract: str) -> str | None:
    """Return whom the contract names for questions; None without a valid contract."""
    contracts = load_contracts(settings.partners).valid.get(partner, [])
    return next((one.partner.steward for one in contracts if one.contract == contract), None)


def _landed(settings: Settings, partner: str) -> list[dict[str, Any]]:
    """Return the notes of a partner's extracts, newest first. The name of a file is for the desk alone."""
    notes = [_note(path) for path in (settings.landing / partner).glob("[!.]*.json")]
    return sorted(notes, key=lambda note: note["sequence"], reverse=True)


def _note(path: Path) -> dict[str, Any]:
    found = read_json(path)
    return {
        "partner": path.parent.name,
        "extract_id": path.stem,
        "file": found.get("file"),
        "sequence": found["sequence"],
        "received_on": found["received_on"],
        "contract": found["contract_content"]["contract"],
        "rows_landed": found["rows_landed"],
        "rows_read": found["rows_read"],
        "period": found.get("period"),
        "path": held_extract(path.parent.name, path.stem).path,
    }
