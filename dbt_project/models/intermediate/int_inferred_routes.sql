-- One row per grain, corridor with few known routes and place passed, as inferred; or one row with the reason why not.
select
    record_grain,
    corridor_id,
    origin_place_id,
    destination_place_id,
    place_number,
    place_id,
    reason,
    record_count,
    known_route_count,
    leg_record_count,
    held_back_corridors,
    exact_share,
    any_share,
    road_exact_share
from {{ ref('stg_inferred_routes') }}
