-- One row per movement and population it is counted in, with what it adds to a count. The rule of victim totals is
-- `is_counted` (int_records_current); what is prevented has a count of its own, and flow counts have none.
with populations as (
    select 'all' as population
    union all
    select 'children' as population
)

select
    movements.movement_id,
    movements.source,
    movements.record_grain,
    populations.population,
    movements.window_id,
    movements.direction,
    case when movements.is_counted then 1 else 0 end as record_count,
    case when movements.is_prevented then 1 else 0 end as prevented_count,
    -- A number without bounds (about 20) is used for both; person_count_without_bounds sums such numbers.
    case when movements.is_counted then coalesce(movements.person_count_low, movements.person_count, 0) else 0 end
        as person_count_low,
    case
        when movements.is_counted
            then coalesce(movements.person_count_high, movements.person_count_low, movements.person_count, 0)
        else 0
    end as person_count_high,
    case
        when
            movements.is_counted
            and (movements.person_count_low is null or movements.person_count_high is null)
            then coalesce(movements.person_count, 0)
        else 0
    end as person_count_without_bounds
from {{ ref('int_movements') }} as movements
inner join populations on populations.population = 'all' or coalesce(movements.is_child, false)
where movements.is_counted or movements.is_prevented
