"""Resolve a place by a code, alone or together with a name."""

from __future__ import annotations

from dataclasses import replace

from orchestration.places import outcome as o
from orchestration.places.choose import ANYWHERE, NEARBY, outcome_of
from orchestration.places.gazetteer import Gazetteer, Place
from orchestration.places.outcome import Outcome

_CERTAIN = 0.99
_BY_POINT = 0.9  # the lines of the counties are generalised
# Code systems of places that the type step derived from coordinates.
POINT, POINT_NEAR_A_LINE = "point", "point_near_a_line"


def place_of_code(gazetteer: Gazetteer, system: str, code: str) -> Place | None:
    """Return the place of a code: `40`, `040` and `40.0` are one county number."""
    key = code.strip().upper()
    if system == "kenya_county_number":
        key = key.removesuffix(".0").lstrip("0")
    place_id = gazetteer.by_system.get(system, {}).get(key)
    return gazetteer.place(place_id) if place_id else None


def coded(gazetteer: Gazetteer, place: Place) -> Outcome:
    """Return the outcome of a code without a name."""
    return outcome_of(gazetteer, place, "exact", _CERTAIN, ANYWHERE)


def with_name(gazetteer: Gazetteer, place: Place, named: Outcome) -> Outcome:
    """Combine code and name: the finer of the two if they agree, else what they share."""
    if named.country is None:
        return coded(gazetteer, place)
    if place.kind == "country":
        if named.country == place.country:
            return named
    elif named.county is None:
        if named.country == place.country and named.precision == "country":
            return coded(gazetteer, place)
    elif named.county == place.county:
        if named.place_id == place.place_id or named.kind == "county":
            return coded(gazetteer, place)
        if place.kind == "county" or named.kind != place.kind:
            return named
    return _shared(gazetteer, place, named)


def by_point(gazetteer: Gazetteer, code: str, named: Outcome | None, is_near_a_line: bool) -> Outcome:
    """Combine the county or country of a position with the name beside it.

    The finer counts if they agree. In conflict the name counts near a county line, the position elsewhere.
    """
    place = gazetteer.place(code)
    found = outcome_of(gazetteer, place, "point", _BY_POINT, ANYWHERE)
    if named is None or named.country is None:
        return found
    same_country = named.country == place.country
    if same_country and (named.county is None or place.county is None):
        return found if named.county is None and place.county else named
    if same_country and named.county == place.county:
        return found if named.kind == "county" else named
    if is_near_a_line and named.place_id:
        return replace(named, problems=(*named.problems, o.POINT_NAME_CONFLICT))
    rivals = (named.place_id,) if named.place_id else ()
    return replace(found, problems=(o.POINT_NAME_CONFLICT,), rivals=rivals)


def _shared(gazetteer: Gazetteer, place: Place, named: Outcome) -> Outcome:
    rivals = tuple(sorted({place.place_id, named.place_id or place.place_id}))
    common = place.county if place.county and place.county == named.county else None
    common = common or (place.country if place.country == named.country else None)
    if common is None:
        return o.unresolved(o.CODE_NAME_CONFLICT, rivals=rivals)
    found = outcome_of(gazetteer, gazetteer.place(common), "context", NEARBY, ANYWHERE)
    return replace(found, problems=(o.CODE_NAME_CONFLICT,), rivals=rivals)
