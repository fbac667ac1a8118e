-- One row per measured place, role, period and grain whose base is large enough: a label and a band, no figure.
select
    hotspots.place_id,
    hotspots.place_level,
    hotspots.role,
    hotspots.period_id,
    hotspots.record_grain,
    hotspots.label,
    -- What cannot be told from the usual has no band: a reader would take it for a finding.
    case when hotspots.label <> 'not_distinguished' then {{ factor_band('hotspots.activity_ratio') }} end
        as factor_band,
    hotspots.trend_category
from {{ ref('mart_hotspots') }} as hotspots
inner join {{ ref('stg_public_lines') }} as lines
    on
        lines.counting_table = 'hotspots'
        and hotspots.role = lines.counting_role
        and hotspots.place_id = lines.counting_id
        and hotspots.period_id = lines.period_id
        and hotspots.record_grain = lines.record_grain
where hotspots.population = 'all' and hotspots.activity_ratio is not null
