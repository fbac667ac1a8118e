-- One row per place, period and grain that at least one partner watched: months, partners and last month watched.
with activity as (
    select distinct
        source,
        record_grain,
        place_id,
        month_start
    from {{ ref('int_source_activity') }}
),

periods as (select * from {{ ref('int_periods') }})

select
    activity.place_id,
    periods.period_id,
    activity.record_grain,
    cast(count(*) as integer) as effort_months,
    cast(count(distinct activity.source) as integer) as partner_count,
    max(activity.month_start) as last_active_month
from activity
inner join periods
    on
        activity.month_start >= {{ month_of('periods.period_from') }}
        and activity.month_start <= periods.period_to
group by activity.place_id, periods.period_id, activity.record_grain
