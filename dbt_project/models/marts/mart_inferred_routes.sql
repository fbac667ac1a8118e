-- One row per corridor with few known routes and place that its movements likely passed: inferred from legs that
-- records show, not reported. Empty where the held-back test is not clearly better than the shortest road.
select
    routes.record_grain,
    routes.corridor_id,
    routes.origin_place_id,
    origins.name as origin,
    routes.place_number,
    routes.place_id,
    places.name as place,
    routes.destination_place_id,
    destinations.name as destination,
    routes.record_count,
    routes.known_route_count,
    routes.leg_record_count,
    routes.held_back_corridors,
    routes.exact_share,
    routes.any_share,
    routes.road_exact_share
from {{ ref('int_inferred_routes') }} as routes
inner join {{ ref('int_places') }} as origins on routes.origin_place_id = origins.place_id
inner join {{ ref('int_places') }} as places on routes.place_id = places.place_id
inner join {{ ref('int_places') }} as destinations on routes.destination_place_id = destinations.place_id
where routes.reason is null
