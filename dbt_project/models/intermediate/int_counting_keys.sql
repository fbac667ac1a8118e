-- One row per record and line of a counting table it may stand in: a place in a role, or a corridor at a level.
select
    movement_id,
    partner,
    departed_month,
    'hotspots' as counting_table,
    place_role as counting_role,
    place_id as counting_id
from {{ ref('int_stop_places') }}

union all

select
    movement_id,
    partner,
    departed_month,
    'corridors' as counting_table,
    corridor_level as counting_role,
    corridor_id as counting_id
from {{ ref('int_corridor_movements') }}
