-- One row per measure, period, comparison, grain, population, role, level and reason: how many places or corridors
-- could not be measured. Of alerts the statistics have counted them.
with places as (select * from {{ ref('mart_places') }}),

periods as (select * from {{ ref('int_periods') }}),

measures as (select * from {{ ref('stg_hotspots') }}),

shifts as (select * from {{ source('statistics', 'corridor_shifts') }} where status = 'too_few'),

ratings as (select * from {{ source('statistics', 'county_ratings') }} where band = 'not_rated'),

unmeasured as (
    select
        'hotspots' as measure,
        places.period_id,
        'none' as comparison,
        places.record_grain,
        places.population,
        places.role,
        places.place_level as level,
        coalesce(
            measures.reason,
            case when not periods.is_complete then 'period_incomplete' else 'not_measured' end
        ) as reason,
        places.record_count
    from places
    inner join periods on places.period_id = periods.period_id
    left join measures
        on
            places.place_id = measures.place_id
            and places.role = measures.place_role
            and places.period_id = measures.period_id
            and places.record_grain = measures.record_grain
            and places.population = measures.population
    where measures.place_id is null or measures.reason is not null

    union all

    select
        'corridor_shifts' as measure,
        current_window as period_id,
        comparison,
        record_grain,
        'all' as population,
        'none' as role,
        level,
        reason,
        record_count_baseline + record_count_current as record_count
    from shifts

    union all

    select
        'regional_risk' as measure,
        period_id,
        'none' as comparison,
        record_grain,
        'all' as population,
        'none' as role,
        'county' as level,
        'components_missing' as reason,
        cast(null as bigint) as record_count
    from ratings
)

select
    measure,
    period_id,
    comparison,
    record_grain,
    population,
    role,
    level,
    reason,
    cast(count(*) as bigint) as row_count,
    cast(sum(record_count) as bigint) as record_count
from unmeasured
group by measure, period_id, comparison, record_grain, population, role, level, reason

union all

select
    'alerts' as measure,
    period_id,
    'none' as comparison,
    'case' as record_grain,
    'all' as population,
    'none' as role,
    'od' as level,
    reason,
    corridor_count as row_count,
    cast(null as bigint) as record_count
from {{ source('statistics', 'alerts_not_measured') }}
