"""Boundaries: the shapes of counties and countries that ship with Njia, or the operator's own counties.

Belongs here: building the layers (`build`), reading and checking an operator's file, the county and country
of a point, and the words a map has to carry. Does not belong here: drawing (`outputs`), who neighbours whom
(a generalised line is no witness), and names (the rest of `places`).
Loading it loads shapely, so the resolver's other modules do not import it.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.places.boundaries.captions import Captions, captions
    from orchestration.places.boundaries.chosen import Boundaries, boundaries_in_force, generalised
    from orchestration.places.boundaries.points import (
        NAME_CONFLICT,
        NAME_WINS_WITHIN_KM,
        NULL_ISLAND,
        SWAPPED,
        PointReading,
        counties_of,
        country_of,
        county_of,
        read_point,
    )
    from orchestration.places.boundaries.shipped import country_shapes

offer_when_asked(__name__)
