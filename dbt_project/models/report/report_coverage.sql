-- One row per county and counted period: how many partners watched it.
with coverage as (
    {{ spoken_coverage('partner') }}
)

select
    coverage.place_id,
    coverage.period_id,
    coverage.record_grain,
    coverage.partners_band,
    cast(coalesce(watched.effort_months, 0) as integer) as effort_months,
    cast(coalesce(watched.partner_count, 0) as integer) as partner_count
from coverage
left join {{ ref('mart_coverage') }} as watched
    on
        coverage.place_id = watched.place_id
        and coverage.period_id = watched.period_id
        and coverage.record_grain = watched.record_grain
