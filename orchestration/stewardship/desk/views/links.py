"""Pairs of records that may be one person: where both stand and in what they agree, never what they say."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.stewardship.desk.shared_parts import Pager, waiting_item
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item
from orchestration.stewardship.link_queue import link_question, link_questions

PAGE_SIZE = 25


def links(visit: Visit) -> Response:
    number = visit.page_number()
    found = link_questions(visit.settings, number, PAGE_SIZE)
    return visit.page("links", found=found.questions, pager=Pager(number, PAGE_SIZE, found.total, "/links"))


def link(visit: Visit, item: Item) -> Response:
    question = link_question(visit.settings, item)
    if question is None:
        raise HTTPException(404)
    return visit.page("link", item=item, waiting=waiting_item(visit, item), question=question)
