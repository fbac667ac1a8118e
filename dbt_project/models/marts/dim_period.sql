-- One row per period that tables count in.
select
    period_id,
    period_kind,
    label,
    period_from,
    period_to,
    is_complete
from {{ ref('int_periods') }}
