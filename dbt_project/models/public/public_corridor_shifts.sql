-- One row per corridor, grain and pair of windows that was judged: its status and a band, no figure.
-- A corridor that is new or gone has a window of none, which is never told: so both windows must be printed.
with shifts as (
    {{ spoken_shifts('public') }}
)

select
    corridor_id,
    origin_place_id,
    destination_place_id,
    record_grain,
    baseline_window,
    current_window,
    status,
    {{ factor_band('share_odds_ratio') }} as factor_band
from shifts
