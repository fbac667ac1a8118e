-- One row per movement of a round and thing it names: a country, a county, a place, a corridor, a form.
-- Records outside victim totals (prevented, smuggling, not trafficking) add no items.
with movements as (
    select *
    from {{ ref('int_movements') }}
    where round is not null and is_counted
),

stops as (select * from {{ ref('int_movement_stops') }} where is_known),

-- `destination` is the place of exploitation, else the intended one; `any` holds every stop of a movement.
roles as (
    select
        stops.movement_id,
        stops.place_id,
        stops.country_place_id,
        stops.county_place_id,
        stops.is_coarsened,
        'any' as item_role
    from stops

    union all

    select
        stops.movement_id,
        stops.place_id,
        stops.country_place_id,
        stops.county_place_id,
        stops.is_coarsened,
        stops.place_role as item_role
    from stops
    where stops.place_role in ('origin', 'transit')

    union all

    select
        stops.movement_id,
        stops.place_id,
        stops.country_place_id,
        stops.county_place_id,
        stops.is_coarsened,
        'destination' as item_role
    from stops
    inner join movements on stops.movement_id = movements.movement_id
    where
        stops.stop_number = 1
        and stops.place_role
        = case when movements.destination_basis = 'exploitation' then 'exploitation' else 'intended_destination' end
),

items as (
    select
        movement_id,
        'country' as item_kind,
        country_place_id as item,
        item_role,
        country_place_id as place_id
    from roles

    union all

    select
        movement_id,
        'county' as item_kind,
        county_place_id as item,
        item_role,
        county_place_id as place_id
    from roles
    where county_place_id is not null

    union all

    select
        movement_id,
        'place' as item_kind,
        place_id as item,
        item_role,
        place_id
    from roles
    -- A county that replaces a town under an agreement was not named.
    where not is_coarsened

    union all

    select
        movement_id,
        'corridor' as item_kind,
        origin_counting_place_id || '>' || destination_counting_place_id as item,
        'any' as item_role,
        cast(null as {{ text_type() }}) as place_id
    from movements
    where origin_counting_place_id <> 'unknown' and destination_counting_place_id <> 'unknown'

    union all

    select
        movement_id,
        'form' as item_kind,
        form_label as item,
        'any' as item_role,
        cast(null as {{ text_type() }}) as place_id
    from {{ ref('int_movement_forms') }}
)

select distinct
    movements.movement_id,
    movements.partner,
    movements.record_grain,
    movements.round,
    items.item_kind,
    items.item,
    items.item_role,
    items.place_id
from items
inner join movements on items.movement_id = movements.movement_id
