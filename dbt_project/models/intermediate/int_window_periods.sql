-- One row per window of departure and period it lies in. All the days of a window must lie inside a period; a round
-- holds what was collected in it, whenever people left.
with windows as (
    select distinct
        window_from,
        window_to,
        coalesce(round, 'none') as round
    from {{ ref('int_movements') }}
),

periods as (select * from {{ ref('int_periods') }})

select
    windows.window_from,
    windows.window_to,
    windows.round,
    periods.period_id,
    periods.period_kind
from windows
inner join periods
    on
        periods.period_kind <> 'round'
        and windows.window_from >= periods.period_from
        and windows.window_to <= periods.period_to

union all

select
    windows.window_from,
    windows.window_to,
    windows.round,
    periods.period_id,
    periods.period_kind
from windows
inner join periods on periods.period_kind = 'round' and windows.round = periods.label
