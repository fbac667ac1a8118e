-- One row per edition, level, corridor, period, grain and population with at least one movement.
with cells as (select * from {{ ref('int_published_cells') }} where table_name = 'corridors'),

places as (select * from {{ ref('int_places') }})

select
    cells.edition,
    cells.period_id,
    cells.record_grain,
    cells.population,
    cells.level,
    cells.origin_place_id || coalesce('>' || cells.via_place_id, '') || '>' || cells.destination_place_id
        as corridor_id,
    cells.origin_place_id,
    origins.name as origin,
    cells.via_place_id,
    vias.name as via,
    cells.destination_place_id,
    destinations.name as destination,
    cells.direction,
    cells.movement_count,
    cells.movement_count_text,
    cells.partner_count,
    cells.share,
    cells.rank
from cells
inner join places as origins on cells.origin_place_id = origins.place_id
inner join places as destinations on cells.destination_place_id = destinations.place_id
left join places as vias on cells.via_place_id = vias.place_id
