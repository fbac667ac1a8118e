-- One row per measured place, role, period and grain whose base is large enough: a label and a band, no figure.
-- That one partner alone reports a place would tell, beside a printed cell, who reports where nobody watches.
with spoken as (
    {{ spoken_hotspots('public') }}
),

hotspots as (select * from spoken where label <> 'single_source'),

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
    case when trends.place_id is not null then hotspots.trend_category end as trend_category
from hotspots
left join trends
    on
        hotspots.place_id = trends.place_id
        and hotspots.role = trends.role
        and hotspots.period_id = trends.period_id
        and hotspots.record_grain = trends.record_grain
