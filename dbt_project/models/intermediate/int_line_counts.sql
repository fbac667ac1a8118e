-- One row per line of a counting table (a place in a role, a corridor at a level), period, grain and population: its
-- records, what partners registered, and its persons, each movement once whatever its number of records.
with linked as (
    select
        record_id,
        movement_id,
        weakness,
        count(*) over (partition by movement_id) as movement_record_count
    from {{ ref('int_linked_records') }}
),

-- Movements of one record are added up together: only those of several have a joined_id.
records as (
    select
        populations.*,
        case when linked.movement_record_count > 1 then linked.movement_id end as joined_id,
        case when populations.record_count > 0 then linked.weakness end as weakness,
        case when linked.weakness > 2 then populations.person_count_low else 0 end as weak_count_low
    from {{ ref('int_movement_populations') }} as populations
    inner join linked on populations.movement_id = linked.record_id
),

of_windows as (
    select
        keys.counting_table,
        keys.counting_role,
        keys.counting_id,
        records.window_id,
        records.record_grain,
        records.population,
        records.source,
        records.joined_id,
        max(records.direction) as direction,
        max(records.weakness) as weakness,
        sum(records.record_count) as record_count,
        sum(records.prevented_count) as prevented_count,
        sum(records.person_count_low) as registered_count_low,
        sum(records.person_count_high) as registered_count_high,
        {{ persons_of('records.weak_count_low') }} as weak_count_low,
        {{ persons_of('records.person_count_low') }} as person_count_low,
        {{ persons_of('records.person_count_high') }} as person_count_high,
        {{ persons_of('records.person_count_without_bounds') }} as person_count_without_bounds
    from {{ ref('int_counting_keys') }} as keys
    inner join records on keys.movement_id = records.movement_id
    group by
        keys.counting_table, keys.counting_role, keys.counting_id, records.window_id, records.record_grain,
        records.population, records.source, records.joined_id
),

of_periods as (
    select
        counts.counting_table,
        counts.counting_role,
        counts.counting_id,
        periods.period_id,
        counts.record_grain,
        counts.population,
        counts.source,
        counts.joined_id,
        max(counts.direction) as direction,
        max(counts.weakness) as weakness,
        sum(counts.record_count) as record_count,
        sum(counts.prevented_count) as prevented_count,
        sum(counts.registered_count_low) as registered_count_low,
        sum(counts.registered_count_high) as registered_count_high,
        {{ persons_of('counts.weak_count_low') }} as weak_count_low,
        {{ persons_of('counts.person_count_low') }} as person_count_low,
        {{ persons_of('counts.person_count_high') }} as person_count_high,
        {{ persons_of('counts.person_count_without_bounds') }} as person_count_without_bounds
    from of_windows as counts
    inner join {{ ref('int_window_periods') }} as periods on counts.window_id = periods.window_id
    group by
        counts.counting_table, counts.counting_role, counts.counting_id, periods.period_id, counts.record_grain,
        counts.population, counts.source, counts.joined_id
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
        max(direction) as direction,
        sum(record_count) as record_count,
        sum(prevented_count) as prevented_count,
        sum(registered_count_low) as registered_count_low,
        sum(registered_count_high) as registered_count_high,
        sum(person_count_low) as person_count_low,
        sum(person_count_high) as person_count_high
    from of_periods
    group by counting_table, counting_role, counting_id, period_id, record_grain, population, source
),

registered as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        -- Foreign to foreign may pass Kenya or not; every other pair of ends has one direction.
        max(direction) as direction,
        sum(record_count) as record_count,
        sum(prevented_count) as prevented_count,
        -- A partner that only reported prevented journeys counts nothing here.
        sum(case when record_count > 0 then 1 else 0 end) as partner_count,
        sum(registered_count_low) as registered_count_low,
        sum(registered_count_high) as registered_count_high,
        max(person_count_low) as largest_partner_count_low,
        max(person_count_high) as largest_partner_count_high
    from partners
    group by counting_table, counting_role, counting_id, period_id, record_grain, population
),

