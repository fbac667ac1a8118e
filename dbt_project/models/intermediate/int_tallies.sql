-- One row per grain, population, source and window of departure that movements are added up by, with its number:
-- counting by numbers is faster than by text. What several sources report has a row for each of them.
with movements as (select * from {{ ref('int_movement_populations') }} where window_number is not null),

records as (select * from {{ ref('int_linked_records') }}),

tallies as (
    select
        record_grain,
        population,
        source,
        window_number
    from movements

    union

    select
        movements.record_grain,
        movements.population,
        records.source,
        movements.window_number
    from movements
    inner join records on movements.movement_id = records.movement_id
)

select
    record_grain,
    population,
    source,
    window_number,
    cast(row_number() over (
        order by record_grain nulls last, population nulls last, source nulls last, window_number nulls last
    ) as integer) as tally_number
from tallies
