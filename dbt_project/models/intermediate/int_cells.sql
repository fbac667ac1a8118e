-- One row per cell and period with at least one movement: what members are shown, and what the public edition's
-- protected counts are made from. A cell that members saw a year earlier has a row of 0 where nobody is counted now: a
-- fall to nothing is a change, too.
with members as (select * from {{ ref('int_cell_members') }}),

counts as (
    select
        table_name,
        column_name,
        cell_id,
        period_id,
        period_kind,
        sum(movement_count) as movement_count,
        sum(like_count) as like_count,
        sum(like_later_count) as like_later_count,
        sum(abroad_count) as abroad_count,
        sum(key_sum) as key_sum
    from {{ ref('int_source_cells') }}
    group by table_name, column_name, cell_id, period_id, period_kind
),

periods as (select * from {{ ref('int_periods') }} where period_kind in ('year', 'quarter')),

-- Periods with cases, and the same a year earlier.
both_periods as (
    select
        periods.period_id,
        periods.period_kind,
        earlier.period_id as earlier_period_id
    from periods
    inner join counts as totals on periods.period_id = totals.period_id and totals.table_name = 'total'
    inner join periods as earlier
        on
            periods.period_kind = earlier.period_kind
            and {{ months_after('periods.period_from', -12) }} = earlier.period_from
),

fallen as (
    select
        earlier.table_name,
        earlier.column_name,
        earlier.cell_id,
        both_periods.period_id,
        both_periods.period_kind
    from counts as earlier
    inner join both_periods on earlier.period_id = both_periods.earlier_period_id
    left join counts
        on
            earlier.table_name = counts.table_name
            and earlier.column_name = counts.column_name
            and earlier.cell_id = counts.cell_id
            and both_periods.period_id = counts.period_id
    where
        earlier.table_name in ('directions', 'starts', 'ends', 'corridors', 'passings', 'border_points')
        and earlier.column_name in ('movement_count', 'passing_count')
        and earlier.movement_count >= {{ publication_policy('members_least_count') }}
        and counts.cell_id is null
),

all_counts as (
    select * from counts

    union all

    select
        *,
        0 as movement_count,
        0 as like_count,
        0 as like_later_count,
        0 as abroad_count,
        null as key_sum
    from fallen
),

descriptions as (
    select
        table_name,
        cell_id,
        max(start_place_id) as start_place_id,
        max(via_place_id) as via_place_id,
        max(end_place_id) as end_place_id,
        max(place_id) as place_id,
        max(direction) as direction,
        max(trait) as trait,
        max(code) as code
    from members
    group by table_name, cell_id
)

select
    counts.table_name,
    counts.column_name,
    counts.cell_id,
    counts.period_id,
    counts.period_kind,
    descriptions.start_place_id,
    descriptions.via_place_id,
    descriptions.end_place_id,
    descriptions.place_id,
    descriptions.direction,
    descriptions.trait,
    descriptions.code,
    cast(counts.movement_count as integer) as movement_count,
    cast(counts.like_count as integer) as like_count,
    cast(counts.like_later_count as integer) as like_later_count,
    cast(counts.abroad_count as integer) as abroad_count,
    cast(counts.key_sum as bigint) as key_sum
from all_counts as counts
inner join descriptions on counts.table_name = descriptions.table_name and counts.cell_id = descriptions.cell_id
