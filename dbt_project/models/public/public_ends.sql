-- One row per grain, period, end of a journey and place whose total is printed; the place `*` is the whole period.
select
    record_grain,
    period_id,
    'origin' as role,
    origin_place_id as place_id,
    cast(person_count as bigint) as person_count
from {{ ref('stg_public_counts') }}
where destination_place_id = '*' and origin_place_id <> '*'

union all

select
    record_grain,
    period_id,
    'destination' as role,
    destination_place_id as place_id,
    cast(person_count as bigint) as person_count
from {{ ref('stg_public_counts') }}
where origin_place_id = '*' and destination_place_id <> '*'

union all

select
    record_grain,
    period_id,
    'any' as role,
    '*' as place_id,
    cast(person_count as bigint) as person_count
from {{ ref('stg_public_counts') }}
where origin_place_id = '*' and destination_place_id = '*'
