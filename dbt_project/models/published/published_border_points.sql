-- One row per edition, period and border point: cases that passed it, cases first known there because their start is
-- not stated, and interceptions that stopped people there. A case may pass several. Members' small ones are summed in
-- the row `fewer`.
with cells as (
    select *
    from {{ ref('int_cells') }}
    where table_name in ('border_points', 'border_points|first_known', 'border_points|stopped')
),

shown as (
    select distinct
        cell_id,
        period_id
    from {{ ref('int_shown_cells') }}
    where table_name in ('border_points', 'border_points|first_known', 'border_points|stopped')
),

comparisons as (
    select
        *,
        'members' as edition
    from {{ ref('int_comparisons') }}
    where table_name = 'border_points'
),

areas as (select * from {{ ref('published_areas') }}),

editions as (
    select
        'members' as edition,
        cells.period_id,
        case when shown.cell_id is null then 'fewer' else cells.place_id end as place_id,
        sum(case when cells.table_name = 'border_points' then cells.movement_count else 0 end) as passing_count,
        sum(case when cells.table_name = 'border_points|first_known' then cells.movement_count else 0 end)
            as first_known_count,
        sum(case when cells.table_name = 'border_points|stopped' then cells.movement_count else 0 end)
            as stopped_count
    from cells
    left join shown on cells.cell_id = shown.cell_id and cells.period_id = shown.period_id
    group by cells.period_id, case when shown.cell_id is null then 'fewer' else cells.place_id end

    union all

    select
        'public' as edition,
        period_id,
        cell_id as place_id,
        max(case when table_name = 'border_points' then public_count end) as passing_count,
        max(case when table_name = 'border_points|first_known' then public_count end) as first_known_count,
        null as stopped_count
    from {{ ref('int_public_cells') }}
    where table_name in ('border_points', 'border_points|first_known')
    group by period_id, cell_id
),

made as (
    select
        editions.edition,
        editions.period_id,
        editions.place_id,
        areas.place,
        cast(editions.passing_count as integer) as passing_count,
        cast(editions.first_known_count as integer) as first_known_count,
        cast(editions.stopped_count as integer) as stopped_count,
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

select * from {{ source('carried', 'border_points') }}
