-- One row per cell of a published table and movement counted in it. A cell is a line of the table: a corridor, a place
-- in a role, a code, a code of a place or corridor. Records that linkage joined to one person's movement count once, as
-- their smallest record says.
{{ config(materialized='view') }}
with movements as (
    select records.*
    from {{ ref('int_movements') }} as records
    inner join {{ ref('int_linked_movements') }} as linked on records.movement_id = linked.movement_id
    where records.is_counted
),

corridors as (
    select
        corridors.movement_id,
        'corridors' as table_name,
        corridors.corridor_level || '|' || corridors.corridor_id as cell_id,
        corridors.corridor_level as level,
        corridors.origin_place_id,
        corridors.via_place_id,
        corridors.destination_place_id,
        corridors.direction
    from {{ ref('int_corridor_movements') }} as corridors
    inner join movements on corridors.movement_id = movements.movement_id
    where corridors.origin_place_id <> 'unknown' and corridors.destination_place_id <> 'unknown'

    union all

    -- Kenya as a whole with each country abroad. Pairs that do not touch Kenya are corridors already.
    select
        movement_id,
        'corridors' as table_name,
        'country|' || origin_country_place_id || '>' || destination_country_place_id as cell_id,
        'country' as level,
        origin_country_place_id as origin_place_id,
        cast(null as {{ text_type() }}) as via_place_id,
        destination_country_place_id as destination_place_id,
        direction
    from movements
    where direction in ('into', 'out_of')
),

stops as (
    select
        movement_id,
        'origin' as role,
        origin_counting_place_id as place_id
    from movements

    union

    select
        movement_id,
        'origin' as role,
        origin_country_place_id as place_id
    from movements

    union

    select
        movement_id,
        'destination' as role,
        destination_counting_place_id as place_id
    from movements

    union

    select
        movement_id,
        'destination' as role,
        destination_country_place_id as place_id
    from movements

    union

    select
        stops.movement_id,
        stops.place_role as role,
        stops.place_id
    from {{ ref('int_stop_places') }} as stops
    inner join movements on stops.movement_id = movements.movement_id
    where stops.place_role = 'transit' and stops.place_id <> 'KEN'

    union

    -- A border point counts who passed it, came from it or went to it: partners write it into any of the columns.
    select
        stops.movement_id,
        'any' as role,
        stops.place_id
    from {{ ref('int_stop_places') }} as stops
    inner join movements on stops.movement_id = movements.movement_id
    where stops.place_level = 'border_point'
),

codes as (
    select
        movement_id,
        'total' as domain,
        'total' as code
    from movements

    union all

    select
        movement_id,
        'direction' as domain,
        direction as code
    from movements

    union all

    select
        movement_id,
        'sex' as domain,
        sex as code
    from movements
    where {{ is_informative('sex') }}

    union all

    select
        movement_id,
        'age_band' as domain,
        age_band as code
    from movements
    where {{ is_informative('age_band') }}

    union all

    select
        codes.movement_id,
        codes.domain,
        codes.code
    from {{ ref('int_movement_codes') }} as codes
    inner join movements on codes.movement_id = movements.movement_id
    where
        codes.domain in ('exploitation_type', 'transport_mode', 'recruitment_method')
        and {{ is_informative('codes.code') }}
),

described as (select * from codes where domain not in ('total', 'direction'))

select
    movement_id,
    table_name,
    cell_id,
    level,
    origin_place_id,
    via_place_id,
    destination_place_id,
    direction,
    cast(null as {{ text_type() }}) as role,
    cast(null as {{ text_type() }}) as place_id,
    cast(null as {{ text_type() }}) as domain,
    cast(null as {{ text_type() }}) as code
from corridors

union all

select
    movement_id,
    'places' as table_name,
    role || '|' || place_id as cell_id,
    null as level,
    null as origin_place_id,
    null as via_place_id,
    null as destination_place_id,
    null as direction,
    role,
    place_id,
    null as domain,
    null as code
from stops
where place_id <> 'unknown'

union all

select
    movement_id,
    'codes' as table_name,
    domain || '|' || code as cell_id,
    null as level,
    null as origin_place_id,
    null as via_place_id,
    null as destination_place_id,
    null as direction,
    null as role,
    null as place_id,
    domain,
    code
from codes

union all

select
    stops.movement_id,
    'place_codes' as table_name,
    stops.role || '|' || stops.place_id || '|' || described.domain || '|' || described.code as cell_id,
    null as level,
    null as origin_place_id,
    null as via_place_id,
    null as destination_place_id,
    null as direction,
    stops.role,
    stops.place_id,
    described.domain,
    described.code
from stops
inner join described on stops.movement_id = described.movement_id
where stops.place_id <> 'unknown'

union all

select
    corridors.movement_id,
    'corridor_codes' as table_name,
    corridors.cell_id || '|' || described.domain || '|' || described.code as cell_id,
    corridors.level,
    corridors.origin_place_id,
    corridors.via_place_id,
    corridors.destination_place_id,
    corridors.direction,
    null as role,
    null as place_id,
    described.domain,
    described.code
from corridors
inner join described on corridors.movement_id = described.movement_id
where corridors.level = 'od'
