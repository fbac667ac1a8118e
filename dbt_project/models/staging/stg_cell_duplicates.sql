-- One row per line of a counting table, period and population in which likely pairs lie.
select
    counting_table,
    counting_role,
    counting_id,
    period_id,
    population,
    duplicates_low,
    duplicates_expected,
    duplicates_high
from {{ source('linkage', 'cell_duplicates') }}
