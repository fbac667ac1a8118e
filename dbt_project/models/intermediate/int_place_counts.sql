-- One row per place, role, period, grain, population and source: what the source reported there.
with windows as (
    select
        stops.place_level,
        stops.place_id,
        stops.place_role,
        movements.record_grain,
        movements.population,
        movements.source,
        movements.window_id,
        sum(movements.record_count) as record_count,
        sum(movements.prevented_count) as prevented_count
    from {{ ref('int_stop_places') }} as stops
    inner join {{ ref('int_movement_populations') }} as movements on stops.movement_id = movements.movement_id
    group by
        stops.place_level, stops.place_id, stops.place_role, movements.record_grain, movements.population,
        movements.source, movements.window_id
)

select
    windows.place_level,
    windows.place_id,
    windows.place_role,
    periods.period_id,
    windows.record_grain,
    windows.population,
    windows.source,
    cast(sum(windows.record_count) as bigint) as record_count,
    cast(sum(windows.prevented_count) as bigint) as prevented_count
from windows
inner join {{ ref('int_window_periods') }} as periods on windows.window_id = periods.window_id
group by
    windows.place_level, windows.place_id, windows.place_role, periods.period_id, windows.record_grain,
    windows.population, windows.source
