-- One row per edition, printed corridor and way or code that enough of its persons went or have: no number.
select
    edition,
    record_grain,
    period_id,
    origin_place_id,
    destination_place_id,
    kind,
    value
from {{ source('disclosure', 'presence') }}
