-- One row per code of a field that may hold several.
select
    extract_id,
    partner,
    record_id,
    domain,
    code,
    seq
from {{ source('typed', 'record_codes') }}
