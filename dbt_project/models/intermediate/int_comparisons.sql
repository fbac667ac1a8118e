-- One row per cell and period that has a number beside the same period a year earlier: whether the two can be compared,
-- and what changed like for like, in months that a source reported in both.
-- Nothing is said of a cell of which so many cases are still to come that a rise or fall may be no more than delay.
-- The panel test: the like-for-like counts differ by two standard errors and more of counts that scatter 1.5 times as
-- much as independent ones, and one is so many times the other whichever source is left out.
{% set least_cases = publication_policy('comparison_least_cases') %}
{% set least_matched = publication_policy('comparison_least_matched') %}
with cells as (
    select *
    from {{ ref('int_cells') }}
    where
        table_name in ('total', 'directions', 'starts', 'ends', 'corridors', 'passings', 'border_points')
        and column_name in ('movement_count', 'passing_count')
),

periods as (select * from {{ ref('int_periods') }} where period_kind in ('year', 'quarter')),

-- Periods of which each month was reported.
reported as (
    select periods.period_id
    from periods
    inner join {{ ref('int_source_months') }} as months
        on
            {{ month_of('periods.period_from') }} <= months.month_start
            and periods.period_to >= months.month_start
    where months.record_grain = 'case'
    group by periods.period_id, periods.period_kind
    having count(distinct months.month_start) = case periods.period_kind when 'year' then 12 else 3 end
),

both_periods as (
    select
        periods.period_id,
        earlier.period_id as earlier_period_id,
        totals.period_id is not null as has_earlier,
        periods.is_complete and this_year.period_id is not null and year_before.period_id is not null as are_complete
    from periods
    left join reported as this_year on periods.period_id = this_year.period_id
    left join periods as earlier
        on
            periods.period_kind = earlier.period_kind
            and {{ months_after('periods.period_from', -12) }} = earlier.period_from
    left join reported as year_before on earlier.period_id = year_before.period_id
    left join cells as totals on earlier.period_id = totals.period_id and totals.table_name = 'total'
),

filling as (select * from {{ ref('int_still_filling') }}),

counted as (
    select
        cells.table_name,
        cells.cell_id,
        cells.period_id,
        both_periods.has_earlier,
        both_periods.are_complete,
        cells.movement_count,
        coalesce(earlier.movement_count, 0) as earlier_count,
        cells.like_count,
        coalesce(earlier.like_later_count, 0) as like_earlier_count,
        -- Of both years, so that a cell that fell to nothing has its share abroad.
        cells.movement_count + coalesce(earlier.movement_count, 0) as case_count,
        cells.abroad_count + coalesce(earlier.abroad_count, 0) as abroad_count
    from cells
    inner join both_periods on cells.period_id = both_periods.period_id
    left join cells as earlier
        on
            cells.table_name = earlier.table_name
            and cells.cell_id = earlier.cell_id
            and both_periods.earlier_period_id = earlier.period_id
),

source_cells as (
    select * from {{ ref('int_source_cells') }} where column_name in ('movement_count', 'passing_count')
),

sources as (
    select
        table_name,
        cell_id,
        source,
        period_id,
        like_count,
        0 as like_earlier_count
    from source_cells

    union all

    select
        earlier.table_name,
        earlier.cell_id,
        earlier.source,
        both_periods.period_id,
        0 as like_count,
        earlier.like_later_count as like_earlier_count
    from source_cells as earlier
    inner join both_periods on earlier.period_id = both_periods.earlier_period_id
),

by_source as (
    select
        table_name,
        cell_id,
        source,
        period_id,
        sum(like_count) as like_count,
        sum(like_earlier_count) as like_earlier_count
    from sources
    group by table_name, cell_id, source, period_id
    having sum(like_count) + sum(like_earlier_count) > 0
),

-- Each source left out: how far the counts of the others lie from so many times each other.
without_one as (
    select
        counted.table_name,
        counted.cell_id,
        counted.period_id,
        count(*) as source_count,
        min(
            100 * (counted.like_count - by_source.like_count)
            - {{ publication_policy('comparison_least_percent') }}
            * (counted.like_earlier_count - by_source.like_earlier_count)
        ) as least_rise,
        min(
            100 * (counted.like_earlier_count - by_source.like_earlier_count)
            - {{ publication_policy('comparison_least_percent') }} * (counted.like_count - by_source.like_count)
        ) as least_fall
    from counted
    inner join by_source
        on
            counted.table_name = by_source.table_name
            and counted.cell_id = by_source.cell_id
            and counted.period_id = by_source.period_id
    group by counted.table_name, counted.cell_id, counted.period_id
),

whole as (
    select
        counted.*,
        counted.case_count
        < {{ statistics_policy('filling_least_share') }}
        * (
            counted.abroad_count * coalesce(abroad.expected_ratio, 1)
            + (counted.case_count - counted.abroad_count) * coalesce(home.expected_ratio, 1)
        ) as is_filling
    from counted
    left join filling as abroad on counted.period_id = abroad.period_id and abroad.is_abroad
    left join filling as home on counted.period_id = home.period_id and not home.is_abroad
),

compared as (
    select
        counted.*,
        coalesce(without_one.source_count, 0) > 1 and without_one.least_rise >= 0 as is_rise_of_all,
        coalesce(without_one.source_count, 0) > 1 and without_one.least_fall >= 0 as is_fall_of_all,
        case
            when not counted.has_earlier then 'no_earlier_year'
            when greatest(counted.movement_count, counted.earlier_count) < {{ least_cases }} then 'few'
            when counted.is_filling then 'not_comparable'
            when
                counted.are_complete
                and 100 * (counted.movement_count - counted.like_count)
                < {{ publication_policy('comparison_changed_percent') }} * counted.movement_count
                and (
                    counted.earlier_count = 0
                    or 100 * (counted.earlier_count - counted.like_earlier_count)
                    < {{ publication_policy('comparison_changed_percent') }} * counted.earlier_count
                )
                then 'same_reporting'
            when
                least(counted.like_count, counted.like_earlier_count) >= {{ least_matched }}
                or greatest(counted.like_count, counted.like_earlier_count) >= {{ least_cases }}
                then 'other_reporting'
            else 'not_comparable'
        end as comparison
    from whole as counted
    left join without_one
        on
            counted.table_name = without_one.table_name
            and counted.cell_id = without_one.cell_id
            and counted.period_id = without_one.period_id
)

select
    table_name,
    cell_id,
    period_id,
    comparison,
    case
        when
            comparison not in ('same_reporting', 'other_reporting')
            or greatest(like_count, like_earlier_count) < {{ least_cases }}
            then null
        when
            (like_count - like_earlier_count) * (like_count - like_earlier_count)
            < 6 * (like_count + like_earlier_count) + 4
            then 'no_clear_change'
        when is_rise_of_all then 'more'
        when is_fall_of_all then 'fewer'
        else 'no_clear_change'
    end as change,
    cast(like_count as integer) as like_count,
    cast(like_earlier_count as integer) as like_earlier_count
from compared
