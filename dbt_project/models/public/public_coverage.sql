-- One row per county and counted period: how many partners watched it.
with coverage as (
    {{ spoken_coverage('public') }}
)

select
    place_id,
    period_id,
    record_grain,
    {{ partners_band('partner_count') }} as partners_band
from coverage