of_movements as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        max(weakness) as weakness,
        {{ persons_of('weak_count_low') }} as weak_count_low,
        {{ persons_of('person_count_low') }} as person_count_low,
        {{ persons_of('person_count_high') }} as person_count_high,
        {{ persons_of('person_count_without_bounds') }} as person_count_without_bounds
    from of_periods
    group by counting_table, counting_role, counting_id, period_id, record_grain, population, joined_id
),

persons as (
    select
        counting_table,
        counting_role,
        counting_id,
        period_id,
        record_grain,
        population,
        max(weakness) as weakness,
        sum(weak_count_low) as weak_count_low,
        sum(person_count_low) as person_count_low,
        sum(person_count_high) as person_count_high,
        sum(person_count_without_bounds) as person_count_without_bounds
    from of_movements
    group by counting_table, counting_role, counting_id, period_id, record_grain, population
),

counts as (
    select
        registered.*,
        persons.weakness,
        persons.weak_count_low,
        persons.person_count_low,
        persons.person_count_high,
        persons.person_count_without_bounds
    from registered
    inner join persons
        on
            registered.counting_table = persons.counting_table
            and registered.counting_role = persons.counting_role
            and registered.counting_id = persons.counting_id
            and registered.period_id = persons.period_id
            and registered.record_grain = persons.record_grain
            and registered.population = persons.population
),

-- Duplicates are those of cases. The grain is a column of theirs, so that the join is one of equal keys: engines ask an
-- outer join that states something of its left side alone row against row.
duplicates as (
    select
        *,
        'case' as record_grain
    from {{ source('linkage', 'cell_duplicates') }}
)

{% set expected_low %}
    greatest(
        least(counts.registered_count_low - coalesce(duplicates.duplicates_high, 0), counts.person_count_low)
        - counts.weak_count_low,
        counts.largest_partner_count_low
    )
{% endset %}
{% set expected %}
    greatest(
        least(counts.registered_count_low - coalesce(duplicates.duplicates_expected, 0), counts.person_count_low),
        counts.largest_partner_count_low
    )
{% endset %}
{% set expected_high %}
    greatest(
        counts.registered_count_low - coalesce(duplicates.duplicates_low, 0), counts.largest_partner_count_low
    )
{% endset %}

select
    counts.counting_table,
    counts.counting_role,
    counts.counting_id,
    counts.period_id,
    counts.record_grain,
    counts.population,
    counts.direction,
    cast(counts.record_count as bigint) as record_count,
    cast(counts.prevented_count as bigint) as prevented_count,
    cast(counts.person_count_low as bigint) as person_count_low,
    cast(counts.person_count_high as bigint) as person_count_high,
    cast(counts.person_count_without_bounds as bigint) as person_count_without_bounds,
    cast(counts.registered_count_low as bigint) as registered_count_low,
    cast(counts.registered_count_high as bigint) as registered_count_high,
    cast(counts.partner_count as integer) as partner_count,
    cast(counts.largest_partner_count_low as bigint) as largest_partner_count_low,
    cast(counts.largest_partner_count_high as bigint) as largest_partner_count_high,
    {{ weakest_tier('counts.weakness') }} as linkage_tier,
    -- Persons are no fewer than one partner knows. Expected ones are no more than are left once links are taken; the
    -- high end may reach the registered persons, as a link may be wrong. Records that do not distinguish their persons
    -- may each be of somebody who is counted, or of somebody else: the range holds both.
    -- Without a counted record nothing is expected.
    case
        when counts.record_grain = 'case' and counts.record_count > 0 then {{ rounded(expected_low, 1) }}
    end as persons_expected_low,
    case when counts.weakness <= 2 then {{ rounded(expected, 1) }} end as persons_expected,
    case
        when counts.record_grain = 'case' and counts.record_count > 0 then {{ rounded(expected_high, 1) }}
    end as persons_expected_high
from counts
left join duplicates
    on
        counts.record_grain = duplicates.record_grain
        and counts.counting_table = duplicates.counting_table
        and counts.counting_role = duplicates.counting_role
        and counts.counting_id = duplicates.counting_id
        and counts.period_id = duplicates.period_id
        and counts.population = duplicates.population
