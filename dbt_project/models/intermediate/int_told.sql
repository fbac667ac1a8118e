-- One row per movement of a complete period and partner that told of it: what printed tables are counted from.
-- A movement lies where its smallest record says, and has the persons of the record that tells most: each of its rows
-- repeats them. Cases are printed by year, route reports by the round in which they were collected.
with movements as (select * from {{ ref('int_movements') }} where is_counted),

periods as (
    select *
    from {{ ref('int_periods') }}
    where is_complete and period_kind in ('year', 'round')
),

linked as (select * from {{ ref('int_linked_records') }}),

told as (
    select
        linked.movement_id,
        movements.partner,
        count(*) as record_count,
        max(coalesce(movements.person_count_low, movements.person_count, 0)) as person_count
    from linked
    inner join movements on linked.record_id = movements.movement_id
    group by linked.movement_id, movements.partner
),

persons as (
    select
        movement_id,
        max(person_count) as person_count
    from told
    group by movement_id
)

select
    told.movement_id,
    told.partner,
    movements.record_grain,
    periods.period_id,
    movements.origin_counting_place_id as origin_place_id,
    movements.destination_counting_place_id as destination_place_id,
    movements.origin_country_place_id,
    movements.destination_country_place_id,
    movements.is_child,
    cast(persons.person_count as bigint) as person_count,
    cast(told.record_count as bigint) as record_count
from told
inner join persons on told.movement_id = persons.movement_id
inner join movements on told.movement_id = movements.movement_id
inner join {{ ref('int_period_membership') }} as membership on told.movement_id = membership.movement_id
inner join periods
    on
        membership.period_id = periods.period_id
        and (periods.period_kind = 'round') = (movements.record_grain <> 'case')
