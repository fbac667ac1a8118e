-- One row per window of departure. Windows in the same periods, such as the months of a quarter, share a number: they
-- are added up before periods come in.
with memberships as (select * from {{ ref('int_window_periods') }}),

windows as (
    select
        window_from,
        window_to,
        round,
        {{ sorted_codes('period_id') }} as period_ids
    from memberships
    group by window_from, window_to, round
)

select
    window_from,
    window_to,
    round,
    cast(dense_rank() over (order by period_ids nulls last) as integer) as window_number
from windows
