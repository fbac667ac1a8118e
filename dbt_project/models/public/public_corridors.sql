-- One row per grain, period and pair of printed ends: the persons, or no number where the cell is not shown.
-- Every pair of printed ends has a row, whether anybody went there or not: so an absent number says nothing.
with counts as (select * from {{ ref('stg_public_counts') }}),

origins as (
    select distinct
        record_grain,
        period_id,
        origin_place_id
    from counts
    where origin_place_id <> '*'
),

destinations as (
    select distinct
        record_grain,
        period_id,
        destination_place_id
    from counts
    where destination_place_id <> '*'
)

select
    origins.record_grain,
    origins.period_id,
    origins.origin_place_id,
    destinations.destination_place_id,
    counts.person_count is not null as is_shown,
    cast(counts.person_count as bigint) as person_count
from origins
inner join destinations
    on origins.record_grain = destinations.record_grain and origins.period_id = destinations.period_id
left join counts
    on
        origins.record_grain = counts.record_grain
        and origins.period_id = counts.period_id
        and origins.origin_place_id = counts.origin_place_id
        and destinations.destination_place_id = counts.destination_place_id
