-- One row per movement and population it is counted in, with its numbers and the number of its window of departure
-- (int_windows), which is null where it lies in no period. The rule of victim totals is `is_counted`
-- (int_records_current); what is prevented has a count of its own, and flow counts have none.
with movements as (select * from {{ ref('int_movements') }} where is_counted or is_prevented),

populations as (
    select
        movement_id,
        'all' as population
    from movements

    union all

    select
        movement_id,
        'children' as population
    from movements
    where coalesce(is_child, false)
)

select
    movements.movement_id,
    movements.source,
    movements.record_grain,
    populations.population,
    {{ direction_number('movements.direction') }} as direction_number,
    windows.window_number,
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
from movements
inner join populations on movements.movement_id = populations.movement_id
left join {{ ref('int_windows') }} as windows
    on
        movements.window_from = windows.window_from
        and movements.window_to = windows.window_to
        and coalesce(movements.round, 'none') = windows.round
