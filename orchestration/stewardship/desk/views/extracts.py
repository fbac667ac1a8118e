"""Held extracts, waiting files, late partners; and any extract, to withdraw it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.core import Settings, refreshes
from orchestration.stewardship import review
from orchestration.stewardship.desk.shared_parts import item_page
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item, extract_check, file_not_taken, held_extract, overdue
from orchestration.stewardship.worklists.deliveries import why_in_short


def extracts(visit: Visit) -> Response:
    """List what is held or waits, then the partners with their extracts."""
    status = visit.desk.elsewhere.status(visit.settings)
    held = [{**one, "path": held_extract(one["partner"], one["extract_id"]).path} for one in status["held"]]
    files = [
        {**one, "path": file_not_taken(one["partner"], one["file"]).path, "why": why_in_short(one)}
        for one in review.read(visit.settings, review.FILES_NOT_TAKEN)
    ]
    last = refreshes.last(visit.settings)
    late = {one["partner"] for one in last.overdue} if last else set()
    partners = [
        {
            **one,
            "landed": _landed(visit.settings, one["partner"]),
            "overdue": overdue(one["partner"]).path if one["partner"] in late else None,
        }
        for one in status["partners"]
    ]
    return visit.page("extracts", held=held, files=files, partners=partners)


def extract(visit: Visit, item: Item) -> Response:
    """Show what the gate found in one extract, with the forms to accept and to withdraw it."""
    partner, extract_id = item.key
    note = next((one for one in _landed(visit.settings, partner) if one["extract_id"] == extract_id), None)
    if note is None:
        raise HTTPException(404)
    failed = [
        {**row, "path": extract_check(partner, extract_id, row["check_name"]).path}
        for row in review.read(visit.settings, review.FAILED_CHECKS)
        if (row["partner"], row["extract_id"]) == (partner, extract_id)
    ]
    held = visit.desk.elsewhere.status(visit.settings)["held"]
    return item_page(
        visit,
        "extract",
        item,
        partner=partner,
        note=note,
        failed=failed,
        is_held=any((one["partner"], one["extract_id"]) == (partner, extract_id) for one in held),
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


def _landed(settings: Settings, partner: str) -> list[dict[str, Any]]:
    """Return the notes of a partner's extracts, newest first, without file names."""
    notes = [_note(path) for path in (settings.landing / partner).glob("[!.]*.json")]
    return sorted(notes, key=lambda note: note["sequence"], reverse=True)


def _note(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text(encoding="utf-8"))
    return {
        "extract_id": path.stem,
        "sequence": found["sequence"],
        "received_on": found["received_on"],
        "contract": found["contract_content"]["contract"],
        "rows_landed": found["rows_landed"],
        "rows_read": found["rows_read"],
        "period": found.get("period"),
        "path": held_extract(path.parent.name, path.stem).path,
    }
