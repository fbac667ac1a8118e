-- One row per source and window of an event of its cases: whether the source also reported every month that the window
-- allows a year earlier (is_like), and a year later (is_like_later). Those cases are compared like for like.
with reported as (select * from {{ ref('int_source_months') }} where record_grain = 'case')

select
    windows.source,
    windows.window_id,
    min(case when earlier.source is null then 0 else 1 end) as is_like,
    min(case when later.source is null then 0 else 1 end) as is_like_later
from (
    select distinct
        source,
        window_id,
        window_from,
        window_to
    from {{ ref('int_movements') }}
    where record_grain = 'case'
) as windows
inner join {{ ref('int_calendar_months') }} as months
    on months.month_start between {{ month_of('windows.window_from') }} and windows.window_to
left join reported on windows.source = reported.source and months.month_start = reported.month_start
left join reported as earlier
    on reported.source = earlier.source and {{ months_after('reported.month_start', -12) }} = earlier.month_start
left join reported as later
    on reported.source = later.source and {{ months_after('reported.month_start', 12) }} = later.month_start
group by windows.source, windows.window_id
