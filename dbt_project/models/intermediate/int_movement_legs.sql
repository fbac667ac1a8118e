-- One row per leg: from one known place of a movement to the next, ending at its destination.
-- An unknown end stays as the place `unknown`; transit places without an order make no legs. Stops that are the same
-- place once they are told as finely as the agreement allows are one stop: a leg never ends where it began.
with movements as (select * from {{ ref('int_movements') }}),

stops as (select * from {{ ref('int_movement_stops') }}),

transits as (
    select
        movement_id,
        stop_number,
        place_id,
        border_point_id,
        transport_mode
    from stops
    where place_role = 'transit' and is_known
),

unordered as (
    select movement_id
    from stops
    where place_role = 'transit' and is_known
    group by movement_id
    having count(distinct place_id) > 1 and sum(case when is_ordered then 0 else 1 end) > 0
),

known as (
    select
        movements.movement_id,
        movements.partner,
        movements.departed_month
    from movements
    left join unordered on movements.movement_id = unordered.movement_id
    left join (select distinct movement_id from transits) as passed on movements.movement_id = passed.movement_id
    where
        unordered.movement_id is null
        and (
            movements.origin_place_id <> 'unknown'
            or movements.destination_place_id <> 'unknown'
            or passed.movement_id is not null
        )
),

-- One mode told for a whole movement belongs to its leg only when there is just one.
only_modes as (
    select
        movement_id,
        min(code) as transport_mode
    from {{ ref('int_movement_codes') }}
    where domain = 'transport_mode'
    group by movement_id
    having count(*) = 1
),

path as (
    select
        movements.movement_id,
        0 as stop_order,
        'origin' as place_role,
        movements.origin_place_id as place_id,
        cast(null as {{ text_type() }}) as transport_mode
    from movements

    union all

    select
        movement_id,
        stop_number as stop_order,
        'transit' as place_role,
        place_id,
        transport_mode
    from transits

    union all

    select
        movements.movement_id,
        100000 as stop_order,
        case when movements.destination_basis = 'exploitation' then 'exploitation' else 'intended_destination' end
            as place_role,
        movements.destination_place_id as place_id,
        destinations.transport_mode
    from movements
    left join stops as destinations
        on
            movements.movement_id = destinations.movement_id
            and destinations.stop_number = 1
            and destinations.place_role
            = case when movements.destination_basis = 'exploitation' then 'exploitation' else 'intended_destination' end
),

arrivals as (
    select
        path.movement_id,
        known.partner,
        known.departed_month,
        path.stop_order,
        path.place_role,
        path.place_id,
        path.transport_mode,
        lag(path.place_id) over (partition by path.movement_id order by path.stop_order nulls last)
            as previous_place_id,
        count(*) over (partition by path.movement_id) as stop_count
    from path
    inner join known on path.movement_id = known.movement_id
),

numbered as (
    select
        arrivals.*,
        coalesce(arrivals.place_id <> arrivals.previous_place_id, true) as is_arrival,
        sum(case when arrivals.place_id = arrivals.previous_place_id then 0 else 1 end)
            over (partition by arrivals.movement_id order by arrivals.stop_order nulls last)
            as visit_number
    from arrivals
),

-- One row per stay at a place: an end keeps its role over the places passed inside it.
visits as (
    select
        movement_id,
        partner,
        departed_month,
        place_id,
        visit_number,
        stop_count,
        coalesce(max(case when place_role <> 'transit' then place_role end), 'transit') as place_role,
        max(case when is_arrival then transport_mode end) as transport_mode
    from numbered
    group by movement_id, partner, departed_month, place_id, visit_number, stop_count
),

steps as (
    select
        movement_id,
        partner,
        departed_month,
        visit_number,
        place_role as to_role,
        place_id as to_place_id,
        transport_mode,
        lag(place_id) over (partition by movement_id order by visit_number nulls last) as from_place_id,
        lag(place_role) over (partition by movement_id order by visit_number nulls last) as from_role,
        stop_count
    from visits
)

select
    steps.movement_id,
    steps.partner,
    steps.departed_month,
    cast(row_number() over (partition by steps.movement_id order by steps.visit_number nulls last) as integer)
        as leg_number,
    steps.from_place_id,
    steps.from_role,
    steps.to_place_id,
    steps.to_role,
    coalesce(steps.transport_mode, case when steps.stop_count = 2 then only_modes.transport_mode end) as transport_mode,
    coalesce(arrival.border_point_id, departure.border_point_id) as border_point_id
from steps
left join only_modes on steps.movement_id = only_modes.movement_id
left join {{ ref('int_places') }} as arrival on steps.to_place_id = arrival.place_id
left join {{ ref('int_places') }} as departure on steps.from_place_id = departure.place_id
where steps.visit_number > 1
