-- One row per cell that the public edition shows as a row or a part of a row, with its public count: sums of fitted
-- leaves, and protected counts that no whole of theirs exceeds. Of carried years the count is not known here.
{% set least = publication_policy('public_least_count') %}
with leaves as (select * from {{ source('fitted', 'leaves') }}),

protected as (select * from {{ ref('int_protected_cells') }}),

fitted as (
    select
        'total' as table_name,
        'total' as cell_id,
        period_id,
        sum(fitted_count) as public_count
    from leaves
    group by period_id

    union all

    select
        'directions' as table_name,
        direction as cell_id,
        period_id,
        sum(fitted_count) as public_count
    from leaves
    group by direction, period_id

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

children as (select * from protected where table_name = 'traits' and cell_id = 'age_group|child'),

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

-- The parts of an end add up to it: where protected counts do not, they are changed in proportion, and the last known
-- and intended ones are what then is left of the rounded sums.
bases as (
    select
        fitted.cell_id,
        fitted.period_id,
        fitted.public_count,
        sum(case when protected.table_name = 'ends|exploited' then greatest(protected.protected_count, 0) else 0 end)
            as exploited,
        sum(case when protected.table_name = 'ends|last_known' then greatest(protected.protected_count, 0) else 0 end)
            as last_known,
        sum(greatest(protected.protected_count, 0)) as all_bases
    from fitted
    inner join protected
        on
            fitted.cell_id = protected.cell_id
            and fitted.period_id = protected.period_id
            and protected.table_name in ('ends|exploited', 'ends|last_known', 'ends|intended')
    where fitted.table_name = 'ends'
    group by fitted.cell_id, fitted.period_id, fitted.public_count
    having sum(greatest(protected.protected_count, 0)) > 0
),

split as (
    select
        *,
        cast(floor((2 * public_count * exploited + all_bases) / nullif(2 * all_bases, 0)) as integer) as exploited_count,
        cast(floor((2 * public_count * (exploited + last_known) + all_bases) / nullif(2 * all_bases, 0)) as integer)
            as not_intended_count
    from bases
),

counts as (
    select * from fitted

    union all

    select * from capped

    union all

    select
        'ends|exploited' as table_name,
        cell_id,
        period_id,
        exploited_count as public_count
    from split

    union all

    select
        'ends|last_known' as table_name,
        cell_id,
        period_id,
        not_intended_count - exploited_count as public_count
    from split

    union all

    select
        'ends|intended' as table_name,
        cell_id,
        period_id,
        public_count - not_intended_count as public_count
    from split
)

-- Of a year whose total is not shown, nothing is; directions are all shown, since what is under them adds up to them.
select
    counts.table_name,
    counts.cell_id,
    counts.period_id,
    cast(counts.public_count as integer) as public_count
from counts
inner join totals on counts.period_id = totals.period_id
where
    totals.public_count >= {{ least }}
    and (counts.public_count >= {{ least }} or (counts.table_name = 'directions' and counts.public_count > 0))
