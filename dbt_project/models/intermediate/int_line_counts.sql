-- One row per line of a counting table and tally (int_tallies): what the source reported there, added up once.
-- Persons are those of movements of one record. int_counted_persons adds the others one by one: of several records the
-- largest number counts.
with keys as (select * from {{ ref('int_counting_keys') }}),

movements as (select * from {{ ref('int_movement_tallies') }}),

records as (select * from {{ ref('int_linked_records') }}),

linked as (
    select movement_id
    from records
    group by movement_id
    having count(*) > 1
),

placed as (
    select
        movements.movement_id,
        movements.tally_number,
        movements.direction_number,
        movements.record_count,
        movements.prevented_count,
        case when linked.movement_id is null then movements.record_count else 0 end as single_count,
        case when linked.movement_id is null and movements.record_count > 0 then records.weakness end as weakness,
        case when linked.movement_id is null then movements.person_count_low else 0 end as person_count_low,
        case when linked.movement_id is null then movements.person_count_high else 0 end as person_count_high,
        case when linked.movement_id is null then movements.person_count_without_bounds else 0 end
            as person_count_without_bounds
    from movements
    inner join records on movements.movement_id = records.record_id
    left join linked on records.movement_id = linked.movement_id
)

select
    keys.line_number,
    placed.tally_number,
    max(placed.direction_number) as direction_number,
    cast(sum(placed.record_count) as bigint) as record_count,
    cast(sum(placed.prevented_count) as bigint) as prevented_count,
    cast(sum(placed.single_count) as bigint) as single_count,
    max(placed.weakness) as weakness,
    cast(sum(case when placed.weakness > 2 then placed.person_count_low else 0 end) as bigint) as weak_count_low,
    cast(sum(placed.person_count_low) as bigint) as person_count_low,
    cast(sum(placed.person_count_high) as bigint) as person_count_high,
    cast(sum(placed.person_count_without_bounds) as bigint) as person_count_without_bounds
from keys
inner join placed on keys.movement_id = placed.movement_id
group by keys.line_number, placed.tally_number
