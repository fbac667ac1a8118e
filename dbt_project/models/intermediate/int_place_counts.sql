-- One row per place, role, period, grain, population and partner: what the partner reported there.
with cells as (select * from {{ ref('int_movement_cells') }}),

stops as (select * from {{ ref('int_stop_places') }})

select
    stops.place_level,
    stops.place_id,
    stops.place_role,
    cells.period_id,
    cells.record_grain,
    cells.population,
    cells.partner,
    cast(sum(cells.record_count) as bigint) as record_count,
    cast(sum(cells.prevented_count) as bigint) as prevented_count
from stops
inner join cells on stops.movement_id = cells.movement_id
group by
    stops.place_level,
    stops.place_id,
    stops.place_role,
    cells.period_id,
    cells.record_grain,
    cells.population,
    cells.partner
