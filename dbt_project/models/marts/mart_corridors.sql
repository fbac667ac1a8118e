-- One row per level, corridor, period, grain and population. Level `od` holds each record once;
-- level `odv` once per place passed, so it is never summed.
with lines as (select * from {{ ref('int_line_counts') }} where counting_table = 'corridors'),

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

totals as (
    select
        period_id,
        record_grain,
        population,
        sum(record_count) as total_count
    from lines
    where counting_role = 'od'
    group by period_id, record_grain, population
),

counts as (
    select
        lines.*,
        totals.total_count,
        corridors.start_place_id,
        corridors.via_place_id,
        corridors.end_place_id,
        corridors.start_place_id <> 'unknown' and corridors.end_place_id <> 'unknown' as has_known_ends
    from lines
    inner join corridors on lines.counting_role = corridors.corridor_level and lines.counting_id = corridors.corridor_id
    inner join totals
        on
            lines.period_id = totals.period_id
            and lines.record_grain = totals.record_grain
            and lines.population = totals.population
)

select
    counts.counting_role as level,
    counts.counting_id as corridor_id,
    counts.start_place_id,
    counts.via_place_id,
    counts.end_place_id,
    counts.period_id,
    counts.record_grain,
    counts.population,
    counts.direction,
    counts.record_count,
    counts.person_count_low,
    counts.person_count_high,
    counts.person_count_without_bounds,
    counts.linkage_tier,
    counts.persons_expected_low,
    counts.persons_expected,
    counts.persons_expected_high,
    counts.prevented_count,
    counts.partner_count,
    {{ rounded('cast(counts.record_count as double) / nullif(counts.total_count, 0)', 6) }} as share,
    case
        -- Corridors with an unknown start or end have no rank.
        when counts.record_count > 0 and counts.has_known_ends then cast(rank() over (
                partition by
                    counts.counting_role,
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
left join {{ ref('int_corridor_codes') }} as codes
    on
        counts.counting_role = codes.corridor_level
        and counts.counting_id = codes.corridor_id
        and counts.period_id = codes.period_id
        and counts.record_grain = codes.record_grain
        and counts.population = codes.population
