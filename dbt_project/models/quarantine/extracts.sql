-- One row per landed extract: its rows, whether it is in force, and whether it is stale.
with extracts as (select * from {{ ref('stg_extracts') }}),

in_force as (select * from {{ ref('stg_extracts_in_force') }}),

checks as (
    select
        extract_id,
        partner,
        cast(count(*) as integer) as check_count,
        cast(sum(case when not passed and severity = 'hold' then 1 else 0 end) as integer) as failed_hold_count,
        cast(sum(case when not passed and severity <> 'hold' then 1 else 0 end) as integer) as failed_warn_count,
        cast(sum(case when waived then 1 else 0 end) as integer) as waived_count
    from {{ ref('stg_extract_verdicts') }}
    group by extract_id, partner
),

fates as (
    select
        extracts.*,
        in_force.reason as fate_reason,
        coalesce(in_force.fate, 'held') as fate
    from extracts
    left join in_force on extracts.extract_id = in_force.extract_id and extracts.partner = in_force.partner
),

newest as (
    select
        partner,
        contract,
        max(case when fate <> 'withdrawn' then sequence end) as newest_sequence,
        max(case when fate = 'in_force' then sequence end) as newest_in_force
    from fates
    group by partner, contract
)

select
    fates.extract_id,
    fates.partner_code,
    fates.record_grain,
    fates.sequence,
    fates.delivery_mode,
    fates.round,
    fates.period_from,
    fates.period_to,
    fates.received_on,
    fates.fate,
    fates.fate_reason,
    coalesce(fates.sequence = newest.newest_sequence, false) as is_newest,
    -- Stale: this extract stays in force because a newer one is held.
    coalesce(fates.sequence = newest.newest_in_force and newest.newest_in_force < newest.newest_sequence, false)
        as is_stale,
    fates.rows_read,
    fates.rows_refused,
    fates.rows_landed,
    coalesce(checks.check_count, 0) as check_count,
    coalesce(checks.failed_hold_count, 0) as failed_hold_count,
    coalesce(checks.failed_warn_count, 0) as failed_warn_count,
    coalesce(checks.waived_count, 0) as waived_count
from fates
inner join newest on fates.partner = newest.partner and fates.contract = newest.contract
left join checks on fates.extract_id = checks.extract_id and fates.partner = checks.partner
