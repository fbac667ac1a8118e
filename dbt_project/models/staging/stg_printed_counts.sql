-- One row per edition and printed cell: grain, period, population and both ends, `*` for the total over an end.
select
    edition,
    record_grain,
    period_id,
    population,
    origin_place_id,
    destination_place_id,
    person_count
from {{ source('disclosure', 'counts') }}
