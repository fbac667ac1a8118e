-- One row per county, period and grain with a band, where each role that the composite is made of may be spoken of.
with ratings as (
    {{ spoken_ratings('public') }}
)

select
    place_id,
    period_id,
    record_grain,
    band
from ratings
