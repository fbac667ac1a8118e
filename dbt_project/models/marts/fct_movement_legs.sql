-- One row per leg of a movement.
select
    movement_id,
    leg_number,
    from_place_id,
    from_role,
    to_place_id,
    to_role,
    transport_mode,
    border_point_id
from {{ ref('int_movement_legs') }}
