-- One row per line of a counting table, period, grain and population with counted records: its persons, each movement
-- once whatever its number of records, beside what partners registered.
-- Hardly any movement has several records: those of one record are added up by window before periods come in.
with movements as (select * from {{ ref('int_movement_populations') }} where record_count > 0),

window_periods as (select * from {{ ref('int_window_periods') }}),

linked as (
    select
        record_id,
        movement_id,
        weakness,
        count(*) over (partition by movement_id) as movement_record_count
    from {{ ref('int_linked_records') }}
),

records as (
    select
        keys.counting_table,
        keys.counting_role,
        keys.counting_id,
        movements.record_grain,
        movements.population,
        movements.source,
        movements.window_from,
        movements.window_to,
        movements.round,
        linked.movement_id,
        linked.movement_record_count,
        linked.weakness,
        case when linked.weakness > 2 then movements.person_count_low else 0 end as weak_count_low,
        movements.person_count_low,
        movements.person_count_high,
        movements.person_count_without_bounds
    from {{ ref('int_counting_keys') }} as keys
    inner join movements on keys.movement_id = movements.movement_id
    inner join linked on keys.movement_id = linked.record_id
),

single_windows as (
    select
        counting_table,
        counting_role,
        counting_id,
        record_grain,
        population,
        source,
        window_from,
        window_to,
        round,
        max(weakness) as weakness,
        sum(weak_count_low) as weak_count_low,
        count(*) as record_count,
        sum(person_count_low) as person_count_low,
        sum(person_count_high) as person_count_high,
        sum(person_count_without_bounds) as person_count_without_bounds
    from records
    where movement_record_count = 1
    group by
        counting_table, counting_role, counting_id, record_grain, population, source, window_from, window_to, round
),

singles as (
    select
        windows.counting_table,
        windows.counting_role,
        windows.counting_id,
        window_periods.period_id,
        windows.record_grain,
        windows.population,
        windows.source,
        max(windows.weakness) as weakness,
        sum(windows.weak_count_low) as weak_count_low,
        sum(windows.record_count) as record_count,
        sum(windows.person_count_low) as person_count_low,
        sum(windows.person_count_high) as person_count_high,
        sum(windows.person_count_without_bounds) as person_count_without_bounds
    from single_windows as windows
    inner join window_periods
        on
            windows.window_from = window_periods.window_from
            and windows.window_to = window_periods.window_to
            and windows.round = window_periods.round
    group by
        windows.counting_table, windows.counting_role, windows.counting_id, window_periods.period_id,
        windows.record_grain, windows.population, windows.source
),

-- Records of one movement with different numbers: the larger one counts.
joined_of_partners as (
    select
        records.counting_table,
        records.counting_role,
        records.counting_id,
        window_periods.period_id,
        records.record_grain,
        records.population,
        records.source,
        records.movement_id,
        max(records.weakness) as weakness,
        max(records.weak_count_low) as weak_count_low,
        max(records.person_count_low) as person_count_low,
        max(records.person_count_high) as person_count_high,
        max(records.person_count_without_bounds) as person_count_without_bounds,
        count(*) as record_count,
        sum(records.person_count_low) as registered_count_low,
        sum(records.person_count_high) as registered_count_high
    from records
    inner join window_periods
        on
            records.window_from = window_periods.window_from
            and records.window_to = window_periods.window_to
            and records.round = window_periods.round
    where records.movement_record_count > 1
    group by
        records.counting_table, records.counting_role, records.counting_id, window_periods.period_id,
        records.record_grain, records.population, records.source, records.movement_id
),

joined_movements as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        movement_id,
        max(weakness) as weakness,
        max(weak_count_low) as weak_count_low,
        max(person_count_low) as person_count_low,
        max(person_count_high) as person_count_high,
        max(person_count_without_bounds) as person_count_without_bounds,
        sum(record_count) as record_count,
        sum(registered_count_low) as registered_count_low,
        sum(registered_count_high) as registered_count_high
    from joined_of_partners
    group by
        counting_table, counting_role, counting_id, period_id, record_grain, population, movement_id
),

all_movements as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        weakness,
        weak_count_low,
        person_count_low,
        person_count_high,
        person_count_without_bounds,
        record_count,
        person_count_low as registered_count_low,
        person_count_high as registered_count_high
    from singles

    union all

    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        weakness,
        weak_count_low,
        person_count_low,
        person_count_high,
        person_count_without_bounds,
        record_count,
        registered_count_low,
        registered_count_high
    from joined_movements
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
        sum(weak_count_low) as weak_count_low,
        sum(record_count) as record_count,
        sum(person_count_low) as person_count_low,
        sum(person_count_high) as person_count_high,
        sum(person_count_without_bounds) as person_count_without_bounds,
        sum(registered_count_low) as registered_count_low,
        sum(registered_count_high) as registered_count_high
    from all_movements
    group by counting_table, counting_role, counting_id, period_id, record_grain, population
),

of_partners as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        source,
        person_count_low,
        person_count_high
    from singles

    union all

    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        source,
        person_count_low,
        person_count_high
    from joined_of_partners
),

partners as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        source,
        sum(person_count_low) as person_count_low,
        sum(person_count_high) as person_count_high
    from of_partners
    group by counting_table, counting_role, counting_id, period_id, record_grain, population, source
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
            order by person_count_low desc nulls last, source asc nulls last
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
),

-- Duplicates are those of cases. The grain is a column of theirs, so that the join is one of equal keys: engines ask an
-- outer join that states something of its left side alone row against row.
duplicates as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        'case' as record_grain,
        population,
        duplicates_low,
        duplicates_expected,
        duplicates_high
    from {{ ref('stg_cell_duplicates') }}
)

{% set expected_low %}
    greatest(
        least(counts.registered_count_low - coalesce(duplicates.duplicates_high, 0), counts.person_count_low)
        - counts.weak_count_low,
        largest.person_count_low
    )
{% endset %}
{% set expected %}
    greatest(
        least(counts.record_count - coalesce(duplicates.duplicates_expected, 0), counts.person_count_low),
        largest.person_count_low
    )
{% endset %}
{% set expected_high %}
    greatest(
        least(counts.registered_count_low - coalesce(duplicates.duplicates_low, 0), counts.person_count_low),
        largest.person_count_low
    )
{% endset %}

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
    -- Persons are no fewer than one partner knows, and no more than are left once links are taken. Records that do not
    -- distinguish their persons may each be of somebody who is counted, or of somebody else: the range holds both.
    case when counts.record_grain = 'case' then {{ rounded(expected_low, 1) }} end as persons_expected_low,
    case when counts.weakness <= 2 then {{ rounded(expected, 1) }} end as persons_expected,
    case when counts.record_grain = 'case' then {{ rounded(expected_high, 1) }} end as persons_expected_high
from counts
inner join largest
    on
        counts.counting_table = largest.counting_table
        and counts.counting_role = largest.counting_role
        and counts.counting_id = largest.counting_id
        and counts.period_id = largest.period_id
        and counts.record_grain = largest.record_grain
        and counts.population = largest.population
left join duplicates
    on
        counts.record_grain = duplicates.record_grain
        and counts.counting_table = duplicates.counting_table
        and counts.counting_role = duplicates.counting_role
        and counts.counting_id = duplicates.counting_id
        and counts.period_id = duplicates.period_id
        and counts.population = duplicates.population
