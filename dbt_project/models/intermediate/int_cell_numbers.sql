-- One row per cell that counts a movement, with a number: counting by numbers is faster than by text.
select
    table_name,
    cell_id,
    cast(row_number() over (order by table_name nulls last, cell_id nulls last) as integer) as cell_number,
    max(level) as level,
    max(origin_place_id) as origin_place_id,
    max(via_place_id) as via_place_id,
    max(destination_place_id) as destination_place_id,
    max(role) as role,
    max(place_id) as place_id,
    max(domain) as domain,
    max(code) as code
from {{ ref('int_cell_members') }}
group by table_name, cell_id
