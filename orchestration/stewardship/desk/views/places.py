"""Unknown place names: candidates on a map, a search for other places, or no place."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from starlette.responses import Response

from orchestration.stewardship.desk.map import map_of
from orchestration.stewardship.desk.shared_parts import Pager, item_page
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
    """List the unknown names, most movements first."""
    number = visit.page_number()
    found, total = place_questions(visit.settings, number, PAGE_SIZE)
    return visit.page("places", found=found, pager=Pager(number, PAGE_SIZE, total, "/places"))


def place(visit: Visit, item: Item) -> Response:
    """Show one name; `?search=` adds places of another name to its candidates."""
    question = place_question(visit.settings, item)
    if question is None:
        # The address holds only a hash: a settled name looks like one that never existed.
        return visit.page("settled", back="/places", kind=item.kind)
    search = visit.asked("search")
    known = {one.place_id for one in question.candidates}
    matches = place_matches(visit.settings, search) if search else []
    candidates = [*question.candidates, *(one for one in matches if one.place_id not in known)]
    outlines = county_outlines(visit.settings)
    return item_page(
        visit,
        "place",
        item,
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
    """Return the countries of the region as GeoJSON, simplified."""
    from shapely import to_geojson  # loads shapely, which only a map needs

    from orchestration.places import boundaries

    shapes = boundaries.country_shapes().values()
    return {
        "features": [{"geometry": json.loads(to_geojson(shape.simplify(_SIMPLIFIED)))} for shape in shapes]
    }
