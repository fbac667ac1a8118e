-- One row per compared place, role, period, grain and population; `reason` says why its numbers must not stand, because
-- a number that looks stable would be believed.
select
    place_id,
    place_role,
    period_id,
    record_grain,
    population,
    compared_record_count,
    expected_record_count,
    activity_ratio,
    ratio_low,
    ratio_high,
    probability_high,
    largest_partner_share,
    ratio_without_largest,
    dispersion,
    label,
    trend_category,
    case when label in ('insufficient', 'single_source', 'not_comparable') then label end as reason
from {{ ref('stg_hotspots') }}
