-- One row per edition, place, role, period, grain and population with a label of reported activity. The public edition
-- has labels of closed years, of cases, where the place's public count is 20 or more.
with hotspots as (select * from {{ ref('mart_hotspots') }} where label in ('hotspot', 'elevated')),

protected as (select * from {{ ref('int_protected_cells') }} where is_shown),

places as (select * from {{ ref('int_places') }}),

labelled as (
    select
        hotspots.place_id,
        hotspots.role,
        hotspots.period_id,
        hotspots.record_grain,
        hotspots.population,
        hotspots.label,
        hotspots.activity_ratio,
        hotspots.ratio_low,
        hotspots.ratio_high,
        hotspots.trend_category,
        hotspots.record_count,
        -- What the public edition counts there: a county in its role, a border point in any role.
        case
            when places.kind = 'border_point' then 'any'
            when hotspots.role in ('exploitation', 'intended_destination') then 'destination'
            else hotspots.role
        end as counted_role
    from hotspots
    inner join places on hotspots.place_id = places.place_id
),

editions as (
    select
        'members' as edition,
        labelled.*,
        {{ members_count('labelled.record_count') }} as movement_count
    from labelled

    union all

    select
        'public' as edition,
        labelled.*,
        -- A count over all roles belongs to none of them.
        case when labelled.role = labelled.counted_role then protected.protected_count end as movement_count
    from labelled
    inner join protected
        on
            labelled.counted_role || '|' || labelled.place_id = protected.cell_id
            and labelled.period_id = protected.period_id
            and 'places|' || labelled.population = protected.table_name
    where
        labelled.record_grain = 'case'
        and protected.protected_count >= {{ publication_policy('public_least_label_count') }}
),

made as (
    select
        editions.edition,
        editions.period_id,
        editions.record_grain,
        editions.population,
        editions.place_id,
        places.name as place,
        editions.role,
        editions.label,
        {{ factor_band('editions.activity_ratio') }} as factor_band,
        -- "At least k times a typical county": the lower end of the interval, rounded down.
        cast(case when editions.ratio_low >= 2 then floor(editions.ratio_low) end as integer) as at_least_times,
        -- An interval beside a count would tell more than the count: for members.
        case when editions.edition = 'members' then editions.activity_ratio end as ratio,
        case when editions.edition = 'members' then editions.ratio_low end as ratio_low,
        case when editions.edition = 'members' then editions.ratio_high end as ratio_high,
        cast(editions.movement_count as integer) as movement_count,
        -- A trend is made of quarters, which the public edition does not have.
        case when editions.edition = 'members' then editions.trend_category end as trend_category
    from editions
    inner join places on editions.place_id = places.place_id
)

select * from made

union all

select * from {{ source('carried', 'hotspots') }}
