-- One row per landed extract, in rows of the partner's file: nothing that was read disappears. An extract that could
-- not be typed has no records, and each of its rows has the extract's own fate.
with extracts as (select * from {{ ref('stg_extracts') }}),

fates as (
    select
        extract_id,
        partner,
        sum(case when fate = 'current' then source_row_count else 0 end) as rows_current,
        sum(case when fate = 'superseded' then source_row_count else 0 end) as rows_superseded,
        sum(case when fate = 'quarantined' then source_row_count else 0 end) as rows_quarantined,
        sum(case when fate = 'withdrawn' then source_row_count else 0 end) as rows_withdrawn,
        sum(case when fate = 'held' then source_row_count else 0 end) as rows_held,
        sum(case when fate = 'embargoed' then source_row_count else 0 end) as rows_embargoed
    from {{ ref('judged_records') }}
    group by extract_id, partner
)

select
    extracts.extract_id,
    extracts.partner_code,
    extracts.rows_read,
    extracts.rows_refused,
    extracts.rows_landed,
    cast(coalesce(fates.rows_current, 0) as bigint) as rows_current,
    cast(coalesce(fates.rows_superseded, 0) as bigint) as rows_superseded,
    cast(coalesce(fates.rows_quarantined, 0) as bigint) as rows_quarantined,
    cast(
        coalesce(
            fates.rows_withdrawn, case when extracts.fate = 'withdrawn' then extracts.rows_landed else 0 end
        ) as bigint
    ) as rows_withdrawn,
    cast(
        coalesce(
            fates.rows_held, case when extracts.fate = 'held' then extracts.rows_landed else 0 end
        ) as bigint
    ) as rows_held,
    cast(coalesce(fates.rows_embargoed, 0) as bigint) as rows_embargoed
from extracts
left join fates on extracts.extract_id = fates.extract_id and extracts.partner = fates.partner
