-- One row per county and counted period: how many partners watched it.
with coverage as (
    {{ spoken_coverage('partner') }}
)

select
    place_id,
    period_id,
    record_grain,
    {{ partners_band('partner_count') }} as partners_band,
    cast(effort_months as integer) as effort_months,
    cast(partner_count as integer) as partner_count
from coverage
