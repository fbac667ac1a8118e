-- One row per source, grain, county and span of months that the dates allow: counted records that touch the county in
-- any role, each once.
with movements as (select * from {{ ref('int_movements') }} where is_counted and period_from is not null),

touched as (
    select distinct
        movement_id,
        place_id
    from {{ ref('int_stop_places') }}
    where place_level = 'county'
)

select
    movements.source,
    movements.record_grain,
    touched.place_id,
    {{ month_of('movements.period_from') }} as month_from,
    {{ month_of('movements.period_to') }} as month_to,
    count(*) as record_count
from touched
inner join movements on touched.movement_id = movements.movement_id
group by
    movements.source,
    movements.record_grain,
    touched.place_id,
    {{ month_of('movements.period_from') }},
    {{ month_of('movements.period_to') }}
