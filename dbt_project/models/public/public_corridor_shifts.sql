-- One row per corridor, grain and pair of windows that was judged: its status and a band, no figure.
-- Of a corridor that is new or gone a window is nobody's, which is never told in public.
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
