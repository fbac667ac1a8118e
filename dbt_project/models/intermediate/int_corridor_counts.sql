-- One row per source, grain, corridor, span of months that the dates allow, and round: counted records, for shifts.
with movements as (select * from {{ ref('int_movements') }} where is_counted)

select
    movements.source,
    movements.record_grain,
    corridors.corridor_level,
    corridors.corridor_id,
    corridors.origin_place_id,
    corridors.via_place_id,
    corridors.destination_place_id,
    {{ month_of('movements.period_from') }} as month_from,
    {{ month_of('movements.period_to') }} as month_to,
    movements.round,
    count(*) as record_count
from {{ ref('int_corridor_movements') }} as corridors
inner join movements on corridors.movement_id = movements.movement_id
group by
    movements.source,
    movements.record_grain,
    corridors.corridor_level,
    corridors.corridor_id,
    corridors.origin_place_id,
    corridors.via_place_id,
    corridors.destination_place_id,
    {{ month_of('movements.period_from') }},
    {{ month_of('movements.period_to') }},
    movements.round
