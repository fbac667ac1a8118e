-- One row per grain, population, source and window of departure that movements are added up by, with its number:
-- counting by numbers is faster than by text. What several sources report has a row for each of them.
with movements as (select * from {{ ref('int_movement_populations') }}),

records as (select * from {{ ref('int_linked_records') }}),

tallies as (
    select
        record_grain,
        population,
        source,
        window_id
    from movements

    union

    select
        movements.record_grain,
        movements.population,
        records.source,
        movements.window_id
    from movements
    inner join records on movements.movement_id = records.movement_id
)

select
    record_grain,
    population,
    source,
    window_id,
    cast(row_number() over (
        order by record_grain nulls last, population nulls last, source nulls last, window_id nulls last
    ) as integer) as tally_number
from tallies
