-- One row per year that may still be filling, and end abroad or not: cases seen and still to come. Members only.
select
    'members' as edition,
    period_id,
    case when is_abroad then 'abroad' else 'kenya_or_unknown' end as ends,
    {{ members_count('record_count') }} as record_count,
    cast(to_come_low as integer) as to_come_low,
    cast(to_come as integer) as to_come,
    cast(to_come_high as integer) as to_come_high,
    months,
    state,
    reason,
    cast(last_year_to_come_low as integer) as last_year_to_come_low,
    cast(last_year_to_come as integer) as last_year_to_come,
    cast(last_year_to_come_high as integer) as last_year_to_come_high,
    cast(came_since as integer) as came_since
from {{ ref('mart_still_to_come') }}
where record_grain = 'case'
