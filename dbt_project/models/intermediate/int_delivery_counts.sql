-- One row per partner, grain, end abroad or not, month of the event and day of the first delivery: current records. A
-- date coarser than a month tells no delay.
with movements as (
    select
        *,
        end_country_place_id not in ('KEN', 'unknown') as is_abroad
    from {{ ref('int_movements') }}
    where
        event_month is not null
        and ((record_grain = 'case' and is_counted) or (record_grain = 'interception' and is_prevented))
)

select
    movements.partner,
    movements.record_grain,
    movements.is_abroad,
    movements.event_month,
    firsts.first_delivered_on,
    count(*) as record_count
from movements
inner join {{ ref('int_first_deliveries') }} as firsts
    on movements.partner = firsts.partner and movements.movement_id = firsts.record_id
group by
    movements.partner,
    movements.record_grain,
    movements.is_abroad,
    movements.event_month,
    firsts.first_delivered_on
