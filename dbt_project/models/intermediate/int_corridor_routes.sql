-- One row per source, grain, corridor and route: counted records by the places passed in their order, with known ends.
-- The route is null where none was named, where a place passed is unknown, or where several stand in no order.
{# Kenya as a stop: the county is not known. #}
{% set not_known = "('unknown', 'KEN')" %}
with movements as (
    select
        movement_id,
        source,
        record_grain,
        origin_counting_place_id as origin_place_id,
        destination_counting_place_id as destination_place_id
    from {{ ref('int_movements') }}
    where
        is_counted
        and origin_counting_place_id not in {{ not_known }}
        and destination_counting_place_id not in {{ not_known }}
        and origin_counting_place_id <> destination_counting_place_id
),

routes as (
    select
        movement_id,
        {{ sorted_codes("lpad(cast(stop_number as " ~ text_type() ~ "), 3, '0') || ':' || counting_place_id") }} as route
    from {{ ref('int_movement_stops') }}
    where place_role = 'transit'
    group by movement_id
    having
        max(case when counting_place_id in {{ not_known }} then 1 else 0 end) = 0
        and (count(*) = 1 or min(case when is_ordered then 1 else 0 end) = 1)
)

select
    movements.source,
    movements.record_grain,
    movements.origin_place_id || '>' || movements.destination_place_id as corridor_id,
    movements.origin_place_id,
    movements.destination_place_id,
    routes.route,
    count(*) as record_count
from movements
left join routes on movements.movement_id = routes.movement_id
group by
    movements.source,
    movements.record_grain,
    movements.origin_place_id,
    movements.destination_place_id,
    routes.route
