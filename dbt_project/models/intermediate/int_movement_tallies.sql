-- One row per movement and population it is counted in, with its numbers and the number of its tally (int_tallies).
-- A movement that lies in no period has no tally.
select
    movements.*,
    tallies.tally_number
from {{ ref('int_movement_populations') }} as movements
inner join {{ ref('int_tallies') }} as tallies
    on
        movements.record_grain = tallies.record_grain
        and movements.population = tallies.population
        and movements.source = tallies.source
        and movements.window_number = tallies.window_number
