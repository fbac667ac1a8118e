-- One row per landed extract, with the source of its records: partners that send the same form's are one source.
select
    extracts.extract_id,
    extracts.partner,
    extracts.partner_code,
    coalesce(sources.source, extracts.partner) as source,
    extracts.contract,
    extracts.grain as record_grain,
    extracts.delivery_mode,
    extracts.period_from,
    extracts.period_to,
    extracts.round,
    extracts.received_on,
    extracts.sequence,
    extracts.rows_read,
    extracts.rows_refused,
    extracts.rows_landed,
    extracts.finest_place,
    extracts.retention_years,
    extracts.agreement_id,
    extracts.partner_name,
    extracts.cadence
from {{ source('typed', 'extracts') }} as extracts
left join {{ source('gates', 'sources') }} as sources on extracts.partner = sources.partner
