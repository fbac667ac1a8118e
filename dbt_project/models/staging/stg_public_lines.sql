-- One row per line of a counting table, period and grain whose base is large enough to be spoken of in public.
select
    counting_table,
    counting_role,
    counting_id,
    period_id,
    record_grain
from {{ source('disclosure', 'public_lines') }}
