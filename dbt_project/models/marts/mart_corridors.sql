-- One row per level, corridor, period, grain and population. Level `od` holds each record once;
-- level `odv` once per place passed, so it is never summed.
with windows as (select * from {{ ref('int_line_counts') }}),

tally_slices as (select * from {{ ref('int_tally_slices') }}),

slices as (select * from {{ ref('int_slices') }}),

lines as (select * from {{ ref('int_counting_lines') }} where counting_table = 'corridors'),

persons as (select * from {{ ref('int_counted_persons') }} where counting_table = 'corridors'),

corridors as (
    select
        corridor_level,
        corridor_id,
        max(start_place_id) as start_place_id,
        max(via_place_id) as via_place_id,
        max(end_place_id) as end_place_id
    from {{ ref('int_corridor_movements') }}
    group by corridor_level, corridor_id
),

of_partners as (
    select
        windows.line_number,
        tally_slices.slice_number,
        tally_slices.source_number,
        max(windows.direction_number) as direction_number,
        sum(windows.record_count) as record_count,
        sum(windows.prevented_count) as prevented_count
    from windows
    inner join lines on windows.line_number = lines.line_number
    inner join tally_slices on windows.tally_number = tally_slices.tally_number
    group by windows.line_number, tally_slices.slice_number, tally_slices.source_number
),

summed as (
    select
        line_number,
        slice_number,
        -- Foreign to foreign may pass Kenya or not; every other pair of ends has one direction.
        max(direction_number) as direction_number,
        sum(record_count) as record_count,
        sum(prevented_count) as prevented_count,
        -- A partner that only reported prevented journeys counts nothing here.
        sum(case when record_count > 0 then 1 else 0 end) as partner_count
    from of_partners
    group by line_number, slice_number
),

counts as (
    select
        summed.record_count,
        summed.prevented_count,
        summed.partner_count,
        {{ direction_of_number('summed.direction_number') }} as direction,
        slices.period_id,
        slices.record_grain,
        slices.population,
        corridors.corridor_level,
        corridors.corridor_id,
        corridors.start_place_id,
        corridors.via_place_id,
        corridors.end_place_id,
        corridors.start_place_id <> 'unknown' and corridors.end_place_id <> 'unknown' as has_known_ends
    from summed
    inner join slices on summed.slice_number = slices.slice_number
    inner join lines on summed.line_number = lines.line_number
    inner join corridors on lines.counting_role = corridors.corridor_level and lines.counting_id = corridors.corridor_id
),

totals as (
    select
        period_id,
        record_grain,
        population,
        sum(record_count) as record_count
    from counts
    where corridor_level = 'od'
    group by period_id, record_grain, population
)

select
    counts.corridor_level as level,
    counts.corridor_id,
    counts.start_place_id,
    counts.via_place_id,
    counts.end_place_id,
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
