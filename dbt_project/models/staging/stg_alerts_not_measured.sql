-- One row per level and grain with corridors that could not be judged in the newest complete month.
select
    level,
    record_grain,
    period_id,
    reason,
    corridor_count
from {{ source('statistics', 'alerts_not_measured') }}
