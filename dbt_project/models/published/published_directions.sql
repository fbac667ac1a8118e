-- One row per edition, period and direction. Rows are disjoint: each case has one direction.
with cells as (
    select
        period_id,
        direction,
        sum(case when table_name = 'directions' then movement_count else 0 end) as movement_count,
        sum(case when table_name = 'directions|children' then movement_count else 0 end) as child_count
    from {{ ref('int_cells') }}
    where table_name in ('directions', 'directions|children')
    group by period_id, direction
),

comparisons as (select * from {{ ref('int_comparisons') }} where table_name = 'directions'),

made as (
    select
        'members' as edition,
        cells.period_id,
        cells.direction,
        cast(cells.movement_count as integer) as movement_count,
        cast(cells.child_count as integer) as child_count,
        comparisons.comparison,
        comparisons.change,
        comparisons.like_count,
        comparisons.like_earlier_count
    from cells
    inner join comparisons on cells.direction = comparisons.cell_id and cells.period_id = comparisons.period_id

    union all

    select
        'public' as edition,
        period_id,
        cell_id as direction,
        public_count as movement_count,
        null as child_count,
        null as comparison,
        null as change,
        null as like_count,
        null as like_earlier_count
    from {{ ref('int_public_cells') }}
    where table_name = 'directions'
)

select * from made

union all

select * from {{ source('carried', 'directions') }}
