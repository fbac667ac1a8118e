-- One row per edition, period, grain and county that it tells of, and one with the place `*` for the period itself.
select
    edition,
    record_grain,
    period_id,
    place_id,
    told
from {{ source('disclosure', 'reporting') }}
