"""Names that fit no place or several: candidates on a map, another place by searching, or none at all."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.stewardship.desk.map import map_of
from orchestration.stewardship.desk.shared_parts import Pager, waiting_item
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item
from orchestration.stewardship.place_queue import map_outlines, place_matches, place_question, place_questions

PAGE_SIZE = 25
NO_PLACE = "unknown"


def places(visit: Visit) -> Response:
    """Most records first."""
    number = visit.page_number()
    found = place_questions(visit.settings, number, PAGE_SIZE)
    return visit.page("places", found=found.questions, pager=Pager(number, PAGE_SIZE, found.total, "/places"))


def place(visit: Visit, item: Item) -> Response:
    """One name; with `?search=` also places of another name, as candidates after those found."""
    question = place_question(visit.settings, item)
    if question is None:
        raise HTTPException(404)
    search = visit.asked("search")
    known = {one.place_id for one in question.candidates}
    others = (
        [one for one in place_matches(visit.settings, search) if one.place_id not in known] if search else []
    )
    candidates = [*question.candidates, *others]
    return visit.page(
        "place",
        item=item,
        waiting=waiting_item(visit, item),
        question=question,
        candidates=candidates,
        search=search,
        found_none=bool(search and not others),
        map=map_of(candidates, map_outlines(visit.settings)),
        no_place=NO_PLACE,
    )
