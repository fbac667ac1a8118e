-- One row per movement, period and population it is counted in. Counts by period are made from windows of events
-- (int_movement_populations), of which there are few; this is for linkage and for tests that ask about movements.
{{ config(materialized='view') }}
select
    movements.movement_id,
    movements.source,
    periods.period_id,
    movements.record_grain,
    movements.population,
    movements.record_count,
    movements.prevented_count,
    movements.person_count_low,
    movements.person_count_high,
    movements.person_count_without_bounds
from {{ ref('int_movement_populations') }} as movements
inner join {{ ref('int_window_periods') }} as periods on movements.window_id = periods.window_id
