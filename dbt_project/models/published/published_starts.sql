-- One row per edition, period and place where cases start. Rows are disjoint: each case has one start. Small places are
-- summed in the row `fewer`.
with years as (
    select *
    from {{ ref('published_periods') }}
    where edition = 'members' and period_kind = 'year' and is_complete
),

areas as (select * from {{ ref('int_areas') }}),

made as (
    select
        starts.edition,
        starts.period_id,
        starts.place_id,
        starts.place,
        starts.movement_count,
        starts.home_count,
        starts.child_count,
        case
            when
                years.period_id is not null
                and starts.movement_count >= {{ publication_policy('public_least_label_count') }}
                then {{ rounded('100000.0 * starts.movement_count / nullif(areas.population, 0)', 1) }}
        end as per_100000,
        starts.comparison,
        starts.change,
        starts.like_count,
        starts.like_earlier_count
    from {{ ref('int_edition_rows') }} as starts
    inner join areas on starts.edition = areas.edition and starts.place_id = areas.place_id
    left join years on starts.period_id = years.period_id
    where starts.table_name = 'starts'
)

select * from made

union all

select * from {{ source('carried', 'starts') }}
