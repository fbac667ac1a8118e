-- One row per measured place, role, period and grain whose base is large enough: a label and a band, no figure.
-- That one partner alone reports a place would tell, beside a printed cell, who reports where nobody watches.
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
where label <> 'single_source'
