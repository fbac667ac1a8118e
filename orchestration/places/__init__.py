"""Places: what partners wrote for a place → a place of the gazetteer, with method, confidence and rivals.

Belongs here: the keys names are matched by, the gazetteer read from `seeds/reference/place*.csv`, the
rules that decide, and the step that writes `work/places`. Does not belong here: splitting a cell into
several places and making mentions (`typing`), counting what was found (dbt), recording decisions
(`stewardship`).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.places.known import KnownPlace, known_place
    from orchestration.places.locate import (
        LocateSummary,
        countries_named,
        country_code,
        country_of_place,
        described,
        locate,
        locate_rows,
        meanings,
        place_names,
        places_called,
        resolve_names,
    )
    from orchestration.places.normalise import norm
    from orchestration.places.remembered import READ_BY

offer_when_asked(__name__)
