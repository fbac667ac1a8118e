"""Boundaries: shapes of counties and countries, shipped with Njia or the operator's own.

Reading and checking an operator's file, the county and country of a point, and the captions of maps.
`outputs` draws. It loads shapely, so the resolver does not import it. Generalised lines cannot tell which
places are neighbours.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.places.boundaries.chosen import Boundaries, boundaries_in_force, generalised
    from orchestration.places.boundaries.map_captions import Captions, captions
    from orchestration.places.boundaries.points import (
        NAME_WINS_WITHIN_KM,
        NULL_ISLAND,
        SWAPPED,
        counties_of,
        country_of,
        county_of,
        read_point,
    )
    from orchestration.places.boundaries.shipped import country_shapes

offer_when_asked(__name__)
