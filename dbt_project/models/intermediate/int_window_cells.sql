-- One row per cell, grain, population, source and window of departure: movements and protection keys, added up once.
-- A movement counts for the source of its smallest record; the other sources that report it have rows too, without it.
-- Every period is made of whole windows (int_window_periods).
with cells as (select * from {{ ref('int_cell_members') }}),

movements as (select * from {{ ref('int_movements') }}),

records as (select * from {{ ref('int_linked_records') }}),

populations as (
    select
        movement_id,
        'all' as population
    from movements

    union all

    select
        movement_id,
        'children' as population
    from movements
    where coalesce(is_child, false)
),

dated as (
    select
        movement_id,
        record_grain,
        protection_key,
        coalesce(round, 'none') as round,
        window_from,
        window_to
    from movements
)

select
    cells.table_name,
    cells.cell_id,
    dated.record_grain,
    populations.population,
    records.source,
    dated.window_from,
    dated.window_to,
    dated.round,
    cells.level,
    cells.origin_place_id,
    cells.via_place_id,
    cells.destination_place_id,
    max(cells.direction) as direction,
    cells.role,
    cells.place_id,
    cells.domain,
    cells.code,
    cast(sum(case when records.record_id = cells.movement_id then 1 else 0 end) as integer) as movement_count,
    cast(sum(case when records.record_id = cells.movement_id then dated.protection_key else 0 end) as bigint) as key_sum
from cells
inner join dated on cells.movement_id = dated.movement_id
inner join populations on cells.movement_id = populations.movement_id
inner join records on cells.movement_id = records.movement_id
group by
    cells.table_name, cells.cell_id, dated.record_grain, populations.population, records.source, dated.window_from,
    dated.window_to, dated.round, cells.level, cells.origin_place_id, cells.via_place_id, cells.destination_place_id,
    cells.role, cells.place_id, cells.domain, cells.code
