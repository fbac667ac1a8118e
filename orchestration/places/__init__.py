"""Places: resolve place mentions to places of the gazetteer, with method, confidence and rivals.

`step` writes `work/places`; `resolve`, `read` and `choose` hold the rules; `gazetteer` reads
`seeds/reference/place*.csv`. `boundaries` has the shapes of counties and countries, `points` what lies in
them. `typing` makes the mentions, dbt counts the results, `stewardship` records
decisions.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.places.known import known_place
    from orchestration.places.normalise import norm
    from orchestration.places.points import read_point
    from orchestration.places.scope import covers, in_scope, role_of
    from orchestration.places.step import (
        READ_BY,
        countries_named,
        country_code,
        country_of_place,
        described,
        is_known,
        keys_of,
        locate,
        locate_rows,
        meanings,
        name_token,
        place_names,
        places_named,
        resolve_names,
    )

offer_when_asked(__name__)
