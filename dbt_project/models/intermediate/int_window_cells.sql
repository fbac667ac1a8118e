-- One row per cell, code that describes it (0 for the cell itself) and tally (int_tallies): movements and protection
-- keys, added up once. A movement counts for the source of its smallest record; the other sources that report it have
-- rows too, without it.
with members as (select * from {{ ref('int_numbered_members') }}),

movements as (
    select
        populations.movement_id,
        populations.record_grain,
        populations.population,
        populations.window_id,
        movements.protection_key
    from {{ ref('int_movement_populations') }} as populations
    inner join {{ ref('int_movements') }} as movements on populations.movement_id = movements.movement_id
),

records as (select * from {{ ref('int_linked_records') }}),

tallies as (select * from {{ ref('int_tallies') }}),

cells as (
    select
        movement_id,
        cell_number,
        0 as code_number,
        direction_number
    from members

    union all

    select
        described.movement_id,
        described.cell_number,
        codes.cell_number as code_number,
        described.direction_number
    from members as described
    inner join members as codes on described.movement_id = codes.movement_id
    where described.has_codes and codes.is_description
),

placed as (
    select
        movements.movement_id,
        tallies.tally_number,
        case when records.record_id = movements.movement_id then 1 else 0 end as movement_count,
        case when records.record_id = movements.movement_id then movements.protection_key else 0 end as protection_key
    from movements
    inner join records on movements.movement_id = records.movement_id
    inner join tallies
        on
            movements.record_grain = tallies.record_grain
            and movements.population = tallies.population
            and records.source = tallies.source
            and movements.window_id = tallies.window_id
)

select
    cells.cell_number,
    cells.code_number,
    placed.tally_number,
    max(cells.direction_number) as direction_number,
    cast(sum(placed.movement_count) as integer) as movement_count,
    cast(sum(placed.protection_key) as bigint) as key_sum
from cells
inner join placed on cells.movement_id = placed.movement_id
group by cells.cell_number, cells.code_number, placed.tally_number
