-- One row per level, grain and reason, as `mart_not_measured` has them: corridors without an alert's judgement in the
-- newest complete month, as the statistics have counted them.
select
    'alerts' as measure,
    period_id,
    'none' as comparison,
    record_grain,
    'all' as population,
    'none' as role,
    level,
    reason,
    corridor_count as row_count,
    cast(null as bigint) as record_count
from {{ ref('stg_alerts_not_measured') }}
