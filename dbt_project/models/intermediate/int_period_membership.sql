-- One row per movement and period it lies in. A date coarser than a period does not enter it:
-- all the days that the date allows must lie inside. A round holds what was collected in it.
with movements as (select * from {{ ref('int_movements') }}),

periods as (select * from {{ ref('int_periods') }})

select
    movements.movement_id,
    movements.partner,
    movements.departed_month,
    movements.record_grain,
    periods.period_id
from movements
inner join periods
    on
        periods.period_kind <> 'round'
        and movements.period_from >= periods.period_from
        and movements.period_to <= periods.period_to

union all

select
    movements.movement_id,
    movements.partner,
    movements.departed_month,
    movements.record_grain,
    periods.period_id
from movements
inner join periods on periods.period_kind = 'round' and movements.round = periods.label
