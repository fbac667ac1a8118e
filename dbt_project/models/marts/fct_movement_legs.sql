-- One row per leg of a movement.
select
    legs.movement_id,
    legs.leg_number,
    movements.record_grain,
    legs.from_place_id,
    legs.from_role,
    legs.to_place_id,
    legs.to_role,
    legs.transport_mode,
    legs.border_point_id
from {{ ref('int_movement_legs') }} as legs
inner join {{ ref('int_movements') }} as movements on legs.movement_id = movements.movement_id
inner join {{ ref('int_linked_movements') }} as linked on legs.movement_id = linked.movement_id
