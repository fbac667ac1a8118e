-- One row per corridor, period, grain and population: the codes that most of its counted records state.
with corridors as (select * from {{ ref('int_corridor_movements') }}),

movements as (select * from {{ ref('int_movement_populations') }} where record_count > 0),

codes as (
    select *
    from {{ ref('int_movement_codes') }}
    where domain in ('transport_mode', 'recruitment_method', 'exploitation_type') and {{ is_informative('code') }}
),

windows as (
    select
        corridors.corridor_level,
        corridors.corridor_id,
        movements.record_grain,
        movements.population,
        movements.window_from,
        movements.window_to,
        movements.round,
        codes.domain,
        codes.code,
        count(*) as record_count
    from corridors
    inner join movements on corridors.movement_id = movements.movement_id
    inner join codes on corridors.movement_id = codes.movement_id
    group by
        corridors.corridor_level, corridors.corridor_id, movements.record_grain, movements.population,
        movements.window_from, movements.window_to, movements.round, codes.domain, codes.code
),

counts as (
    select
        windows.corridor_level,
        windows.corridor_id,
        periods.period_id,
        windows.record_grain,
        windows.population,
        windows.domain,
        windows.code,
        sum(windows.record_count) as record_count
    from windows
    inner join {{ ref('int_window_periods') }} as periods
        on
            windows.window_from = periods.window_from
            and windows.window_to = periods.window_to
            and windows.round = periods.round
    group by
        windows.corridor_level, windows.corridor_id, periods.period_id, windows.record_grain, windows.population,
        windows.domain, windows.code
),

ranked as (
    select
        counts.*,
        row_number() over (
            partition by
                counts.corridor_level,
                counts.corridor_id,
                counts.period_id,
                counts.record_grain,
                counts.population,
                counts.domain
            order by counts.record_count desc nulls last, counts.code asc nulls last
        ) as code_number
    from counts
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
where code_number = 1
group by corridor_level, corridor_id, period_id, record_grain, population
