-- One row per field, period and grain: how many records state the field, and how many state it precisely.
with windows as (
    select
        stated.field,
        movements.window_id,
        movements.record_grain,
        count(*) as record_count,
        sum(stated.is_known) as known_count,
        sum(stated.is_precise) as precise_count
    from {{ ref('int_stated_fields') }} as stated
    inner join {{ ref('int_movements') }} as movements on stated.movement_id = movements.movement_id
    group by stated.field, movements.window_id, movements.record_grain
),

counts as (
    select
        windows.field,
        periods.period_id,
        windows.record_grain,
        sum(windows.record_count) as record_count,
        sum(windows.known_count) as known_count,
        sum(windows.precise_count) as precise_count
    from windows
    inner join {{ ref('int_window_periods') }} as periods on windows.window_id = periods.window_id
    group by windows.field, periods.period_id, windows.record_grain
)

select
    field,
    period_id,
    record_grain,
    cast(record_count as bigint) as record_count,
    cast(known_count as bigint) as known_count,
    {{ rounded('cast(known_count as double) / nullif(record_count, 0)', 6) }} as known_share,
    {{ rounded('cast(precise_count as double) / nullif(record_count, 0)', 6) }} as precise_share
from counts
