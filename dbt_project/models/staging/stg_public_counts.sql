-- One row per printed cell of the public counts: grain, period and both ends, `*` for the total over an end.
select
    record_grain,
    period_id,
    origin_place_id,
    destination_place_id,
    person_count
from {{ source('disclosure', 'public_counts') }}
