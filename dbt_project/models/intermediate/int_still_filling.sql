-- One row per year or quarter with cases, and end abroad or not: for each case seen, how many are expected in all. Of a
-- group that is too young to say, two: as many may be to come as have come.
with months as (select * from {{ source('statistics', 'still_filling') }} where record_grain = 'case')

select
    periods.period_id,
    months.is_abroad,
    case
        when sum(case when months.is_filling and months.expected_count is null then 1 else 0 end) > 0 then 2
        when sum(months.record_count) = 0 then 2
        else
            cast(
                sum(cast(coalesce(months.expected_count, months.record_count) as decimal(18, 3)))
                / nullif(sum(months.record_count), 0) as decimal(18, 3)
            )
    end as expected_ratio
from {{ ref('int_periods') }} as periods
inner join months
    on
        {{ year_of('periods.period_from') }} = {{ year_of('months.month_start') }}
        and months.month_start between {{ month_of('periods.period_from') }} and periods.period_to
where periods.period_kind in ('year', 'quarter')
group by periods.period_id, months.is_abroad
