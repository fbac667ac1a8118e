-- One row per measured place, role, period and grain whose base is large enough: a label and a band, and figures
-- where they give no small count back.
with hotspots as (
    {{ spoken_hotspots('partner') }}
)

select
    place_id,
    place_level,
    role,
    period_id,
    record_grain,
    label,
    {{ hotspot_band() }} as factor_band,
    trend_category,
    case when tells_figures then activity_ratio end as activity_ratio,
    case when tells_figures then ratio_low end as ratio_low,
    case when tells_figures then ratio_high end as ratio_high,
    case when tells_figures then partner_count end as partner_count
from hotspots
