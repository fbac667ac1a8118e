"""Places: resolve place mentions to places of the gazetteer, with method, confidence and rivals.

`step` writes `work/places`; `resolve`, `read` and `candidates` hold the rules; `gazetteer` reads
`seeds/reference/place*.csv`; `lookups` answers other rooms. `boundaries` has the shapes of counties and
countries, `points` what lies in them. `typing` makes the mentions, dbt counts the results, `stewardship`
records decisions.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.places.gazetteer import place_names
    from orchestration.places.lookups import (
        KnownPlace,
        countries_named,
        country_code,
        country_of_place,
        described,
        is_known,
        keys_of,
        known_place,
        name_token,
        places_named,
        resolve_names,
    )
    from orchestration.places.mentions import covers, in_scope, naming
    from orchestration.places.place_text import FIRST_NAMES, norm
    from orchestration.places.points import read_point
    from orchestration.places.step import (
        READ_BY,
        certain_meanings,
        locate,
        locate_rows,
        located,
        mentions_named,
        mentions_numbered,
        mentions_of,
    )

offer_when_asked(__name__)
