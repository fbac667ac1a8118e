-- One row per corridor, grain and pair of windows that was judged: its status and a band, no figure.
-- A corridor that is new or gone has a window of none, which is never told: so both windows must be printed.
with shifts as (select * from {{ ref('mart_corridor_shifts') }} where level = 'od' and status <> 'too_few'),

lines as (select * from {{ ref('stg_public_lines') }} where counting_table = 'corridors' and counting_role = 'od'),

seen as (
    select
        shifts.corridor_id,
        shifts.record_grain,
        shifts.baseline_window,
        shifts.current_window,
        max(case when lines.period_id = shifts.baseline_window then 1 else 0 end) as has_baseline,
        max(case when lines.period_id = shifts.current_window then 1 else 0 end) as has_current
    from shifts
    inner join lines
        on
            shifts.corridor_id = lines.counting_id
            and shifts.record_grain = lines.record_grain
            and lines.period_id in (shifts.baseline_window, shifts.current_window)
    group by shifts.corridor_id, shifts.record_grain, shifts.baseline_window, shifts.current_window
)

select
    shifts.corridor_id,
    shifts.origin_place_id,
    shifts.destination_place_id,
    shifts.record_grain,
    shifts.baseline_window,
    shifts.current_window,
    shifts.status,
    {{ factor_band('shifts.share_odds_ratio') }} as factor_band
from shifts
inner join seen
    on
        shifts.corridor_id = seen.corridor_id
        and shifts.record_grain = seen.record_grain
        and shifts.baseline_window = seen.baseline_window
        and shifts.current_window = seen.current_window
where seen.has_baseline = 1 and seen.has_current = 1
