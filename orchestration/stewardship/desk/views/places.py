"""Names that fit no place or several: candidates on a map, another place by searching, or none at all."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from starlette.responses import Response

from orchestration.stewardship.desk.map import map_of
from orchestration.stewardship.desk.shared_parts import Pager, waiting_item
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item
from orchestration.stewardship.worklists.places import (
    county_outlines,
    place_matches,
    place_question,
    place_questions,
)

PAGE_SIZE = 20
NO_PLACE = "unknown"
_SIMPLIFIED = 0.05  # of a degree: less than a line of the map is wide


def places(visit: Visit) -> Response:
    """Most movements first."""
    number = visit.page_number()
    found, total = place_questions(visit.settings, number, PAGE_SIZE)
    return visit.page("places", found=found, pager=Pager(number, PAGE_SIZE, total, "/places"))


def place(visit: Visit, item: Item) -> Response:
    """One name; with `?search=` also places of another name, as candidates after those found."""
    question = place_question(visit.settings, item)
    if question is None:
        # Its address holds a hash alone, so a name that was settled cannot be told from one that never was.
        return visit.page("settled", back="/places", kind=item.kind)
    search = visit.asked("search")
    known = {one.place_id for one in question.candidates}
    matches = place_matches(visit.settings, search) if search else []
    candidates = [*question.candidates, *(one for one in matches if one.place_id not in known)]
    outlines = county_outlines(visit.settings)
    return visit.page(
        "place",
        item=item,
        waiting=waiting_item(visit, item),
        question=question,
        candidates=candidates,
        search=search,
        found_none=bool(search and not matches),
        map=map_of(candidates, outlines, _countries),
        captions=outlines["captions"],
        no_place=NO_PLACE,
    )


@cache
def _countries() -> dict[str, Any]:
    """Of the region as GeoJSON, in few points: the counties have those of Kenya."""
    from shapely import to_geojson  # loads shapely, which only a map needs

    from orchestration.places import boundaries

    shapes = boundaries.country_shapes().values()
    return {
        "features": [{"geometry": json.loads(to_geojson(shape.simplify(_SIMPLIFIED)))} for shape in shapes]
    }
