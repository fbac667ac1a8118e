-- One row per cell, code that describes it (0 for the cell itself), grain, population, source and window of departure:
-- movements and protection keys, added up once. A movement counts for the source of its smallest record; the other
-- sources that report it have rows too, without it. Every period is made of whole windows (int_window_periods).
with members as (select * from {{ ref('int_numbered_members') }}),

movements as (select * from {{ ref('int_movements') }} where window_from is not null and window_to is not null),

records as (select * from {{ ref('int_linked_records') }}),

cells as (
    select
        movement_id,
        cell_number,
        0 as code_number,
        direction
    from members

    union all

    select
        described.movement_id,
        described.cell_number,
        codes.cell_number as code_number,
        described.direction
    from members as described
    inner join members as codes on described.movement_id = codes.movement_id
    where described.has_codes and codes.is_description
),

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

counted as (
    select
        movements.movement_id,
        movements.record_grain,
        populations.population,
        records.source,
        movements.window_from,
        movements.window_to,
        coalesce(movements.round, 'none') as round,
        case when records.record_id = movements.movement_id then 1 else 0 end as movement_count,
        case when records.record_id = movements.movement_id then movements.protection_key else 0 end as protection_key
    from movements
    inner join populations on movements.movement_id = populations.movement_id
    inner join records on movements.movement_id = records.movement_id
),

contexts as (
    select
        record_grain,
        population,
        source,
        window_from,
        window_to,
        round,
        row_number() over (
            order by
                record_grain nulls last, population nulls last, source nulls last, window_from nulls last,
                window_to nulls last, round nulls last
        ) as context_number
    from counted
    group by record_grain, population, source, window_from, window_to, round
),

placed as (
    select
        counted.movement_id,
        contexts.context_number,
        counted.movement_count,
        counted.protection_key
    from counted
    inner join contexts
        on
            counted.record_grain = contexts.record_grain
            and counted.population = contexts.population
            and counted.source = contexts.source
            and counted.window_from = contexts.window_from
            and counted.window_to = contexts.window_to
            and counted.round = contexts.round
),

summed as (
    select
        cells.cell_number,
        cells.code_number,
        placed.context_number,
        max(cells.direction) as direction,
        sum(placed.movement_count) as movement_count,
        sum(placed.protection_key) as key_sum
    from cells
    inner join placed on cells.movement_id = placed.movement_id
    group by cells.cell_number, cells.code_number, placed.context_number
)

select
    summed.cell_number,
    summed.code_number,
    contexts.record_grain,
    contexts.population,
    contexts.source,
    contexts.window_from,
    contexts.window_to,
    contexts.round,
    summed.direction,
    cast(summed.movement_count as integer) as movement_count,
    cast(summed.key_sum as bigint) as key_sum
from summed
inner join contexts on summed.context_number = contexts.context_number
