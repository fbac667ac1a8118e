-- One row per edition, line of a counting table, period and grain whose base is large enough to be spoken of.
select
    edition,
    counting_table,
    counting_role,
    counting_id,
    period_id,
    record_grain,
    tells_figures
from {{ source('disclosure', 'lines') }}
