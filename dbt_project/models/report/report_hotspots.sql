-- One row per measured place, role, period and grain whose base is large enough: a label and a band, and figures
-- where they give no small count back.
with hotspots as (
    {{ spoken_hotspots('partner') }}
),

trends as (
    {{ told_trends() }}
)

select
    hotspots.place_id,
    hotspots.place_level,
    hotspots.role,
    hotspots.period_id,
    hotspots.record_grain,
    hotspots.label,
    {{ hotspot_band() }} as factor_band,
    case when trends.place_id is not null then hotspots.trend_category end as trend_category,
    case when hotspots.tells_figures then hotspots.activity_ratio end as activity_ratio,
    case when hotspots.tells_figures then hotspots.ratio_low end as ratio_low,
    case when hotspots.tells_figures then hotspots.ratio_high end as ratio_high,
    case when hotspots.tells_figures then hotspots.partner_count end as partner_count
from hotspots
left join trends
    on
        hotspots.place_id = trends.place_id
        and hotspots.role = trends.role
        and hotspots.period_id = trends.period_id
        and hotspots.record_grain = trends.record_grain
