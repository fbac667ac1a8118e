-- One row per grain, end abroad or not, and year that may still be filling: records seen and still to come, or why that
-- is too young to say; beside them what was estimated a year before, and what came since.
select
    period_id,
    record_grain,
    is_abroad,
    record_count,
    cast(floor(to_come_low) as bigint) as to_come_low,
    cast(round(to_come) as bigint) as to_come,
    cast(ceil(to_come_high) as bigint) as to_come_high,
    months,
    state,
    reason,
    cast(floor(last_year_to_come_low) as bigint) as last_year_to_come_low,
    cast(round(last_year_to_come) as bigint) as last_year_to_come,
    cast(ceil(last_year_to_come_high) as bigint) as last_year_to_come_high,
    came_since
from {{ source('statistics', 'still_to_come') }}
