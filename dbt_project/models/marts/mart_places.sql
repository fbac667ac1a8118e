-- One row per place, role, period, grain and population: what was reported there, and how long partners watched.
-- A watched place with nothing to report has a row of zeros; an unwatched one has none.
with counts as (
    select
        *,
        counting_id as place_id,
        counting_role as place_role
    from {{ ref('int_line_counts') }}
    where counting_table = 'hotspots'
),

stops as (
    select distinct
        movement_id,
        place_level,
        place_role
    from {{ ref('int_stop_places') }}
),

-- The base of a share: records that state a place of that level in that role.
stated_windows as (
    select
        stops.place_level,
        stops.place_role,
        movements.window_id,
        movements.record_grain,
        movements.population,
        sum(movements.record_count) as record_count
    from stops
    inner join {{ ref('int_movement_populations') }} as movements on stops.movement_id = movements.movement_id
    group by
        stops.place_level, stops.place_role, movements.window_id, movements.record_grain, movements.population
),

stated as (
    select
        windows.place_level,
        windows.place_role,
        periods.period_id,
        windows.record_grain,
        windows.population,
        sum(windows.record_count) as record_count
    from stated_windows as windows
    inner join {{ ref('int_window_periods') }} as periods on windows.window_id = periods.window_id
    group by windows.place_level, windows.place_role, periods.period_id, windows.record_grain, windows.population
),

effort as (
    select
        place_id,
        place_role,
        period_id,
        record_grain,
        sum(effort_months) as effort_months
    from {{ ref('int_place_effort') }}
    group by place_id, place_role, period_id, record_grain
),

populations as (
    select 'all' as population
    union all
    select 'children' as population
),

keys as (
    select
        place_id,
        place_role,
        period_id,
        record_grain,
        population
    from counts

    union

    select
        effort.place_id,
        effort.place_role,
        effort.period_id,
        effort.record_grain,
        populations.population
    from effort
    cross join populations
),

joined as (
    select
        keys.place_id,
        places.kind as place_level,
        keys.place_role,
        keys.period_id,
        keys.record_grain,
        keys.population,
        coalesce(counts.record_count, 0) as record_count,
        coalesce(counts.prevented_count, 0) as prevented_count,
        coalesce(counts.person_count_low, 0) as person_count_low,
        coalesce(counts.person_count_high, 0) as person_count_high,
        coalesce(counts.person_count_without_bounds, 0) as person_count_without_bounds,
        counts.linkage_tier,
        counts.persons_expected_low,
        counts.persons_expected,
        counts.persons_expected_high,
        coalesce(counts.partner_count, 0) as partner_count,
        coalesce(effort.effort_months, 0) as effort_months,
        coalesce(stated.record_count, 0) as stated_count,
        measures.witness_count
    from keys
    inner join {{ ref('int_places') }} as places on keys.place_id = places.place_id
    left join counts
        on
            keys.place_id = counts.place_id
            and keys.place_role = counts.place_role
            and keys.period_id = counts.period_id
            and keys.record_grain = counts.record_grain
            and keys.population = counts.population
    left join effort
        on
            keys.place_id = effort.place_id
            and keys.place_role = effort.place_role
            and keys.period_id = effort.period_id
            and keys.record_grain = effort.record_grain
    left join stated
        on
            places.kind = stated.place_level
            and keys.place_role = stated.place_role
            and keys.period_id = stated.period_id
            and keys.record_grain = stated.record_grain
            and keys.population = stated.population
    left join {{ ref('stg_hotspots') }} as measures
        on
            keys.place_id = measures.place_id
            and keys.place_role = measures.place_role
            and keys.period_id = measures.period_id
            and keys.record_grain = measures.record_grain
            and keys.population = measures.population
)

select
    place_id,
    place_level,
    place_role as role,
    period_id,
    record_grain,
    population,
    cast(record_count as bigint) as record_count,
    cast(person_count_low as bigint) as person_count_low,
    cast(person_count_high as bigint) as person_count_high,
    cast(person_count_without_bounds as bigint) as person_count_without_bounds,
    linkage_tier,
    persons_expected_low,
    persons_expected,
    persons_expected_high,
    cast(prevented_count as bigint) as prevented_count,
    cast(partner_count as integer) as partner_count,
    cast(effort_months as integer) as effort_months,
    witness_count,
    {{ rounded('cast(record_count as double) / nullif(stated_count, 0)', 6) }} as share,
    case
        when record_count > 0 then cast(rank() over (
                partition by place_level, place_role, period_id, record_grain, population
                order by record_count desc nulls last
            ) as integer)
    end as rank
from joined
