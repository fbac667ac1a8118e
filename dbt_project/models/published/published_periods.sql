-- One row per edition and period that its tables count in: how many of its months partners reported cases of, and why a
-- year is partial.
with periods as (select * from {{ ref('int_periods') }}),

reported as (select * from {{ ref('mart_reported_periods') }} where record_grain = 'case'),

months as (
    select
        periods.period_id,
        count(distinct months.month_start) as months_reported,
        min(months.month_start) as reported_from
    from periods
    inner join {{ ref('int_source_months') }} as months
        on
            {{ month_of('periods.period_from') }} <= months.month_start
            and periods.period_to >= months.month_start
    where months.record_grain = 'case' and periods.period_kind <> 'round'
    group by periods.period_id
),

-- Cases that were first delivered after the year could be made public, of partners that had delivered by then.
due as (
    select
        periods.period_id,
        {{ year_of('periods.period_from') }} as year_number,
        {{ days_after('periods.period_to', publication_policy('public_delay_days')) }} as last_day
    from periods
    where periods.period_kind = 'year'
),

begun as (
    select
        partner,
        min(delivered_on) as first_day
    from {{ ref('int_deliveries') }}
    where record_grain = 'case'
    group by partner
),

late as (
    select
        due.period_id,
        cast(
            {{ rounded(
                'sum(case when counts.first_delivered_on > due.last_day then counts.record_count else 0 end) * 1.0'
                ~ ' / nullif(sum(counts.record_count), 0)', 2
            ) }} as double
        ) as late_share
    from due
    inner join {{ ref('int_delivery_counts') }} as counts on {{ year_of('counts.event_month') }} = due.year_number
    inner join begun on counts.partner = begun.partner
    where
        counts.record_grain = 'case'
        and counts.first_delivered_on is not null
        and begun.first_day <= due.last_day
        and due.last_day <= {{ as_of_date() }}
    group by due.period_id
    having sum(counts.record_count) >= {{ publication_policy('comparison_least_cases') }}
),

-- Also where no partner declares what it watches.
counted as (select distinct period_id from {{ ref('int_cells') }}),

new_periods as (select * from {{ ref('int_new_public_periods') }}),

described as (
    select
        periods.period_id,
        periods.period_kind,
        periods.label,
        periods.period_from,
        periods.period_to,
        cast(
            case when periods.period_kind <> 'round' then coalesce(months.months_reported, 0) end as integer
        ) as months_reported,
        months.reported_from,
        case
            when periods.period_kind = 'round' then periods.is_complete
            else periods.is_complete and coalesce(not reported.is_partial, false)
        end as is_complete,
        case
            when reported.period_id is null and periods.is_complete and periods.period_kind <> 'round'
                then 'begins_before_reporting'
            else reported.partial_reason
        end as partial_reason,
        late.late_share
    from periods
    left join late on periods.period_id = late.period_id
    left join reported on periods.period_id = reported.period_id
    left join months on periods.period_id = months.period_id
    left join counted on periods.period_id = counted.period_id
    where periods.period_kind = 'round' or months.period_id is not null or counted.period_id is not null
),

made as (
    select
        'members' as edition,
        *
    from described

    union all

    select
        'public' as edition,
        described.period_id,
        described.period_kind,
        described.label,
        described.period_from,
        described.period_to,
        described.months_reported,
        described.reported_from,
        described.is_complete,
        described.partial_reason,
        null as late_share
    from described
    inner join new_periods on described.period_id = new_periods.period_id
)

select * from made

union all

select * from {{ source('carried', 'periods') }}
