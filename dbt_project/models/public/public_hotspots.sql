-- One row per measured place, role, period and grain whose base is large enough: a label and a band, no figure.
with hotspots as (
    {{ spoken_hotspots('public') }}
)

select
    place_id,
    place_level,
    role,
    period_id,
    record_grain,
    label,
    {{ hotspot_band() }} as factor_band,
    trend_category
from hotspots
