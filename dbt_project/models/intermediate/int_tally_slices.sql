-- One row per tally (int_tallies) and slice it adds to. A slice is a period, grain and population together.
with tallies as (select * from {{ ref('int_tallies') }}),

periods as (select * from {{ ref('int_window_periods') }})

select
    tallies.tally_number,
    tallies.record_grain,
    tallies.population,
    periods.period_id,
    periods.period_kind,
    cast(dense_rank() over (order by tallies.source nulls last) as integer) as source_number,
    cast(dense_rank() over (
        order by periods.period_id nulls last, tallies.record_grain nulls last, tallies.population nulls last
    ) as integer) as slice_number
from tallies
inner join periods on tallies.window_id = periods.window_id
