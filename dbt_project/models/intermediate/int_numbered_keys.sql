-- int_counting_keys by line number (int_counting_lines), without texts.
select
    keys.movement_id,
    lines.line_number
from {{ ref('int_counting_keys') }} as keys
inner join {{ ref('int_counting_lines') }} as lines
    on
        keys.counting_table = lines.counting_table
        and keys.counting_role = lines.counting_role
        and keys.counting_id = lines.counting_id
