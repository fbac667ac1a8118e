-- One row per window number (int_windows) and period.
select distinct
    windows.window_number,
    memberships.period_id,
    memberships.period_kind
from {{ ref('int_windows') }} as windows
inner join {{ ref('int_window_periods') }} as memberships
    on
        windows.window_from = memberships.window_from
        and windows.window_to = memberships.window_to
        and windows.round = memberships.round
