-- One row per cell and period that has a number beside the same period a year earlier: whether the two can be compared,
-- and what changed like for like, in months that a source reported in both.
-- The test: the like-for-like counts differ by two standard errors and more of counts that scatter 1.5 times as much as
-- independent ones.
{% set least_cases = publication_policy('comparison_least_cases') %}
{% set least_matched = publication_policy('comparison_least_matched') %}
with cells as (
    select *
    from {{ ref('int_cells') }}
    where table_name in ('directions', 'starts', 'ends', 'corridors', 'passings', 'border_points')
),

periods as (select * from {{ ref('int_periods') }} where period_kind in ('year', 'quarter')),

both_periods as (
    select
        periods.period_id,
        earlier.period_id as earlier_period_id,
        totals.period_id is not null as has_earlier
    from periods
    left join periods as earlier
        on
            periods.period_kind = earlier.period_kind
            and {{ months_after('periods.period_from', -12) }} = earlier.period_from
    left join {{ ref('int_cells') }} as totals
        on earlier.period_id = totals.period_id and totals.table_name = 'total'
),

counted as (
    select
        cells.table_name,
        cells.cell_id,
        cells.period_id,
        both_periods.has_earlier,
        cells.movement_count,
        coalesce(earlier.movement_count, 0) as earlier_count,
        cells.like_count,
        coalesce(earlier.like_later_count, 0) as like_earlier_count
    from cells
    inner join both_periods on cells.period_id = both_periods.period_id
    left join cells as earlier
        on
            cells.table_name = earlier.table_name
            and cells.cell_id = earlier.cell_id
            and both_periods.earlier_period_id = earlier.period_id
),

compared as (
    select
        counted.*,
        case
            when not has_earlier then 'no_earlier_year'
            when greatest(movement_count, earlier_count) < {{ least_cases }} then 'few'
            when
                100 * (movement_count - like_count)
                < {{ publication_policy('comparison_changed_percent') }} * movement_count
                and (
                    earlier_count = 0
                    or 100 * (earlier_count - like_earlier_count)
                    < {{ publication_policy('comparison_changed_percent') }} * earlier_count
                )
                then 'same_reporting'
            when
                least(like_count, like_earlier_count) >= {{ least_matched }}
                or greatest(like_count, like_earlier_count) >= {{ least_cases }}
                then 'other_reporting'
            else 'not_comparable'
        end as comparison
    from counted
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
            or 100 * greatest(like_count, like_earlier_count)
            < {{ publication_policy('comparison_least_percent') }} * least(like_count, like_earlier_count)
            then 'no_clear_change'
        when like_count > like_earlier_count then 'more'
        else 'fewer'
    end as change,
    like_count,
    cast(like_earlier_count as integer) as like_earlier_count
from compared
