-- One row per movement and population it is counted in, with the number of its tally (int_tallies).
select
    movements.movement_id,
    movements.population,
    tallies.tally_number
from {{ ref('int_movement_populations') }} as movements
inner join {{ ref('int_tallies') }} as tallies
    on
        movements.record_grain = tallies.record_grain
        and movements.population = tallies.population
        and movements.source = tallies.source
        and movements.window_number = tallies.window_number
