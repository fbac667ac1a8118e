-- One row per cell that the public edition shows as a row or a part of a row, with its public count: sums of fitted
-- leaves, and protected counts that no whole of theirs exceeds. Of carried years the count is not known here.
{% set least = publication_policy('public_least_count') %}
with leaves as (select * from {{ source('fitted', 'leaves') }}),

protected as (select * from {{ ref('int_protected_cells') }}),

directions as (
    select
        direction,
        period_id,
        sum(fitted_count) as public_count
    from leaves
    group by direction, period_id
),

fitted as (
    select
        'total' as table_name,
        'total' as cell_id,
        period_id,
        sum(fitted_count) as public_count
    from leaves
    group by period_id

    union all

    -- A direction under the least count is counted as unknown: a row of its own would prove that somebody is there.
    select
        'directions' as table_name,
        case when public_count >= {{ least }} then direction else 'unknown' end as cell_id,
        period_id,
        sum(public_count) as public_count
    from directions
    group by case when public_count >= {{ least }} then direction else 'unknown' end, period_id

    union all

    select
        'starts' as table_name,
        start_place_id as cell_id,
        period_id,
        sum(fitted_count) as public_count
    from leaves
    group by start_place_id, period_id

    union all

    select
        'ends' as table_name,
        end_place_id as cell_id,
        period_id,
        sum(fitted_count) as public_count
    from leaves
    group by end_place_id, period_id

    union all

    select
        'corridors' as table_name,
        start_place_id || '>' || end_place_id || '|' || direction as cell_id,
        period_id,
        fitted_count as public_count
    from leaves
),

totals as (select * from fitted where table_name = 'total'),

corridors as (
    select
        start_place_id,
        end_place_id,
        period_id,
        sum(fitted_count) as public_count
    from leaves
    group by start_place_id, end_place_id, period_id
),

age_bands as (
    select
        period_id,
        case
            when code in ('a00_08', 'a09_17', 'child') then 'child'
            when code = 'unknown' then 'unknown'
            else 'adult'
        end as age_group,
        protected_count
    from protected
    where trait = 'age_band' and protected_count >= {{ least }}
),

-- Children and adults are the shown age bands in sum.
age_groups as (
    select
        age_group,
        period_id,
        sum(protected_count) as protected_count
    from age_bands
    group by age_group, period_id
),

children as (select * from age_groups where age_group = 'child'),

-- What is no sum of leaves: at most its total, and what else holds it.
capped as (
    select
        protected.table_name,
        protected.cell_id,
        protected.period_id,
        least(protected.protected_count, totals.public_count) as public_count
    from protected
    inner join totals on protected.period_id = totals.period_id
    where protected.table_name in ('passings', 'border_points', 'border_points|first_known', 'traits')

    union all

    select
        'traits' as table_name,
        'age_group|' || age_groups.age_group as cell_id,
        age_groups.period_id,
        least(age_groups.protected_count, totals.public_count) as public_count
    from age_groups
    inner join totals on age_groups.period_id = totals.period_id

    union all

    select
        protected.table_name,
        protected.cell_id,
        protected.period_id,
        least(protected.protected_count, corridors.public_count, points.protected_count) as public_count
    from protected
    inner join corridors
        on
            protected.start_place_id = corridors.start_place_id
            and protected.end_place_id = corridors.end_place_id
            and protected.period_id = corridors.period_id
    inner join protected as points
        on
            points.table_name = 'border_points'
            and protected.via_place_id = points.cell_id
            and protected.period_id = points.period_id
    where protected.table_name = 'corridors_via'

    union all

    select
        protected.table_name,
        protected.cell_id,
        protected.period_id,
        least(protected.protected_count, fitted.public_count, children.protected_count) as public_count
    from protected
    inner join fitted
        on
            protected.table_name = fitted.table_name || '|children'
            and protected.cell_id = fitted.cell_id
            and protected.period_id = fitted.period_id
    inner join children on protected.period_id = children.period_id
),

-- Where people were exploited, last known or only promised to go: the parts of an end. Three that can be shown add up
-- to it: they are changed in proportion. Else the difference of an end and its shown parts is noise, too, and proves
-- nobody's presence. `protected_until`: of this part and those before it.
bases as (
    select
        protected.table_name,
        fitted.cell_id,
        fitted.period_id,
        fitted.public_count,
        sum(greatest(protected.protected_count, 0)) over (
            partition by fitted.cell_id, fitted.period_id order by protected.table_name nulls last
        ) as protected_until,
        sum(greatest(protected.protected_count, 0)) over (partition by fitted.cell_id, fitted.period_id)
            as protected_sum,
        sum(case when protected.protected_count >= {{ least }} then 1 else 0 end) over (
            partition by fitted.cell_id, fitted.period_id
        ) as large_parts
    from fitted
    inner join protected
        on
            fitted.cell_id = protected.cell_id
            and fitted.period_id = protected.period_id
            and protected.table_name in ('ends|exploited', 'ends|intended', 'ends|last_known')
    where fitted.table_name = 'ends' and fitted.public_count > 0
),

whole as (
    select
        *,
        case when large_parts = 3 or protected_sum > public_count then protected_sum else public_count end
            as whole_count
    from bases
),

cumulated as (
    select
        *,
        cast(floor((2 * public_count * protected_until + whole_count) / nullif(2 * whole_count, 0)) as integer)
            as until_count
    from whole
),

parts as (
    select
        table_name,
        cell_id,
        period_id,
        until_count - coalesce(
            lag(until_count) over (partition by cell_id, period_id order by table_name nulls last), 0
        ) as public_count
    from cumulated
),

counts as (
    select * from fitted

    union all

    select * from capped

    union all

    select * from parts
)

-- Of a year whose total is not shown, nothing is. The unknown direction holds the rest of the total, be it small.
-- Records of children stand in more cells than others: the children of a place stand from the count of labels on.
select
    counts.table_name,
    counts.cell_id,
    counts.period_id,
    cast(counts.public_count as integer) as public_count
from counts
inner join totals on counts.period_id = totals.period_id
where
    totals.public_count >= {{ least }}
    and (
        counts.public_count >= case
            when counts.table_name in ('starts|children', 'ends|children')
                then {{ publication_policy('public_least_label_count') }}
            else {{ least }}
        end
        or (counts.table_name = 'directions' and counts.public_count > 0)
    )
