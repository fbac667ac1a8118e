-- One row per county, twelve months and grain: a composite of what partners report there, never without its range.
-- It measures reported activity, not a person's risk.
select
    place_id,
    period_id,
    record_grain,
    score,
    low,
    high,
    band,
    band_probability,
    without_one_low,
    without_one_high,
    cast(components_missing as integer) as components_missing,
    origin_ratio,
    origin_score,
    origin_weight,
    transit_ratio,
    transit_score,
    transit_weight,
    exploitation_ratio,
    exploitation_score,
    exploitation_weight,
    change_ratio,
    change_score,
    change_weight
from {{ ref('int_county_ratings') }}
