-- One row per edition, period and place where cases end. Rows are disjoint: each case has one end, where people were
-- exploited, last known, or only promised to go: three counts that add up. Small places are summed in the row `fewer`.
with cells as (
    select *
    from {{ ref('int_cells') }}
    where table_name in ('ends', 'ends|exploited', 'ends|last_known', 'ends|intended', 'ends|children')
),

shown as (select * from {{ ref('int_shown_cells') }} where table_name = 'ends'),

public_cells as (
    select *
    from {{ ref('int_public_cells') }}
    where table_name in ('total', 'ends', 'ends|exploited', 'ends|last_known', 'ends|intended', 'ends|children')
),

comparisons as (
    select
        *,
        'members' as edition
    from {{ ref('int_comparisons') }}
    where table_name = 'ends'
),

areas as (select * from {{ ref('published_areas') }}),

editions as (
    select
        'members' as edition,
        cells.period_id,
        case when shown.cell_id is null then 'fewer' else cells.place_id end as place_id,
        sum(case when cells.table_name = 'ends' then cells.movement_count else 0 end) as movement_count,
        sum(case when cells.table_name = 'ends|exploited' then cells.movement_count else 0 end) as exploited_count,
        sum(case when cells.table_name = 'ends|last_known' then cells.movement_count else 0 end) as last_known_count,
        sum(case when cells.table_name = 'ends|intended' then cells.movement_count else 0 end) as intended_count,
        sum(case when cells.table_name = 'ends|children' then cells.movement_count else 0 end) as child_count
    from cells
    left join shown on cells.cell_id = shown.cell_id and cells.period_id = shown.period_id
    group by cells.period_id, case when shown.cell_id is null then 'fewer' else cells.place_id end

    union all

    select
        'public' as edition,
        period_id,
        cell_id as place_id,
        max(case when table_name = 'ends' then public_count end) as movement_count,
        max(case when table_name = 'ends|exploited' then public_count end) as exploited_count,
        max(case when table_name = 'ends|last_known' then public_count end) as last_known_count,
        max(case when table_name = 'ends|intended' then public_count end) as intended_count,
        max(case when table_name = 'ends|children' then public_count end) as child_count
    from public_cells
    where table_name <> 'total'
    group by period_id, cell_id

    union all

    select
        'public' as edition,
        period_id,
        'fewer' as place_id,
        sum(case when table_name = 'total' then public_count else -public_count end) as movement_count,
        null as exploited_count,
        null as last_known_count,
        null as intended_count,
        null as child_count
    from public_cells
    where table_name in ('total', 'ends')
    group by period_id
    having sum(case when table_name = 'total' then public_count else -public_count end) > 0
),

made as (
    select
        editions.edition,
        editions.period_id,
        editions.place_id,
        areas.place,
        cast(editions.movement_count as integer) as movement_count,
        cast(editions.exploited_count as integer) as exploited_count,
        cast(editions.last_known_count as integer) as last_known_count,
        cast(editions.intended_count as integer) as intended_count,
        cast(editions.child_count as integer) as child_count,
        case when editions.edition = 'members' then coalesce(comparisons.comparison, 'not_comparable') end
            as comparison,
        comparisons.change,
        comparisons.like_count,
        comparisons.like_earlier_count
    from editions
    inner join areas on editions.edition = areas.edition and editions.place_id = areas.place_id
    left join comparisons
        on
            editions.edition = comparisons.edition
            and editions.place_id = comparisons.cell_id
            and editions.period_id = comparisons.period_id
)

select * from made

union all

select * from {{ source('carried', 'ends') }}
