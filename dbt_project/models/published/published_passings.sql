-- One row per edition, period and county or country that cases passed. A case stands in a row for each, so rows
-- overlap.
-- Members' small ones are summed in the row `fewer`.
with cells as (select * from {{ ref('int_cells') }} where table_name = 'passings'),

shown as (select * from {{ ref('int_shown_cells') }} where table_name = 'passings'),

comparisons as (
    select
        *,
        'members' as edition
    from {{ ref('int_comparisons') }}
    where table_name = 'passings'
),

areas as (select * from {{ ref('published_areas') }}),

editions as (
    select
        'members' as edition,
        cells.period_id,
        case when shown.cell_id is null then 'fewer' else cells.place_id end as place_id,
        cast(sum(cells.movement_count) as integer) as passing_count
    from cells
    left join shown on cells.cell_id = shown.cell_id and cells.period_id = shown.period_id
    group by cells.period_id, case when shown.cell_id is null then 'fewer' else cells.place_id end

    union all

    select
        'public' as edition,
        period_id,
        cell_id as place_id,
        public_count as passing_count
    from {{ ref('int_public_cells') }}
    where table_name = 'passings'
),

made as (
    select
        editions.edition,
        editions.period_id,
        editions.place_id,
        areas.place,
        editions.passing_count,
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

select * from {{ source('carried', 'passings') }}
