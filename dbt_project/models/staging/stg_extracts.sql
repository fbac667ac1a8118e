-- One row per landed extract.
select
    extract_id,
    partner,
    partner_code,
    contract,
    grain as record_grain,
    delivery_mode,
    period_from,
    period_to,
    round,
    received_on,
    sequence,
    rows_read,
    rows_refused,
    rows_landed,
    finest_place,
    retention_years,
    agreement_id,
    partner_name,
    cadence
from {{ source('typed', 'extracts') }}
