-- One row per movement, period and population it is counted in. Persons enter victim totals only for counted movements:
-- interceptions, smuggling and what proved not to be trafficking stay outside; prevented ones have their own count.
with movements as (select * from {{ ref('int_movements') }}),

populations as (
    select 'all' as population
    union all
    select 'children' as population
)

select
    membership.movement_id,
    movements.partner,
    movements.departed_month,
    membership.period_id,
    movements.record_grain,
    populations.population,
    case when movements.is_counted then 1 else 0 end as record_count,
    case when movements.is_prevented then 1 else 0 end as prevented_count,
    case when movements.is_counted then coalesce(movements.person_count_low, 0) else 0 end as person_count_low,
    case when movements.is_counted then coalesce(movements.person_count_high, movements.person_count_low, 0) else 0 end
        as person_count_high
from {{ ref('int_period_membership') }} as membership
inner join movements on membership.movement_id = movements.movement_id
inner join populations on populations.population = 'all' or coalesce(movements.is_child, false)
where movements.is_counted or movements.is_prevented
