-- One row per line of a counting table, period, grain and population with counted records: its persons, each movement
-- once whatever its number of records, beside what partners registered.
-- Hardly any movement has several records: those of one record are added up already (int_line_counts).
with windows as (select * from {{ ref('int_line_counts') }} where single_count > 0),

tally_slices as (select * from {{ ref('int_tally_slices') }}),

slices as (select * from {{ ref('int_slices') }}),

lines as (select * from {{ ref('int_counting_lines') }}),

movements as (select * from {{ ref('int_movement_tallies') }} where record_count > 0),

linked as (
    select
        record_id,
        movement_id,
        weakness,
        count(*) over (partition by movement_id) as movement_record_count
    from {{ ref('int_linked_records') }}
),

singles as (
    select
        windows.line_number,
        tally_slices.slice_number,
        tally_slices.source_number,
        max(windows.weakness) as weakness,
        sum(windows.weak_count_low) as weak_count_low,
        sum(windows.single_count) as record_count,
        sum(windows.person_count_low) as person_count_low,
        sum(windows.person_count_high) as person_count_high,
        sum(windows.person_count_without_bounds) as person_count_without_bounds
    from windows
    inner join tally_slices on windows.tally_number = tally_slices.tally_number
    group by windows.line_number, tally_slices.slice_number, tally_slices.source_number
),

joined_records as (
    select
        movements.movement_id,
        movements.person_count_low,
        movements.person_count_high,
        movements.person_count_without_bounds,
        movements.tally_number,
        linked.movement_id as joined_movement_id,
        linked.weakness,
        case when linked.weakness > 2 then movements.person_count_low else 0 end as weak_count_low
    from movements
    inner join linked on movements.movement_id = linked.record_id
    where linked.movement_record_count > 1
),

-- Records of one movement with different numbers: the larger one counts.
joined_of_partners as (
    select
        keys.line_number,
        tally_slices.slice_number,
        tally_slices.source_number,
        records.joined_movement_id,
        max(records.weakness) as weakness,
        max(records.weak_count_low) as weak_count_low,
        max(records.person_count_low) as person_count_low,
        max(records.person_count_high) as person_count_high,
        max(records.person_count_without_bounds) as person_count_without_bounds,
        count(*) as record_count,
        sum(records.person_count_low) as registered_count_low,
        sum(records.person_count_high) as registered_count_high
    from joined_records as records
    inner join {{ ref('int_counting_keys') }} as keys on records.movement_id = keys.movement_id
    inner join tally_slices on records.tally_number = tally_slices.tally_number
    group by
        keys.line_number, tally_slices.slice_number, tally_slices.source_number, records.joined_movement_id
),

joined_movements as (
    select
        line_number,
        slice_number,
        joined_movement_id,
        max(weakness) as weakness,
        max(weak_count_low) as weak_count_low,
        max(person_count_low) as person_count_low,
        max(person_count_high) as person_count_high,
        max(person_count_without_bounds) as person_count_without_bounds,
        sum(record_count) as record_count,
        sum(registered_count_low) as registered_count_low,
        sum(registered_count_high) as registered_count_high
    from joined_of_partners
    group by line_number, slice_number, joined_movement_id
),

all_movements as (
    select
        line_number,
        slice_number,
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
        line_number,
        slice_number,
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

summed as (
    select
        line_number,
        slice_number,
        max(weakness) as weakness,
        sum(weak_count_low) as weak_count_low,
        sum(record_count) as record_count,
        sum(person_count_low) as person_count_low,
        sum(person_count_high) as person_count_high,
        sum(person_count_without_bounds) as person_count_without_bounds,
        sum(registered_count_low) as registered_count_low,
        sum(registered_count_high) as registered_count_high
    from all_movements
    group by line_number, slice_number
),

of_partners as (
    select
        line_number,
        slice_number,
        source_number,
        person_count_low,
        person_count_high
    from singles

    union all

    select
        line_number,
        slice_number,
        source_number,
        person_count_low,
        person_count_high
    from joined_of_partners
),

partners as (
    select
        line_number,
        slice_number,
        source_number,
        sum(person_count_low) as person_count_low,
        sum(person_count_high) as person_count_high
    from of_partners
    group by line_number, slice_number, source_number
),

largest as (
    select
        line_number,
        slice_number,
        count(*) as partner_count,
        max(person_count_low) as person_count_low,
        max(person_count_high) as person_count_high
    from partners
    group by line_number, slice_number
),

counts as (
    select
        summed.*,
        slices.period_id,
        slices.record_grain,
        slices.population,
        lines.counting_table,
        lines.counting_role,
        lines.counting_id
    from summed
    inner join slices on summed.slice_number = slices.slice_number
    inner join lines on summed.line_number = lines.line_number
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
    from {{ source('linkage', 'cell_duplicates') }}
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
        least(counts.registered_count_low - coalesce(duplicates.duplicates_expected, 0), counts.person_count_low),
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
        counts.line_number = largest.line_number
        and counts.slice_number = largest.slice_number
left join duplicates
    on
        counts.record_grain = duplicates.record_grain
        and counts.counting_table = duplicates.counting_table
        and counts.counting_role = duplicates.counting_role
        and counts.counting_id = duplicates.counting_id
        and counts.period_id = duplicates.period_id
        and counts.population = duplicates.population
