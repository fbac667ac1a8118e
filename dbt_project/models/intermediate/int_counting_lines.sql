-- One row per line of a counting table, with its number.
select distinct
    counting_table,
    counting_role,
    counting_id,
    line_number
from {{ ref('int_counting_keys') }}
