-- One row per route report that another partner sent too.
select
    record_id,
    route_group_id
from {{ source('linkage', 'route_groups') }}
