-- One row per movement and population it is counted in, with the number of its context (int_contexts).
select
    movements.movement_id,
    movements.population,
    contexts.context_number
from {{ ref('int_movement_populations') }} as movements
inner join {{ ref('int_contexts') }} as contexts
    on
        movements.record_grain = contexts.record_grain
        and movements.population = contexts.population
        and movements.source = contexts.source
        and movements.window_number = contexts.window_number
