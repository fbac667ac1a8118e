-- One row at most: corridors that could not be judged in the newest complete month.
select
    period_id,
    reason,
    corridor_count
from {{ source('statistics', 'alerts_not_measured') }}
