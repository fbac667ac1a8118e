-- One row per landed extract: its rows, whether it is in force, and whether it is stale.
with extracts as (select * from {{ ref('stg_extracts') }}),

checks as (
    select
        extract_id,
        partner,
        cast(count(*) as integer) as check_count,
        cast(sum(case when not passed and severity = 'hold' then 1 else 0 end) as integer) as failed_hold_count,
        cast(sum(case when not passed and severity <> 'hold' then 1 else 0 end) as integer) as failed_warn_count,
        cast(sum(case when waived then 1 else 0 end) as integer) as waived_count
    from {{ source('gates', 'verdicts') }}
    group by extract_id, partner
),

newest as (
    select
        partner,
        contract,
        max(case when fate <> 'withdrawn' then sequence end) as newest_sequence,
        max(case when fate = 'in_force' then sequence end) as newest_in_force
    from extracts
    group by partner, contract
)

select
    extracts.extract_id,
    extracts.partner_code,
    extracts.record_grain,
    extracts.sequence,
    extracts.delivery_mode,
    extracts.round,
    extracts.period_from,
    extracts.period_to,
    extracts.received_on,
    extracts.fate,
    extracts.fate_reason,
    coalesce(extracts.sequence = newest.newest_sequence, false) as is_newest,
    -- Stale: this extract stays in force because a newer one is held.
    coalesce(extracts.sequence = newest.newest_in_force and newest.newest_in_force < newest.newest_sequence, false)
        as is_stale,
    extracts.rows_read,
    extracts.rows_refused,
    extracts.rows_landed,
    coalesce(checks.check_count, 0) as check_count,
    coalesce(checks.failed_hold_count, 0) as failed_hold_count,
    coalesce(checks.failed_warn_count, 0) as failed_warn_count,
    coalesce(checks.waived_count, 0) as waived_count
from extracts
inner join newest on extracts.partner = newest.partner and extracts.contract = newest.contract
left join checks on extracts.extract_id = checks.extract_id and extracts.partner = checks.partner
