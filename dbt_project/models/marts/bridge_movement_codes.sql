-- One row per movement, domain and code: what a movement may have several of.
select
    codes.movement_id,
    codes.domain,
    codes.code,
    movements.record_grain
from {{ ref('int_movement_codes') }} as codes
inner join {{ ref('int_movements') }} as movements on codes.movement_id = movements.movement_id
inner join {{ ref('int_linked_movements') }} as linked on codes.movement_id = linked.movement_id
