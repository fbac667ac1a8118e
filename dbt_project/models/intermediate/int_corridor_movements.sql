-- One row per movement and corridor it ran: once from origin to destination, and once more for each place it passed.
-- A place passed inside the county or country of an end is that end, not a via; a border point stays one: which
-- crossing was taken distinguishes two routes.
with movements as (select * from {{ ref('int_movements') }} where is_counted or is_prevented),

vias as (
    select distinct
        stops.movement_id,
        stops.via_place_id
    from {{ ref('int_movement_stops') }} as stops
    inner join movements on stops.movement_id = movements.movement_id
    where
        stops.place_role = 'transit'
        and stops.is_known
        and stops.via_place_id <> movements.origin_counting_place_id
        and stops.via_place_id <> movements.destination_counting_place_id
)

select
    movement_id,
    partner,
    departed_month,
    'od' as corridor_level,
    origin_counting_place_id || '>' || destination_counting_place_id as corridor_id,
    origin_counting_place_id as origin_place_id,
    cast(null as {{ text_type() }}) as via_place_id,
    destination_counting_place_id as destination_place_id,
    direction
from movements

union all

select
    movements.movement_id,
    movements.partner,
    movements.departed_month,
    'odv' as corridor_level,
    movements.origin_counting_place_id
    || '>'
    || vias.via_place_id
    || '>'
    || movements.destination_counting_place_id as corridor_id,
    movements.origin_counting_place_id as origin_place_id,
    vias.via_place_id,
    movements.destination_counting_place_id as destination_place_id,
    movements.direction
from movements
inner join vias on movements.movement_id = vias.movement_id
