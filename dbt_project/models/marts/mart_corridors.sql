-- One row per level, corridor, period, grain and population. Level `od` holds each record once;
-- level `odv` once per place passed, so it is never summed.
with corridors as (select * from {{ ref('int_corridor_movements') }}),

cells as (select * from {{ ref('int_movement_cells') }}),

persons as (select * from {{ ref('int_counted_persons') }} where counting_table = 'corridors'),

totals as (
    select
        period_id,
        record_grain,
        population,
        sum(record_count) as record_count
    from cells
    group by period_id, record_grain, population
),

counts as (
    select
        corridors.corridor_level,
        corridors.corridor_id,
        corridors.origin_place_id,
        corridors.via_place_id,
        corridors.destination_place_id,
        cells.period_id,
        cells.record_grain,
        cells.population,
        -- Foreign to foreign may pass Kenya or not; every other pair of ends has one direction.
        max(corridors.direction) as direction,
        sum(cells.record_count) as record_count,
        sum(cells.prevented_count) as prevented_count,
        -- A partner that only reported prevented journeys counts nothing here.
        count(distinct case when cells.record_count > 0 then corridors.source end) as partner_count,
        corridors.origin_place_id <> 'unknown' and corridors.destination_place_id <> 'unknown' as has_known_ends
    from corridors
    inner join cells on corridors.movement_id = cells.movement_id
    group by
        corridors.corridor_level, corridors.corridor_id, corridors.origin_place_id, corridors.via_place_id,
        corridors.destination_place_id, cells.period_id, cells.record_grain, cells.population
)

select
    counts.corridor_level as level,
    counts.corridor_id,
    counts.origin_place_id,
    counts.via_place_id,
    counts.destination_place_id,
    counts.period_id,
    counts.record_grain,
    counts.population,
    counts.direction,
    cast(counts.record_count as bigint) as record_count,
    coalesce(persons.person_count_low, 0) as person_count_low,
    coalesce(persons.person_count_high, 0) as person_count_high,
    coalesce(persons.person_count_without_bounds, 0) as person_count_without_bounds,
    persons.linkage_tier,
    persons.persons_expected_low,
    persons.persons_expected,
    persons.persons_expected_high,
    cast(counts.prevented_count as bigint) as prevented_count,
    cast(counts.partner_count as integer) as partner_count,
    {{ rounded('cast(counts.record_count as double) / nullif(totals.record_count, 0)', 6) }} as share,
    case
        -- Corridors with an unknown origin or destination have no rank.
        when counts.record_count > 0 and counts.has_known_ends then cast(rank() over (
                partition by
                    counts.corridor_level,
                    counts.period_id,
                    counts.record_grain,
                    counts.population,
                    counts.has_known_ends
                order by counts.record_count desc nulls last
            ) as integer)
    end as rank,
    codes.main_transport_mode,
    codes.main_recruitment_method,
    codes.main_exploitation_type
from counts
inner join totals
    on
        counts.period_id = totals.period_id
        and counts.record_grain = totals.record_grain
        and counts.population = totals.population
left join persons
    on
        counts.corridor_level = persons.counting_role
        and counts.corridor_id = persons.counting_id
        and counts.period_id = persons.period_id
        and counts.record_grain = persons.record_grain
        and counts.population = persons.population
left join {{ ref('int_corridor_codes') }} as codes
    on
        counts.corridor_level = codes.corridor_level
        and counts.corridor_id = codes.corridor_id
        and counts.period_id = codes.period_id
        and counts.record_grain = codes.record_grain
        and counts.population = codes.population
