"""Pairs of records that may be one person: where both stand and in what they agree, never what they say."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.stewardship import decisions, review
from orchestration.stewardship.desk.shared_parts import Pager, record_path, waiting_item
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item, doubtful_link

PAGE_SIZE = 25
# Columns of review/links.csv that compare the two; the rest say where they stand and how likely it is.
_COMPARED = (
    "given_name", "surname", "phone", "nationality", "origin", "destination", "exploitation", "subcounty",
    "recruitment", "schooling", "children", "birth_years", "days",
)  # fmt: skip


def links(visit: Visit) -> Response:
    """The likeliest first; without those that were decided since the last refresh."""
    found = sorted(_questions(visit), key=lambda one: -one["probability"])
    pager = Pager(visit.page_number(), PAGE_SIZE, len(found), "/links")
    return visit.page("links", found=found[pager.first_shown : pager.first_shown + PAGE_SIZE], pager=pager)


def link(visit: Visit, item: Item) -> Response:
    found = next((one for one in _questions(visit) if one["item"] == item), None)
    if found is None:
        raise HTTPException(404)
    return visit.page("link", item=item, waiting=waiting_item(visit, item), found=found)


def _questions(visit: Visit) -> list[dict[str, Any]]:
    held = decisions.active_decisions(visit.settings, visit.settings.as_of())
    decided = {
        frozenset((one["record_a"], one["record_b"])) for one in (*held.link_accepts, *held.link_rejections)
    }
    return [
        _question(row)
        for row in review.read(visit.settings, review.LINKS)
        if frozenset((row["record_a"], row["record_b"])) not in decided
    ]


def _question(row: dict[str, str]) -> dict[str, Any]:
    compared = [(name, row[name]) for name in _COMPARED if row.get(name)]
    return {
        "item": doubtful_link(row["record_a"], row["record_b"]),
        "pair": f"{row['record_a']} {row['record_b']}",
        "reason": row["reason"],
        **{name: float(row[name]) for name in ("probability_low", "probability", "probability_high")},
        "compared": compared,
        "known": sum(said != "not known" for _, said in compared),
        "same": sum(said == "same" for _, said in compared),
        "sides": [_side(row, letter) for letter in "ab"],
    }


def _side(row: dict[str, str], letter: str) -> dict[str, str]:
    partner, extract, sheet, number = (
        row[f"{name}_{letter}"] for name in ("partner", "extract", "sheet", "row")
    )
    return {
        "record": row[f"record_{letter}"],
        "partner": partner,
        "extract": extract,
        "sheet": sheet,
        "row": number,
        "path": record_path(partner, extract, sheet, number),
    }
