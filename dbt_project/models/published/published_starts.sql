-- One row per edition, period and place where cases start. Rows are disjoint: each case has one start. Small places are
-- summed in the row `fewer`.
with cells as (select * from {{ ref('int_cells') }} where table_name in ('starts', 'starts|home', 'starts|children')),

shown as (select * from {{ ref('int_shown_cells') }} where table_name = 'starts'),

public_cells as (
    select * from {{ ref('int_public_cells') }} where table_name in ('total', 'starts', 'starts|children')
),

comparisons as (
    select
        *,
        'members' as edition
    from {{ ref('int_comparisons') }}
    where table_name = 'starts'
),

years as (
    select *
    from {{ ref('published_periods') }}
    where edition = 'members' and period_kind = 'year' and is_complete
),

areas as (select * from {{ ref('published_areas') }}),

editions as (
    select
        'members' as edition,
        cells.period_id,
        case when shown.cell_id is null then 'fewer' else cells.place_id end as place_id,
        sum(case when cells.table_name = 'starts' then cells.movement_count else 0 end) as movement_count,
        sum(case when cells.table_name = 'starts|home' then cells.movement_count else 0 end) as home_count,
        sum(case when cells.table_name = 'starts|children' then cells.movement_count else 0 end) as child_count
    from cells
    left join shown on cells.cell_id = shown.cell_id and cells.period_id = shown.period_id
    group by cells.period_id, case when shown.cell_id is null then 'fewer' else cells.place_id end

    union all

    select
        'public' as edition,
        period_id,
        cell_id as place_id,
        max(case when table_name = 'starts' then public_count end) as movement_count,
        null as home_count,
        max(case when table_name = 'starts|children' then public_count end) as child_count
    from public_cells
    where table_name <> 'total'
    group by period_id, cell_id

    union all

    select
        'public' as edition,
        period_id,
        'fewer' as place_id,
        sum(case when table_name = 'total' then public_count else -public_count end) as movement_count,
        null as home_count,
        null as child_count
    from public_cells
    where table_name in ('total', 'starts')
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
        cast(editions.home_count as integer) as home_count,
        cast(editions.child_count as integer) as child_count,
        case
            when
                areas.population is not null
                and years.period_id is not null
                and editions.movement_count >= {{ publication_policy('public_least_label_count') }}
                then {{ rounded('100000.0 * editions.movement_count / nullif(areas.population, 0)', 1) }}
        end as per_100000,
        case when editions.edition = 'members' then coalesce(comparisons.comparison, 'not_comparable') end
            as comparison,
        comparisons.change,
        comparisons.like_count,
        comparisons.like_earlier_count
    from editions
    left join years on editions.period_id = years.period_id
    inner join areas on editions.edition = areas.edition and editions.place_id = areas.place_id
    left join comparisons
        on
            editions.edition = comparisons.edition
            and editions.place_id = comparisons.cell_id
            and editions.period_id = comparisons.period_id
)

select * from made

union all

select * from {{ source('carried', 'starts') }}
