-- One row per context (int_contexts) and slice it counts in. A slice is a period, grain and population together.
with contexts as (select * from {{ ref('int_contexts') }}),

periods as (select * from {{ ref('int_numbered_periods') }})

select
    contexts.context_number,
    contexts.record_grain,
    contexts.population,
    contexts.source,
    periods.period_id,
    periods.period_kind,
    cast(dense_rank() over (order by contexts.source nulls last) as integer) as source_number,
    cast(dense_rank() over (
        order by periods.period_id nulls last, contexts.record_grain nulls last, contexts.population nulls last
    ) as integer) as slice_number
from contexts
inner join periods on contexts.window_number = periods.window_number
