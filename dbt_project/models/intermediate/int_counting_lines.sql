-- One row per line of a counting table, with a number: counting by numbers is faster than by text.
select
    counting_table,
    counting_role,
    counting_id,
    cast(row_number() over (
        order by counting_table nulls last, counting_role nulls last, counting_id nulls last
    ) as integer) as line_number
from {{ ref('int_counting_keys') }}
group by counting_table, counting_role, counting_id
