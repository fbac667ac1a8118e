-- One row per source, grain, span of months that the dates allow, and round: all counted records, and those of which
-- an end, or the way between the ends, is not known.
with movements as (select * from {{ ref('int_movements') }} where is_counted),

passing as (
    select distinct movement_id
    from {{ ref('int_movement_stops') }}
    where place_role = 'transit' and is_known
),

reported as (
    select
        movements.source,
        movements.record_grain,
        movements.round,
        {{ month_of('movements.period_from') }} as month_from,
        {{ month_of('movements.period_to') }} as month_to,
        movements.origin_counting_place_id = 'unknown' or movements.destination_counting_place_id = 'unknown'
            as has_unknown_end,
        -- `direct` says that no place was passed: that is known too.
        passing.movement_id is null and coalesce(movements.transit_count, 1) <> 0 as has_unknown_way
    from movements
    left join passing on movements.movement_id = passing.movement_id
)

select
    source,
    record_grain,
    month_from,
    month_to,
    round,
    count(*) as record_count,
    sum(case when has_unknown_end then 1 else 0 end) as unknown_end_count,
    sum(case when has_unknown_end or has_unknown_way then 1 else 0 end) as unknown_way_count
from reported
group by source, record_grain, month_from, month_to, round
