-- One row per county, period and grain with a band, where each role that the composite is made of may be spoken of.
with ratings as (
    {{ spoken_ratings('partner') }}
)

select
    place_id,
    period_id,
    record_grain,
    band,
    case when tells_figures then score end as score,
    case when tells_figures then low end as low,
    case when tells_figures then high end as high
from ratings
