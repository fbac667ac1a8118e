-- Bridge of windows of events and the periods they lie in. All the days of a window must lie inside a period;
-- a round holds what was collected in it, whenever people left.
with windows as (
    select distinct
        window_id,
        window_from,
        window_to,
        round
    from {{ ref('int_movements') }}
)

select
    windows.window_id,
    windows.window_from,
    windows.window_to,
    windows.round,
    periods.period_id,
    periods.period_kind
from windows
inner join {{ ref('int_periods') }} as periods
    on
        case
            when periods.period_kind = 'round' then windows.round = periods.label
            else windows.window_from >= periods.period_from and windows.window_to <= periods.period_to
        end
