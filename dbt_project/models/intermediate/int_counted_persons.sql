-- One row per line of a counting table, period, grain and population with counted records: its persons, each movement
-- once however many records tell of it, beside what partners registered.
with cells as (select * from {{ ref('int_movement_cells') }} where record_count > 0),

records as (
    select
        keys.counting_table,
        keys.counting_role,
        keys.counting_id,
        cells.period_id,
        cells.record_grain,
        cells.population,
        cells.partner,
        linked.movement_id,
        linked.weakness,
        cells.person_count_low,
        cells.person_count_high,
        cells.person_count_without_bounds
    from {{ ref('int_counting_keys') }} as keys
    inner join cells on keys.movement_id = cells.movement_id
    inner join {{ ref('int_linked_records') }} as linked on keys.movement_id = linked.record_id
),

-- Records of one movement that tell different numbers: the larger one counts.
of_partners as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        partner,
        movement_id,
        max(weakness) as weakness,
        max(person_count_low) as person_count_low,
        max(person_count_high) as person_count_high,
        max(person_count_without_bounds) as person_count_without_bounds,
        count(*) as record_count,
        sum(person_count_low) as registered_count_low,
        sum(person_count_high) as registered_count_high
    from records
    group by
        counting_table, counting_role, counting_id, period_id, record_grain, population, partner, movement_id
),

movements as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        movement_id,
        max(weakness) as weakness,
        max(person_count_low) as person_count_low,
        max(person_count_high) as person_count_high,
        max(person_count_without_bounds) as person_count_without_bounds,
        sum(record_count) as record_count,
        sum(registered_count_low) as registered_count_low,
        sum(registered_count_high) as registered_count_high
    from of_partners
    group by
        counting_table, counting_role, counting_id, period_id, record_grain, population, movement_id
),

counts as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        max(weakness) as weakness,
        sum(record_count) as record_count,
        sum(person_count_low) as person_count_low,
        sum(person_count_high) as person_count_high,
        sum(person_count_without_bounds) as person_count_without_bounds,
        sum(registered_count_low) as registered_count_low,
        sum(registered_count_high) as registered_count_high
    from movements
    group by counting_table, counting_role, counting_id, period_id, record_grain, population
),

partners as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        partner,
        sum(person_count_low) as person_count_low,
        sum(person_count_high) as person_count_high
    from of_partners
    group by counting_table, counting_role, counting_id, period_id, record_grain, population, partner
),

ranked as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        person_count_low,
        person_count_high,
        row_number() over (
            partition by counting_table, counting_role, counting_id, period_id, record_grain, population
            order by person_count_low desc nulls last, partner asc nulls last
        ) as size_rank
    from partners
),

largest as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        count(*) as partner_count,
        max(person_count_low) as person_count_low,
        max(case when size_rank = 2 then person_count_low else 0 end) as second_count_low,
        max(person_count_high) as person_count_high
    from ranked
    group by counting_table, counting_role, counting_id, period_id, record_grain, population
)

select
    counts.counting_table,
    counts.counting_role,
    counts.counting_id,
    counts.period_id,
    counts.record_grain,
    counts.population,
    cast(counts.record_count as bigint) as record_count,
    cast(counts.person_count_low as bigint) as person_count_low,
    cast(counts.person_count_high as bigint) as person_count_high,
    cast(counts.person_count_without_bounds as bigint) as person_count_without_bounds,
    cast(counts.registered_count_low as bigint) as registered_count_low,
    cast(counts.registered_count_high as bigint) as registered_count_high,
    cast(largest.partner_count as integer) as partner_count,
    cast(largest.person_count_low as bigint) as largest_partner_count_low,
    cast(largest.second_count_low as bigint) as second_partner_count_low,
    cast(largest.person_count_high as bigint) as largest_partner_count_high,
    {{ weakest_tier('counts.weakness') }} as linkage_tier,
    -- Persons are expected only where each record gives something to tell its person by.
    case when counts.weakness <= 2 then round(counts.record_count - coalesce(duplicates.duplicates_high, 0), 1) end
        as persons_expected_low,
    case when counts.weakness <= 2 then round(counts.record_count - coalesce(duplicates.duplicates_low, 0), 1) end
        as persons_expected_high
from counts
inner join largest
    on
        counts.counting_table = largest.counting_table
        and counts.counting_role = largest.counting_role
        and counts.counting_id = largest.counting_id
        and counts.period_id = largest.period_id
        and counts.record_grain = largest.record_grain
        and counts.population = largest.population
left join {{ ref('stg_cell_duplicates') }} as duplicates
    on
        counts.record_grain = 'case'
        and counts.counting_table = duplicates.counting_table
        and counts.counting_role = duplicates.counting_role
        and counts.counting_id = duplicates.counting_id
        and counts.period_id = duplicates.period_id
        and counts.population = duplicates.population
