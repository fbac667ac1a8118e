-- One row per edition and period that its tables count in.
with periods as (select * from {{ ref('int_periods') }}),

closed as ({{ closed_periods(['year', 'round']) }})

select
    'members' as edition,
    period_id,
    period_kind,
    label,
    period_from,
    period_to,
    is_complete
from periods

union all

select
    'public' as edition,
    periods.period_id,
    periods.period_kind,
    periods.label,
    periods.period_from,
    periods.period_to,
    periods.is_complete
from periods
inner join closed on periods.period_id = closed.period_id
