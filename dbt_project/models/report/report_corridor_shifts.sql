-- One row per corridor, grain and pair of windows that was judged, with figures where both windows are printed.
with shifts as (
    {{ spoken_shifts('partner') }}
)

select
    corridor_id,
    origin_place_id,
    destination_place_id,
    record_grain,
    baseline_window,
    current_window,
    status,
    {{ factor_band('share_odds_ratio') }} as factor_band,
    case when tells_figures then share_odds_ratio end as share_odds_ratio,
    case when tells_figures then ratio_low end as ratio_low,
    case when tells_figures then ratio_high end as ratio_high,
    evidence,
    {{ told_displaced('shifts') }} as displaced_from,
    reason
from shifts
