-- One row at most, as `mart_not_measured` has them: corridors without an alert's judgement in the
-- newest complete month, as the statistics have counted them.
select
    'alerts' as measure,
    period_id,
    'none' as comparison,
    'case' as record_grain,
    'all' as population,
    'none' as role,
    'od' as level,
    reason,
    corridor_count as row_count,
    cast(null as bigint) as record_count
from {{ ref('stg_alerts_not_measured') }}
