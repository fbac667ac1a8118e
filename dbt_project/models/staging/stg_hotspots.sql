-- One row per measured place, role, period, grain and population.
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
    trend_category
from {{ source('statistics', 'hotspots') }}
