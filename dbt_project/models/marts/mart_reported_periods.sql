-- One row per period and grain that any partner reported: whether it was reported from its first month to its last.
-- Decided by the months watched, not by findings.
with periods as (
    select
        period_id,
        period_kind,
        {{ month_of('period_from') }} as first_month,
        {{ month_of('period_to') }} as last_month
    from {{ ref('int_periods') }}
),

active as (
    select
        periods.period_id,
        reported.record_grain,
        reported.source,
        reported.month_start
    from periods
    inner join {{ ref('int_source_months') }} as reported
        on reported.month_start between periods.first_month and periods.last_month
),

partners as (
    select
        period_id,
        record_grain,
        count(distinct source) as partner_count
    from active
    group by period_id, record_grain
),

-- Includes months without any report.
months as (
    select
        partners.period_id,
        partners.record_grain,
        months.month_start,
        -- Half of the period's partners or fewer: what is counted in such a month is a part of what the others hold.
        2 * count(active.source) <= max(partners.partner_count) as is_thin
    from partners
    inner join periods on partners.period_id = periods.period_id
    inner join {{ ref('int_calendar_months') }} as months
        on months.month_start between periods.first_month and periods.last_month
    left join active
        on
            partners.period_id = active.period_id
            and partners.record_grain = active.record_grain
            and months.month_start = active.month_start
    group by partners.period_id, partners.record_grain, months.month_start
),

spans as (
    select
        period_id,
        record_grain,
        min(month_start) as first_month,
        min(case when is_thin then month_start end) as first_thin_month
    from months
    group by period_id, record_grain
),

judged as (
    select
        spans.period_id,
        spans.record_grain,
        case
            -- A round is what was collected in it.
            when periods.period_kind = 'round' then 'none'
            -- The calendar starts at the first month in the data; a period may start earlier.
            when spans.first_month > periods.first_month then 'begins_before_reporting'
            when spans.first_thin_month = periods.first_month then 'begins_before_reporting'
            when spans.first_thin_month is not null then 'months_missing'
            else 'none'
        end as partial_reason
    from spans
    inner join periods on spans.period_id = periods.period_id
)

select
    period_id,
    record_grain,
    partial_reason <> 'none' as is_partial,
    nullif(partial_reason, 'none') as partial_reason
from judged
