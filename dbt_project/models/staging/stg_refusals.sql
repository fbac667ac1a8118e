-- Rows that did not land, counted by sheet and reason.
select
    extract_id,
    partner,
    sheet,
    reason,
    row_count
from {{ source('typed', 'refusals') }}
