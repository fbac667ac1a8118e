-- One row per edition, county, period and grain with a band of the index of reported activity. The public edition has
-- bands of closed years, of cases, without the components, where the larger of the county's public counts is 20 or more.
with ratings as (
    select *
    from {{ ref('mart_regional_risk') }}
    where band in ('lower', 'typical', 'higher', 'much_higher')
),

counties as (
    select
        cells.place_id,
        protected.period_id,
        max(protected.protected_count) as largest_count
    from {{ ref('int_protected_cells') }} as protected
    inner join {{ ref('int_cells') }} as cells
        on
            protected.cell_id = cells.cell_id
            and protected.period_id = cells.period_id
            and protected.table_name = cells.table_name || '|' || cells.population
    where protected.table_name = 'places|all' and cells.record_grain = 'case' and protected.is_shown
    group by cells.place_id, protected.period_id
),

places as (select * from {{ ref('int_places') }}),

editions as (
    select
        'members' as edition,
        period_id,
        record_grain,
        place_id,
        band,
        components
    from ratings

    union all

    select
        'public' as edition,
        ratings.period_id,
        ratings.record_grain,
        ratings.place_id,
        ratings.band,
        cast(null as {{ text_type() }}) as components
    from ratings
    inner join counties on ratings.place_id = counties.place_id and ratings.period_id = counties.period_id
    where
        ratings.record_grain = 'case'
        and counties.largest_count >= {{ publication_policy('public_least_label_count') }}
),

made as (
    select
        editions.edition,
        editions.period_id,
        editions.record_grain,
        editions.place_id,
        places.name as place,
        editions.band,
        editions.components
    from editions
    inner join places on editions.place_id = places.place_id
)

select * from made

union all

select * from {{ source('carried', 'risk') }}
