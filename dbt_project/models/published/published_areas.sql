-- One row per edition and place that its tables count at.
select
    edition,
    place_id,
    place,
    kind,
    country,
    population
from {{ ref('int_areas') }}
