-- One row per year, start, end and direction, as fitted to the protected counts.
select
    period_id,
    start_place_id,
    end_place_id,
    direction,
    fitted_count
from {{ source('fitted', 'leaves') }}
