-- One row per leg of a movement; towns of children's journeys are told as their county, as in fct_movements.
-- A leg to or from a place passed that ends where it began says nothing of a route, and goes.
with movements as (
    select
        movement_id,
        record_grain,
        coalesce(is_child, record_grain = 'case') as is_coarser
    from {{ ref('int_movements') }}
),

places as (select * from {{ ref('int_places') }}),

told as (
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
)

select
    movement_id,
    cast(row_number() over (partition by movement_id order by leg_number nulls last) as integer) as leg_number,
    record_grain,
    from_place_id,
    from_role,
    to_place_id,
    to_role,
    transport_mode,
    border_point_id
from told
where from_place_id <> to_place_id or (from_role <> 'transit' and to_role <> 'transit')
