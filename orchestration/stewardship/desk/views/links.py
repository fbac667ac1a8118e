"""Pairs of records that may be one person, side by side, without what identifies anybody."""

from __future__ import annotations

import re

from starlette.responses import Response

from orchestration.stewardship.desk.lists import Cell, Choice, Column, List, item_page, record_path
from orchestration.stewardship.desk.visit import Visit, or_404
from orchestration.stewardship.items import Item
from orchestration.stewardship.worklists.links import LinkQuestion, Side, link_question, link_questions

_PLACE = re.compile(r"place\(([^)]+)\) \d+")


def links(visit: Visit) -> Response:
    """List the undecided pairs, likeliest first."""
    return visit.page("links", list=list_of_links(visit))


def list_of_links(visit: Visit) -> List:
    t = visit.words
    columns = (
        Column("pair", "links.pair", lambda one: f"{one.record_a} {one.record_b}",
               lambda one: Cell(f"{one.record_a}, {one.record_b}", one.item.path)),
        Column("partners", "links.partners", is_facet=True),
        Column("score", "links.likely", show=lambda one: Cell(f"{one.score * 100:.0f} %"), is_number=True),
        Column("agree", "links.agree", lambda one: tuple(one.agreements), said=t.said, is_facet=True),
        Column("differ", "link.differ", lambda one: tuple(how.partition(" (")[0] for how in one.differences),
               said=t.said, is_facet=True, is_hidden=True),
        Column("reason", "links.why", said=lambda code: t.known(f"link.reason.{code}", code), is_facet=True,
               is_hidden=True),
    )  # fmt: skip
    choice = Choice(
        "pair",
        lambda one: f"{one.record_a} {one.record_b}",
        lambda one: t("links.choose", a=one.record_a, b=one.record_b),
    )
    return List(visit, link_questions(visit.settings), columns, choice=choice)


def link(visit: Visit, item: Item) -> Response:
    question = or_404(link_question(visit.settings, item))
    return item_page(
        visit,
        "link",
        item,
        question=question,
        paths=[record_path(one.partner, one.extract_id, one.sheet, one.row) for one in question.sides],
        fields=_side_by_side(question),
    )


def _side_by_side(question: LinkQuestion) -> list[tuple[str, list[str | None]]]:
    """Return the fields that at least one of the two shows, with the value of each.

    Places of one role stand together: the third stop of one record is not the third of the other.
    """
    values = [_values(side) for side in question.sides]
    names = dict.fromkeys(name for side in values for name in side if name != "record_code")
    return [(name, [side.get(name) for side in values]) for name in names]


def _values(side: Side) -> dict[str, str]:
    values: dict[str, str] = {}
    for one in side.fields:
        if one.typed_value is None:
            continue
        place = _PLACE.fullmatch(one.name)
        name = f"place: {place.group(1)}" if place else one.name
        values[name] = f"{values[name]} → {one.typed_value}" if name in values else str(one.typed_value)
    return values
