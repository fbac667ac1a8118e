-- One row per leg of a movement; towns of children's journeys are told as their county, as in fct_movements.
with movements as (
    select
        movement_id,
        record_grain,
        coalesce(is_child, record_grain = 'case') as is_coarser
    from {{ ref('int_movements') }}
),

places as (select * from {{ ref('int_places') }})

select
    legs.movement_id,
    legs.leg_number,
    movements.record_grain,
    {{ place_for_readers('starts', 'legs.from_place_id', 'movements.is_coarser') }} as from_place_id,
    legs.from_role,
    {{ place_for_readers('ends', 'legs.to_place_id', 'movements.is_coarser') }} as to_place_id,
    legs.to_role,
    legs.transport_mode,
    legs.border_point_id
from {{ ref('int_movement_legs') }} as legs
inner join movements on legs.movement_id = movements.movement_id
inner join {{ ref('int_linked_movements') }} as linked on legs.movement_id = linked.movement_id
left join places as starts on legs.from_place_id = starts.place_id
left join places as ends on legs.to_place_id = ends.place_id
