-- One row per edition, place, role, period, grain and population with at least one movement. A county and its country
-- both have a row, so levels are never added.
with cells as (select * from {{ ref('int_published_cells') }} where table_name = 'places'),

places as (select * from {{ ref('int_places') }})

select
    cells.edition,
    cells.period_id,
    cells.record_grain,
    cells.population,
    cells.place_id,
    places.name as place,
    places.kind as place_level,
    cells.role,
    cells.movement_count,
    cells.movement_count_text,
    cells.partner_count,
    cells.share,
    cells.rank
from cells
inner join places on cells.place_id = places.place_id
