-- One row per corridor, period, grain and population: the codes that most of its counted records state.
with of_windows as (
    select
        corridors.corridor_level,
        corridors.corridor_id,
        movements.window_id,
        movements.record_grain,
        movements.population,
        codes.domain,
        codes.code,
        sum(movements.record_count) as record_count
    from {{ ref('int_corridor_movements') }} as corridors
    inner join {{ ref('int_movement_populations') }} as movements on corridors.movement_id = movements.movement_id
    inner join {{ ref('int_movement_codes') }} as codes on corridors.movement_id = codes.movement_id
    where
        movements.record_count > 0
        and codes.domain in ('transport_mode', 'recruitment_method', 'exploitation_type')
        and {{ is_informative('codes.code') }}
    group by
        corridors.corridor_level, corridors.corridor_id, movements.window_id, movements.record_grain,
        movements.population, codes.domain, codes.code
),

ranked as (
    select
        counts.corridor_level,
        counts.corridor_id,
        periods.period_id,
        counts.record_grain,
        counts.population,
        counts.domain,
        counts.code,
        -- Of equal counts the first code.
        row_number() over (
            partition by
                counts.corridor_level, counts.corridor_id, periods.period_id, counts.record_grain, counts.population,
                counts.domain
            order by sum(counts.record_count) desc nulls last, counts.code nulls last
        ) as code_rank
    from of_windows as counts
    inner join {{ ref('int_window_periods') }} as periods on counts.window_id = periods.window_id
    group by
        counts.corridor_level, counts.corridor_id, periods.period_id, counts.record_grain, counts.population,
        counts.domain, counts.code
)

select
    corridor_level,
    corridor_id,
    period_id,
    record_grain,
    population,
    max(case when domain = 'transport_mode' then code end) as main_transport_mode,
    max(case when domain = 'recruitment_method' then code end) as main_recruitment_method,
    max(case when domain = 'exploitation_type' then code end) as main_exploitation_type
from ranked
where code_rank = 1
group by corridor_level, corridor_id, period_id, record_grain, population
