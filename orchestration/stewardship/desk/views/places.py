"""Unknown place names and their rows: candidates on a map, a search for other places, or no place.

A page that shows what was written is logged before it is sent (`Visit.page`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from starlette.responses import Response

from orchestration.places import described
from orchestration.stewardship.desk.drawings import map_of
from orchestration.stewardship.desk.lists import Cell, Choice, Column, List, item_page, record_path
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item
from orchestration.stewardship.kinds.place_alias import NO_PLACE
from orchestration.stewardship.worklists.places import (
    PlaceQuestion,
    place_matches,
    place_question,
    place_questions,
    with_readings,
)


def places(visit: Visit) -> Response:
    """List the unknown names, most movements first."""
    rows = list_of_places(visit)
    _note_shown(visit, rows.shown)
    near = {place.place_id: place for one in rows.shown for place in one.candidates}
    return visit.page("places", list=rows, near=near.values(), no_place=NO_PLACE)


def list_of_places(visit: Visit) -> List:
    t = visit.words
    columns = (
        Column("name", "places.name", lambda one: " ".join((one.name, *chain(*one.written))),
               lambda one: Cell(one.text, one.item.path, one.name if one.written else "")),
        Column("country", "places.country", is_facet=True),
        Column("status", "places.why", said=lambda one: t(f"places.{one}"), is_facet=True, is_hidden=True),
        Column("partner", "place.named_by", lambda one: tuple({partner: None for partner, _ in one.named_by}),
               is_facet=True, is_hidden=True),
        Column("role", "place.role", lambda one: tuple({role or "other": None for _, role in one.named_by}),
               said=lambda role: t(f"place_role.{role}"), is_facet=True, is_hidden=True),
        Column("mentions", "places.mentions", is_number=True),
        Column("movements", "item.movements", is_number=True),
        Column("near", "places.candidates", lambda one: tuple(place.place_id for place in one.candidates),
               lambda one: Cell(", ".join(place.name for place in one.candidates[:3]) or "–"),
               said=described, is_facet=True),
    )  # fmt: skip
    choice = Choice(
        "name",
        lambda one: f"{one.name} {one.country or ''}".strip(),
        lambda one: t("place.asks", name=one.text),
    )
    questions = [_as_seen(visit, one) for one in place_questions(visit.settings)]
    return List(visit, questions, columns, choice=choice, prepare=lambda shown: map(with_readings, shown))


def place(visit: Visit, item: Item) -> Response:
    """Show one name; a search adds places of another name to its candidates."""
    question = place_question(visit.settings, item)
    if question is None:
        # The address holds only a hash: a settled name looks like one that never existed.
        return visit.page("settled", back="/places", kind=item.kind)
    question = _as_seen(visit, question)
    _note_shown(visit, [question])
    search = visit.searched("search") or ""
    listed = {one.place_id for one in question.candidates}
    matches = place_matches(visit.settings, search) if search else []
    candidates = [*question.candidates, *(one for one in matches if one.place_id not in listed)]
    from orchestration.places import boundaries  # shapes, which only a map needs

    in_force = boundaries.boundaries_in_force(visit.settings)
    partners, roles = (Counter[str](), Counter[str]())
    for (partner, role), records in question.named_by.items():
        partners[partner] += records
        roles[role] += records
    return item_page(
        visit,
        "place",
        item,
        question=question,
        rows=[(row, record_path(row.partner, row.extract_id, row.sheet, row.row)) for row in question.rows],
        partners=partners.most_common(),
        roles=[one for one in roles.most_common() if one[0]],
        candidates=candidates,
        search=search,
        has_lost_search=bool(visit.asked("search")) and not search,
        found_none=bool(search and not matches),
        map=map_of(candidates, in_force.counties.values(), lambda: boundaries.country_shapes().values()),
        captions=boundaries.captions(in_force),
        no_place=NO_PLACE,
    )


def _as_seen(visit: Visit, question: PlaceQuestion) -> PlaceQuestion:
    """Hide from others than stewards what was written."""
    return question if visit.names.is_steward else replace(question, written=[])


def _note_shown(visit: Visit, questions: Sequence[PlaceQuestion]) -> None:
    visit.names.places_shown |= dict.fromkeys(one.name for one in questions if one.written)
